/** Running the project's own command lines, as people do: a process of its own, and what it printed. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { paths, toolPath } from '../paths.ts';

export const node = join(paths.nodeTools, 'node');

/** What such a process may see of ours. */
export const commandEnvironment = (): Record<string, string> => {
  const kept = ['HOME', 'LANG', 'TMPDIR', 'TZ', 'USER'].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(kept), PATH: toolPath };
};

/** What one command printed, and how it ended. */
export interface CommandOutput {
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
}

/** Runs the command line of this file to its end, however it ends. */
export const runCommand = async (
  file: string,
  argumentsOfIt: readonly string[],
  input = '',
): Promise<CommandOutput> => {
  const child = spawn(node, [join(paths.root, file), ...argumentsOfIt], {
    cwd: paths.root,
    env: commandEnvironment(),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.end(input);
  const [out, error, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve) => child.once('exit', resolve)),
  ]);
  return { code, out, error };
};
