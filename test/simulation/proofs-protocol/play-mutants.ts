/**
 * Plays honest provers and the whole library of cheats against every mutant of the verifier, in a process
 * of its own. Prints `{ "<mutant>": <what gave it away, or null> }`; the name `none` is the verifier as it is.
 */
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { OpeningToVerify } from '../../../shared/proofs/protocol/verify.ts';
import { Chance } from '../../support/proofs/chance.ts';
import { cheats } from '../../support/proofs/cheats.ts';
import { forgeries } from '../../support/proofs/forgeries.ts';
import { isWithinTheory, playSkips } from '../../support/proofs/pass-rates.ts';
import { play } from '../../support/proofs/play.ts';
import { freshTask, smallFull, smallLight } from '../../support/proofs/tasks.ts';
import { type Mutant, mutants } from './mutants.ts';

const playsPerCheat = 5;
const gambles = 300;
const protocol = new URL('../../../shared/proofs/protocol/', import.meta.url).href;

const edited = ({ file, find, replace }: Mutant, source: string): string => {
  const parts = source.split(find);
  if (parts.length !== 2) throw new Error(`not once in ${file}: ${find}`);
  return parts.join(replace);
};

// A mutant's modules carry its number in their addresses, so that each has a graph of its own.
registerHooks({
  resolve(specifier, context, nextResolve) {
    const found = nextResolve(specifier, context);
    const query = /\?mutant=\d+$/.exec(context.parentURL ?? '')?.[0];
    return query && found.url.startsWith(protocol) ? { ...found, url: found.url + query } : found;
  },
  load(url, context, nextLoad) {
    const at = /\?mutant=(\d+)$/.exec(url)?.[1];
    if (at === undefined) return nextLoad(url, context);
    const [path = ''] = url.split('?');
    const source = readFileSync(fileURLToPath(path), 'utf8');
    const mutant = mutants[Number(at)];
    const applies = mutant && path === protocol + mutant.file;
    const text = applies ? edited(mutant, source) : source;
    return { format: 'module-typescript', source: text, shortCircuit: true };
  },
});

type Verifier = typeof import('../../../shared/proofs/protocol/verify.ts');
type Engine = typeof import('../../../shared/proofs/protocol/typescript-engine.ts');

const load = async (query: string) => {
  const { verifyOpening } = (await import(`${protocol}verify.ts${query}`)) as Verifier;
  const { typescriptEngine } = (await import(`${protocol}typescript-engine.ts${query}`)) as Engine;
  return (proof: OpeningToVerify): string => {
    const verdict = verifyOpening(proof, typescriptEngine);
    return verdict.verdict === 'passed' ? 'passed' : verdict.reason;
  };
};

const chance = new Chance('mutants');
const honest = [smallFull, smallLight].map((params) => ({
  name: 'an honest prover',
  expected: 'passed',
  proof: play(freshTask(chance, params), chance),
}));
const dishonest = [...cheats, ...forgeries].flatMap((cheat) =>
  Array.from({ length: playsPerCheat }, () => ({
    name: cheat.name,
    expected: cheat.reason as string,
    proof: cheat.play(chance),
  })),
);

/** What gives the verifier away: who passes wrongly first, then who does not pass or fails otherwise. */
const betrayed = (verify: (proof: OpeningToVerify) => string): string | null => {
  const wrong = [...dishonest, ...honest]
    .map((each) => ({ ...each, found: verify(each.proof) }))
    .filter(({ found, expected }) => found !== expected);
  const worst = wrong.find(({ found }) => found === 'passed') ?? wrong[0];
  if (worst) return `${worst.name}: ${worst.found}`;
  const rate = playSkips(5, gambles, 'mutants', 64, verify);
  return isWithinTheory(rate) ? null : `${rate.name}: ${rate.passed} of ${rate.proofs} passed`;
};

const findings: Record<string, string | null> = { none: betrayed(await load('')) };
for (const [at, { name }] of mutants.entries()) {
  findings[name] = betrayed(await load(`?mutant=${at}`));
}
process.stdout.write(`${JSON.stringify(findings)}\n`);
