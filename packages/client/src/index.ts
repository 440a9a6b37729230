export type { ClientOptions, KeyHolder } from './client.ts';
export { createClient, whoseKey } from './client.ts';
