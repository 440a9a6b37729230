/** What is wrong with the configuration: one line that says where and what. */
export class ConfigError extends Error {
  override readonly name: string = 'ConfigError';
}
