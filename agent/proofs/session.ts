/**
 * The computing of one proof. When the prover's process dies in the middle, what it had computed is
 * computed again, once: everything follows from the same seeds, so the answers are the same, and a proof
 * that was committed to can still be opened in time.
 */
import { sameBytes } from '../../shared/proofs/protocol/bytes.ts';
import { openingBytesOf } from '../../shared/proofs/protocol/opening.ts';
import { type OpeningDraw, type ProofStart, type Prover, ProverFailed } from './prover.ts';

/** How long an answer may take before it is worth nothing, in milliseconds. */
export interface SessionLimits {
  readonly beginMs: number;
  readonly walkMs: number;
  readonly openMs: number;
}

/** The calls of one proof, in this order; all throw ProverFailed. */
export interface ProofSession {
  /** The roots of all rounds, 32 bytes each. */
  roots(): Promise<Uint8Array>;
  /** The root of the lanes, 32 bytes. */
  lanes(walkSeed: Uint8Array): Promise<Uint8Array>;
  /** The opening, of exactly the length that the parameters give it. */
  opening(draw: OpeningDraw): Promise<Uint8Array>;
}

/** A proof that begins with the first call. */
export const openSession = (
  prover: Prover,
  start: ProofStart,
  limits: SessionLimits,
): ProofSession => {
  let roots: Uint8Array | undefined;
  let walked: { readonly seed: Uint8Array; readonly laneRoot: Uint8Array } | undefined;
  let mayRepeat = true;

  /** The value, which has to be the one of the first time. */
  const same = (found: Uint8Array, before: Uint8Array | undefined): Uint8Array => {
    if (!before || sameBytes(found, before)) return found;
    throw new ProverFailed('The prover computed another value the second time.', false);
  };

  const begin = async (): Promise<Uint8Array> => {
    const found = same(await prover.begin(start, limits.beginMs), roots);
    if (found.length !== 32 * start.params.R) {
      throw new ProverFailed(`The prover answered ${found.length / 32} roots.`, false);
    }
    roots = found;
    return found;
  };

  const walk = async (seed: Uint8Array): Promise<Uint8Array> => {
    const laneRoot = same(await prover.walk(seed, limits.walkMs), walked?.laneRoot);
    walked = { seed, laneRoot };
    return laneRoot;
  };

  /** Does `step`; after a crash once more, behind the steps before it. */
  const recovering = async (
    before: readonly (() => Promise<unknown>)[],
    step: () => Promise<Uint8Array>,
  ): Promise<Uint8Array> => {
    try {
      return await step();
    } catch (thrown) {
      if (!(thrown instanceof ProverFailed && thrown.hasCrashed && mayRepeat)) throw thrown;
      mayRepeat = false;
      for (const earlier of before) await earlier();
      return step();
    }
  };

  return {
    roots: () => recovering([], begin),
    lanes: (walkSeed) => recovering([begin], () => walk(walkSeed)),
    opening: async (draw) => {
      const seed = walked?.seed;
      const before = seed ? [begin, () => walk(seed)] : [begin];
      const opening = await recovering(before, () => prover.open(draw, limits.openMs));
      const expected = openingBytesOf(start.params);
      if (opening.length === expected) return opening;
      const words = `The opening has ${opening.length} bytes, not ${expected}.`;
      throw new ProverFailed(words, false);
    },
  };
};
