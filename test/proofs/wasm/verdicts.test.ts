/** Whole verifications: both engines give the same verdict on honest, cheating, changed and random openings. */
import { buildVerifierLayer } from '../../../infra/verifier-layer.ts';
import type { ProofParams } from '../../../shared/proofs/protocol/parameters.ts';
import { typescriptEngine } from '../../../shared/proofs/protocol/typescript-engine.ts';
import { type OpeningToVerify, verifyOpening } from '../../../shared/proofs/protocol/verify.ts';
import { loadWasmEngine } from '../../../shared/proofs/protocol/wasm-engine.ts';
import { Chance } from '../../support/proofs/chance.ts';
import { withBitFlipped, withPart } from '../../support/proofs/cheat.ts';
import { cheats } from '../../support/proofs/cheats.ts';
import { forgeries } from '../../support/proofs/forgeries.ts';
import { play } from '../../support/proofs/play.ts';
import { freshTask, smallClasses, smallFull, withoutWalk } from '../../support/proofs/tasks.ts';

const wasmEngine = loadWasmEngine(await buildVerifierLayer());

/** The verdict, the same of both: its reason, or `passed`. */
const verdictOf = (opening: OpeningToVerify): string => {
  const [slow, quick] = [typescriptEngine, wasmEngine].map((engine) =>
    verifyOpening(opening, engine),
  );
  expect(quick).toEqual(slow);
  return slow?.verdict === 'failed' ? slow.reason : 'passed';
};

/** The classes' shapes, one whose inner length fills no vector, and one without a walk. */
const shapes: Readonly<Record<string, ProofParams>> = {
  ...smallClasses,
  odd: { ...smallFull, k: 320, L: 128, S: 5, q: 3 },
  light: withoutWalk(smallFull),
};

describe.each(Object.entries(shapes))('of openings of the shape %s', (name, params) => {
  const chance = new Chance(`engines ${name}`);
  const honest = play(freshTask(chance, params), chance);

  it('honest ones pass', () => {
    expect(verdictOf(honest)).toBe('passed');
  });

  it('none passes with one bit changed: every byte leads to something committed to', () => {
    for (let change = 0; change < 60; change += 1) {
      const bit = chance.below(8 * honest.opening.length);
      const opening = withBitFlipped(honest.opening, bit);
      expect(verdictOf({ ...honest, opening })).not.toBe('passed');
    }
  });

  it('none passes with random bytes from any place on', () => {
    const { length } = honest.opening;
    for (let change = 0; change < 20; change += 1) {
      const from = chance.below(length);
      const opening = withPart(honest.opening, from, chance.bytes(length - from));
      expect(verdictOf({ ...honest, opening })).not.toBe('passed');
    }
  });
});

it.each([...cheats, ...forgeries])('a prover that $name fails with both', (cheat) => {
  expect(verdictOf(cheat.play(new Chance(`engines ${cheat.name}`)))).toBe(cheat.reason);
});
