/**
 * The obvious ways to write the ledger wrong must be noticed: each mutant is played in a process of its
 * own against the directed scenarios and the fuzz, and dies. Equivalent ones live, held by a second guard.
 */
import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Mutant } from './ledger/mutant.ts';
import { equivalents, mutants } from './ledger/mutants.ts';

const run = promisify(execFile);
const player = join(import.meta.dirname, 'ledger', 'play-mutant.ts');
const commands = '5000';

const killerOf = async (mutant: Mutant): Promise<string | null> => {
  const { stdout } = await run(process.execPath, [player, mutant.name, commands]);
  return (JSON.parse(stdout) as { killedBy: string | null }).killedBy;
};

/** Plays all of them, as many at once as there are processors. */
const play = async (all: readonly Mutant[]): Promise<ReadonlyMap<string, string | null>> => {
  const killers = new Map<string, string | null>();
  const waiting = [...all];
  const work = async () => {
    for (let mutant = waiting.shift(); mutant; mutant = waiting.shift()) {
      killers.set(mutant.name, await killerOf(mutant));
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return killers;
};

test('every mutant dies', async () => {
  const killers = await play(mutants);
  const alive = [...killers].filter(([, killer]) => killer === null).map(([name]) => name);
  expect(alive).toEqual([]);
  expect(killers.size).toBe(mutants.length);
}, 300_000);

test('equivalent mutants change nothing: a second guard holds', async () => {
  const killers = await play(equivalents);
  const killed = [...killers].filter(([, killer]) => killer !== null);
  expect(killed).toEqual([]);
  for (const { secondGuard } of equivalents) expect(secondGuard).not.toBe('');
}, 120_000);
