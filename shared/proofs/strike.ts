/**
 * What a strike is: an opening that does not fit what was committed, which only a prover that did not do
 * the work can send. Being slow or silent is no fraud and costs hours only. What strikes cost a device
 * stands in `shared/devices/proved.ts`. Pure.
 */
import type { ProofReason } from './schemas.ts';

/** The verdicts that no honest prover gets. */
const fraudReasons: readonly (ProofReason | null)[] = [
  'roots',
  'sample_path',
  'sample_value',
  'lane_path',
  'step_path',
  'lane_value',
];

/** Whether a proof that ended for this reason is a strike; null: it passed. */
export const isFraud = (reason: ProofReason | null): boolean => fraudReasons.includes(reason);
