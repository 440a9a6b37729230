import type { Runner } from '../tool.ts';
import { BUILTIN_RUNNERS } from './builtins.ts';
import { cloud } from './cloud.ts';
import { DATA_RUNNERS } from './data.ts';
import { PROGRAM_RUNNERS } from './programs.ts';
import { SEARCH_RUNNERS } from './searching.ts';
import { STREAM_RUNNERS } from './streams.ts';
import { TRANSFER_RUNNERS } from './transfer.ts';
import { WRAPPER_RUNNERS } from './wrappers.ts';

/** The readers of calls that no row of the tables can describe, by command name. */
export const RUNNERS: ReadonlyMap<string, Runner> = new Map([
  ...BUILTIN_RUNNERS,
  ...WRAPPER_RUNNERS,
  ...SEARCH_RUNNERS,
  ...STREAM_RUNNERS,
  ...TRANSFER_RUNNERS,
  ...PROGRAM_RUNNERS,
  ...DATA_RUNNERS,
  ['aws', cloud],
  ['gcloud', cloud],
  ['az', cloud],
]);
