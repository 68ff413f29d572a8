/** The obvious ways to write the verifier wrong must be noticed by the library of cheats. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { mutants } from './proofs-protocol/mutants.ts';

const run = promisify(execFile);
const player = join(import.meta.dirname, 'proofs-protocol', 'play-mutants.ts');

test('every mutant of the verifier is noticed, and the verifier itself is not', async () => {
  const { stdout } = await run(process.execPath, [player]);
  const { none, ...findings } = JSON.parse(stdout) as Record<string, string | null>;
  expect(none).toBeNull();
  const names = mutants.map(({ name }) => name);
  expect(Object.keys(findings).sort()).toEqual([...names].sort());
  const unnoticed = names.filter((name) => typeof findings[name] !== 'string');
  expect(unnoticed).toEqual([]);
});
