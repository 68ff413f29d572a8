/** What a cheat is, and what cheats are made of. */
import {
  type Draw,
  deriveH2,
  deriveSampleKey,
  drawSamples,
} from '../../../shared/proofs/protocol/derivation.ts';
import type { ProofParams } from '../../../shared/proofs/protocol/parameters.ts';
import type { OpeningReason } from '../../../shared/proofs/protocol/verdict.ts';
import type { OpeningToVerify, ProofSignatures } from '../../../shared/proofs/protocol/verify.ts';
import type { Chance } from './chance.ts';
import { play } from './play.ts';
import type { Task, Tricks } from './prover.ts';
import { freshTask, smallFull } from './tasks.ts';

export interface Cheat {
  readonly name: string;
  /** What the verifier finds. */
  readonly reason: OpeningReason;
  /** One proof, from a fresh task; the same chance plays the same. */
  play(chance: Chance): OpeningToVerify;
}

/** A prover that cheats in its work: what it commits to is wrong, and signed. */
export const byTricks = (
  name: string,
  reason: OpeningReason,
  tricksOf: (chance: Chance, task: Task) => Tricks,
  params: ProofParams = smallFull,
): Cheat => ({
  name,
  reason,
  play: (chance) => {
    const task = freshTask(chance, params);
    return play(task, chance, tricksOf(chance, task));
  },
});

/** Changes what an honest prover sends, or what it is taken for. */
export const byForgery = (
  name: string,
  reason: OpeningReason,
  forge: (honest: OpeningToVerify, chance: Chance) => OpeningToVerify,
  params: ProofParams = smallFull,
): Cheat => ({
  name,
  reason,
  play: (chance) => forge(play(freshTask(chance, params), chance), chance),
});

/** The second commitment of a proof. */
export const h2Of = ({ record }: OpeningToVerify): Uint8Array => deriveH2(record.h1, record.walk);

/** What the verifier will ask for. */
export const drawOf = (proof: OpeningToVerify): Draw =>
  drawSamples(proof.record.params, deriveSampleKey(proof.record.sampleSeed, h2Of(proof)));

export const signaturesOf = ({ signatures }: OpeningToVerify): ProofSignatures => {
  if (signatures === 'checked') throw new Error('a play keeps its signatures');
  return signatures;
};

export const withBitFlipped = (bytes: Uint8Array, bit: number): Uint8Array => {
  const changed = Uint8Array.from(bytes);
  changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
  return changed;
};

export const withPart = (bytes: Uint8Array, at: number, part: Uint8Array): Uint8Array => {
  const changed = Uint8Array.from(bytes);
  changed.set(part, at);
  return changed;
};

export const withSwapped = (bytes: Uint8Array, a: number, b: number, length: number): Uint8Array =>
  withPart(withPart(bytes, a, bytes.subarray(b, b + length)), b, bytes.subarray(a, a + length));
