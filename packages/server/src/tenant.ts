/** One data folder holds one tenant; every key in it begins with its name all the same, so that tenants shard. */
export const TENANT = 'default';
