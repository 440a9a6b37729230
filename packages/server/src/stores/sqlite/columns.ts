import { checkJson, MAX_DEPTH, type JsonValue } from '@countersign/core';
import type { Row } from './database.ts';

// A column that is not what the schema says is a damaged file: reading it throws, and the caller denies.

export function text(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== 'string') throw new Error(`column ${column} is not text`);
  return value;
}

export function optionalText(row: Row, column: string): string | undefined {
  return row[column] === null ? undefined : text(row, column);
}

export function integer(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== 'number' || !Number.isSafeInteger(value))
    throw new Error(`column ${column} is not an integer`);
  return value;
}

export function optionalInteger(row: Row, column: string): number | undefined {
  return row[column] === null ? undefined : integer(row, column);
}

export function blob(row: Row, column: string): Uint8Array {
  const value = row[column];
  if (!(value instanceof Uint8Array)) throw new Error(`column ${column} is not bytes`);
  return value;
}

/** A record of ours as the JSON value that it is. */
export function json(record: object): JsonValue {
  return checkJson(record, 2 * MAX_DEPTH);
}
