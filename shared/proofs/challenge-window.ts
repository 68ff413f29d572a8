/**
 * When a processor may be challenged: never while a slot may have called it, nor so shortly before a slot
 * opens that it would still be at work by then. A processor that computes two proofs at once passes
 * neither in time, and who may be called is not known before the slot opens. Pure.
 */
import { minuteMs, secondMs } from '../core/time.ts';
import { type ProofPolicy, protocolPolicy } from './policy.ts';
import type { ProofLoad } from './proof.ts';

/** Messages on their way, beside the work itself. */
const travelMs = 2 * secondMs;

/** One processor's challenge, and what a slot may ask of it. */
export interface ChallengedLoad {
  readonly asked: ProofLoad;
  /** The largest proof that a slot may call it for; null when slots do not call it yet. */
  readonly called: ProofLoad | null;
}

/** Milliseconds until the processors may be challenged together; 0: now. Less than a slot's period. */
export const challengeWaitMs = (
  processors: readonly ChallengedLoad[],
  policy: ProofPolicy,
  nowMs: number,
): number => {
  const exposed = processors.filter(({ called }) => called !== null);
  const askedMs = Math.max(0, ...exposed.map(({ asked }) => workMs(asked, policy)));
  const calledMs = Math.max(
    0,
    ...exposed.map(({ called }) => (called ? workMs(called, policy) : 0)),
  );
  const periodMs = policy.slotMinutes * minuteMs;
  const sinceMs = nowMs % periodMs;
  if (sinceMs < calledMs) return calledMs - sinceMs;
  return sinceMs + askedMs <= periodMs ? 0 : periodMs - sinceMs + calledMs;
};

/**
 * How long a processor is at work that passes by the protocol's thresholds. Where a stage's are looser,
 * its processors share their cores; that their work overlaps costs them nothing there.
 */
const workMs = ({ commitWithinMs, walkWithinMs }: ProofLoad, policy: ProofPolicy): number => {
  const { throughputPercentMin, bandwidthPercentMin } = protocolPolicy;
  const computeMs = (commitWithinMs / policy.commitWithinT) * (100 / throughputPercentMin);
  const idealMs = Math.max(0, walkWithinMs - policy.walkGraceMs) / policy.walkIdeals;
  const walkMs = idealMs * (100 / bandwidthPercentMin);
  return Math.ceil(computeMs + walkMs) + travelMs;
};
