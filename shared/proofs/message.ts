/**
 * What a message means to the proof that it is about: the one table of phases, repetitions and deadlines.
 * A message that was answered gets its answer again, in every state and after every deadline; other
 * content for an answered phase ends a live proof; intervals are half-open. Pure.
 */
import { hasWalk, isFinal, type Proof } from './proof.ts';

export type Phase = 'commit' | 'walk' | 'opening';

/**
 * `proceed`: it is its turn. `replay`: it was answered. `final`: the proof is over. `expired`: the proof
 * is live, and its deadline is past. `conflict`: its phase was answered for other content. `phase`: it is
 * not its turn.
 */
export type Meaning = 'proceed' | 'replay' | 'final' | 'expired' | 'conflict' | 'phase';

export interface Message {
  readonly phase: Phase;
  /** h1, the lanes' root, or the digest of the opening. */
  readonly content: string;
  /** When it arrived. */
  readonly atMs: number;
}

/** The content that answered the phase; null: none has. */
const answered = (proof: Proof, phase: Phase): string | null => {
  if (phase === 'commit') return proof.h1;
  return phase === 'walk' ? proof.laneRoot : proof.openingDigest;
};

/** What this message means to a stored proof. */
export const meaningOf = (proof: Proof, { phase, content, atMs }: Message): Meaning => {
  const known = answered(proof, phase);
  if (known === content) return 'replay';
  if (isFinal(proof)) return 'final';
  if (atMs >= proof.deadlineMs) return 'expired';
  if (known !== null) return 'conflict';
  const turn = hasWalk(proof) && proof.status === 'committed' ? 'walk' : 'opening';
  return phase === turn ? 'proceed' : 'phase';
};
