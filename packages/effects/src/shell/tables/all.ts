import type { Row, Table } from '../tool.ts';
import { CONTAINERS } from './containers.ts';
import { INFRASTRUCTURE } from './infrastructure.ts';
import { PACKAGES } from './packages.ts';
import { READERS } from './readers.ts';
import { REMOTE, SECRET_KEEPERS } from './remote.ts';
import { SYSTEM } from './system.ts';
import { WRITERS } from './writers.ts';

const TABLES: readonly Table[] = [
  READERS,
  WRITERS,
  SYSTEM,
  PACKAGES,
  CONTAINERS,
  INFRASTRUCTURE,
  REMOTE,
  SECRET_KEEPERS,
];

/** Every tool that its row describes completely. */
export const TABLE: ReadonlyMap<string, Row> = new Map(TABLES.flatMap((table) => Object.entries(table)));
