import { ConsentError, EncodingError, LogError } from '@countersign/core';
import { AgentKeyError } from '../agent-key/agent-keys.ts';
import { ConfigError } from '../config/config-error.ts';
import { ChangedMeanwhile } from '../connect/file-snapshot.ts';
import { BrokenText } from '../connect/text/config-text.ts';
import { PolicySetError } from '../pdp/policy-set-error.ts';
import { DataFolderError } from '../stores/sqlite/database.ts';
import { Failure } from './command.ts';

const TOLD = [
  AgentKeyError,
  BrokenText,
  ChangedMeanwhile,
  ConsentError,
  ConfigError,
  PolicySetError,
  DataFolderError,
  EncodingError,
  Failure,
  LogError,
];

/** What went wrong and says itself what to do; everything else is a fault of ours and says where. */
export function saysWhatToDo(error: unknown): error is Error {
  return TOLD.some((kind) => error instanceof kind);
}
