import { understand, type Classification } from '../classification.ts';
import type { ShellOptions } from './tool.ts';
import { textProblem } from './input.ts';
import { Walker } from './walk.ts';

/**
 * What a command line would do if bash ran it: the sum of what each command in it would do, whether or not it would be
 * reached. Never throws; whatever is not understood has every effect.
 *
 * @example classifyShell('sudo rm -rf build').effects // ['delete', 'grant']
 */
export function classifyShell(command: string, options: ShellOptions = {}): Classification {
  return understand(command, 'shell command', (findings) => {
    const problem = textProblem(command);
    if (problem !== undefined) findings.unknown(problem);
    else new Walker(findings, options.classifySql).source(command);
  });
}
