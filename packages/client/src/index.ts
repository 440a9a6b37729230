export type { ClientOptions } from './client.ts';
export { createClient } from './client.ts';
