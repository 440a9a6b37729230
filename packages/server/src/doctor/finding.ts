/** One line of what was found: how it is, and what to do next where something is to be done. */
export interface Finding {
  /** `wrong`: something does not work. `warn`: it works, and somebody should know. */
  readonly level: 'ok' | 'warn' | 'wrong';
  /** What was looked at, in a word or two. */
  readonly check: string;
  readonly text: string;
}

export function ok(check: string, text: string): Finding {
  return { level: 'ok', check, text };
}

export function warn(check: string, text: string): Finding {
  return { level: 'warn', check, text };
}

export function wrong(check: string, text: string): Finding {
  return { level: 'wrong', check, text };
}

/** The message of what was thrown, on one line. */
export function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n').join('; ');
}

export function counted(count: number, thing: string): string {
  return count === 1 ? `one ${thing}` : `${count} ${thing}s`;
}
