/** One thing wrong with a policy or catalog file. */
export interface Problem {
  /** The file's name in its folder, or the folder where no file is to blame. */
  readonly file: string;
  /** From 1; absent where the whole file is to blame. */
  readonly line?: number;
  readonly reason: string;
}

/** A set that was refused as a whole; `problems` lists everything wrong with it and `message` prints them, one a line. */
export class PolicySetError extends Error {
  override readonly name: string = 'PolicySetError';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map(printProblem).join('\n'));
    this.problems = problems;
  }
}

function printProblem({ file, line, reason }: Problem): string {
  return line === undefined ? `${file}: ${reason}` : `${file}:${line}: ${reason}`;
}
