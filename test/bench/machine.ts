/** Where a benchmark ran, and on which state of the repository. */
import { execFileSync } from 'node:child_process';
import { cpus, totalmem } from 'node:os';
import { paths } from '../../local/paths.ts';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memory_mib: number;
  readonly node: string;
}

export const describeMachine = (): Machine => ({
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  memory_mib: Math.floor(totalmem() / 1024 ** 2),
  node: process.versions.node,
});

const git = (...words: readonly string[]): string =>
  execFileSync('git', words, {
    cwd: paths.root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();

/** The commit that is checked out, with `+changes` when files differ from it; `unknown` without git. */
export const describeCommit = (): string => {
  try {
    const changed = git('status', '--porcelain', '--untracked-files=no') !== '';
    return `${git('rev-parse', 'HEAD')}${changed ? '+changes' : ''}`;
  } catch {
    return 'unknown';
  }
};
