export type { ClientOptions, KeyHolder } from './client.ts';
export { createClient, whoseKey } from './client.ts';
export type { Fetch, Received } from './exchange.ts';
