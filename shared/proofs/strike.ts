/**
 * Strikes: what a wrong opening costs. Being slow or silent is no fraud and costs hours only; an opening
 * that does not fit what was committed can only come from a prover that did not do the work. A strike
 * takes the device's proof away: it is verified again, later with each strike, and the third within 30
 * days blocks it. Pure.
 */
import { dayMs, hourMs } from '../core/time.ts';

/** Strikes are remembered for so long. */
export const strikeWindowMs = 30 * dayMs;
/** So many strikes within the window block the device. */
export const strikesMax = 3;
/** Each strike of the window delays the next verification by so much. */
const waitPerStrikeMs = hourMs;

/** The verdicts that no honest prover gets. */
const fraudReasons = [
  'roots',
  'sample_path',
  'sample_value',
  'lane_path',
  'step_path',
  'lane_value',
] as const;

/** Whether a proof that failed for this reason is a strike; null and slow proofs are none. */
export const isFraud = (reason: string | null): boolean =>
  (fraudReasons as readonly (string | null)[]).includes(reason);

/** What follows from the strikes of a device's processors. */
export interface StrikeConsequence {
  readonly blocked: boolean;
  /** Strikes within the window. */
  readonly count: number;
  /** The device may be verified again from then on; null without a strike or when it is blocked. */
  readonly verifyFromMs: number | null;
}

/** The consequence of these strikes (of all processors of a device together) at `nowMs`. */
export const strikeConsequence = (strikes: readonly number[], nowMs: number): StrikeConsequence => {
  const recent = strikes.filter((atMs) => atMs > nowMs - strikeWindowMs);
  const count = recent.length;
  const blocked = count >= strikesMax;
  const verifyFromMs =
    count === 0 || blocked ? null : Math.max(...recent) + count * waitPerStrikeMs;
  return { blocked, count, verifyFromMs };
};
