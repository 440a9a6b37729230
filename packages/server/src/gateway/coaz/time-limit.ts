import { createContext, Script } from 'node:vm';

const room: { run: () => unknown } = { run: () => undefined };
const context = createContext(room);
const script = new Script('run()');

/**
 * What `run` gives, unless it takes longer than `ms`: then it is broken off wherever it is, in code of this realm too,
 * and `undefined` is given. Whatever it throws is thrown. `run` must leave nothing half done that outlives it.
 */
export function withinTime<T extends object>(ms: number, run: () => T): T | undefined {
  room.run = run;
  try {
    return script.runInContext(context, { timeout: ms }) as T;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT')
      return undefined;
    throw error;
  } finally {
    room.run = () => undefined;
  }
}
