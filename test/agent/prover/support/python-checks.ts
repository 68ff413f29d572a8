/** Runs a Python program of checks and answers what it prints: the name of each check -> its fault, or null. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { python, pythonEnvironment } from './prover-client.ts';

export type CheckResults = Readonly<Record<string, string | null>>;

export const vectorsFile = join(import.meta.dirname, '../../../contracts/poc1-vectors.json');

/** `program`: a file of this folder. Throws when it prints anything but its results. */
export const runChecks = (program: string, words: readonly string[]): CheckResults => {
  const command = [join(import.meta.dirname, program), ...words];
  const ran = spawnSync(python, command, { env: pythonEnvironment, encoding: 'utf8' });
  if (ran.stderr !== '') throw new Error(ran.stderr);
  return JSON.parse(ran.stdout);
};
