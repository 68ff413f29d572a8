/**
 * How a proof ends: passed, or failed for one reason. The reasons are the protocol's own words, in the
 * order in which they are looked for; they are stable and stand in transcripts, answers and gates.
 */

/** What is wrong with an opening. The first three occur offline alone: a server refuses such calls. */
export const openingReasons = [
  'length',
  'signature_h1',
  'signature_h2',
  'roots',
  'sample_path',
  'sample_value',
  'lane_path',
  'step_path',
  'lane_value',
] as const;

/** What is too little, or too much, in a proof whose opening is right. */
export const thresholdReasons = [
  'too_slow',
  'over_cap',
  'walk_too_slow',
  'pool_too_small',
] as const;

/** How a proof fails without an opening: other content for an answered phase, or a deadline. */
export const phaseReasons = ['phase_conflict', 'expired'] as const;

export const proofReasons = [...openingReasons, ...thresholdReasons, ...phaseReasons] as const;

export type OpeningReason = (typeof openingReasons)[number];
export type ThresholdReason = (typeof thresholdReasons)[number];
export type ProofReason = (typeof proofReasons)[number];

export type Verdict<R extends ProofReason = ProofReason> =
  | { readonly verdict: 'passed' }
  | { readonly verdict: 'failed'; readonly reason: R };

export const passed = { verdict: 'passed' } as const;

export const failed = <R extends ProofReason>(reason: R): Verdict<R> => ({
  verdict: 'failed',
  reason,
});
