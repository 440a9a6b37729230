import { ConsentError } from '@countersign/core';

const ADDRESS = /^[a-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[a-z0-9-]+(\.[a-z0-9-]+)*$/;

/**
 * One spelling for one person: trimmed, NFKC, lower case. Only ASCII addresses are taken, so that two
 * people cannot look alike and one cannot look like two. Throws `invalid_request`.
 */
export function normaliseEmail(address: string): string {
  const email = address.trim().normalize('NFKC').toLowerCase();
  if (email.length > 254 || !ADDRESS.test(email)) {
    throw new ConsentError('invalid_request', 'not an e-mail address of ascii letters, digits and marks');
  }
  return email;
}
