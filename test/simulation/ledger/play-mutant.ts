/**
 * Plays the directed scenarios and the fuzz against one mutant, in a process of its own:
 * `node play-mutant.ts <name of the mutant> <commands>`. Prints `{ "killedBy": ... }`, null if it lives.
 */
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { equivalents, mutants } from './mutants.ts';
import type { Scenario } from './scenario.ts';

const commandsPerWorld = 500;

const [, , name, commands = '10000'] = process.argv;
const mutant = [...mutants, ...equivalents].find((each) => each.name === name);
if (!mutant) throw new Error(`no mutant is named ${name}`);

registerHooks({
  load(url, context, nextLoad) {
    const edits = mutant.edits.filter(({ file }) => url.endsWith(`/${file}`));
    if (edits.length === 0) return nextLoad(url, context);
    let source = readFileSync(fileURLToPath(url), 'utf8');
    for (const { find, replace } of edits) {
      const parts = source.split(find);
      if (parts.length !== 2) throw new Error(`not once in ${url}: ${find}`);
      source = parts.join(replace);
    }
    return { format: 'module-typescript', source, shortCircuit: true };
  },
});

const { scenarios } = await import('./directed.ts');
const { World } = await import('./world.ts');
const { verdictOf } = await import('./verdict.ts');

const killerAmong = async (played: readonly Scenario[]): Promise<string | undefined> => {
  for (const scenario of played) {
    try {
      await scenario.play();
    } catch (error) {
      return `${scenario.name}: ${String(error)}`;
    }
  }
  return undefined;
};

const killerOf = async (): Promise<string | null> => {
  const killer = await killerAmong(scenarios);
  if (killer !== undefined) return killer;
  // The webhook's pipeline takes long to load: only for those that are still alive.
  const { paymentScenarios } = await import('./directed-payments.ts');
  const later = await killerAmong(paymentScenarios);
  if (later !== undefined) return later;
  for (let seed = 1; seed * commandsPerWorld <= Number(commands); seed += 1) {
    const world = new World({ seed, commands: commandsPerWorld });
    await world.play();
    const [wrong] = await verdictOf(world).catch((error: unknown) => [String(error)]);
    if (wrong !== undefined) return `seed ${seed}: ${wrong}`;
  }
  return null;
};

process.stdout.write(`${JSON.stringify({ killedBy: await killerOf() })}\n`);
