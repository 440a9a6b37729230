/** The longest message of a client's, in bytes. */
export const MAX_BODY_BYTES: number = 1024 * 1024;
