/**
 * CPUs and Apple chips have no peak that a table could name: each processor is measured. Run 0 only says
 * where to begin, the runs after it take their load from the run before, and the median of these is the
 * reference. From then on the reference only rises, so a processor cannot be made to look slower than it
 * was. Pure.
 */
import { assert } from '../core/assert.ts';
import type { ProofPolicy } from './policy.ts';

/** What one full proof measured. */
export interface Measurement {
  /** 10^9 operations per second. */
  readonly gops: number;
  /** 10^6 bytes per second. */
  readonly mbps: number;
}

/** How far a processor is calibrated, and to what. */
export interface Calibration {
  /** Full passes so far, oldest first: run 0 and the scored runs; once calibrated, the newest ones. */
  readonly runs: readonly Measurement[];
  /** Null until calibrated. */
  readonly reference: Measurement | null;
}

export const uncalibrated: Calibration = { runs: [], reference: null };

/** The lower median: an honest device reaches it at least half of the time. */
const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted[Math.floor((sorted.length - 1) / 2)];
  assert(middle !== undefined, 'a median of nothing');
  return middle;
};

const medians = (runs: readonly Measurement[]): Measurement => ({
  gops: Math.max(1, median(runs.map(({ gops }) => gops))),
  mbps: Math.max(1, median(runs.map(({ mbps }) => mbps))),
});

/** The calibration after one more full pass. */
export const afterRun = (
  before: Calibration,
  run: Measurement,
  { calibration: { runs: scored } }: ProofPolicy,
): Calibration => {
  const runs = [...before.runs, run];
  if (before.reference === null) {
    if (runs.length <= scored) return { runs, reference: null };
    const newest = runs.slice(-scored);
    return { runs: newest, reference: medians(newest) };
  }
  const newest = runs.slice(-scored);
  const now = medians(newest);
  const { gops, mbps } = before.reference;
  return {
    runs: newest,
    reference: { gops: Math.max(gops, now.gops), mbps: Math.max(mbps, now.mbps) },
  };
};

/** The number of the run that comes next while calibrating; null once calibrated. */
export const nextRunOf = ({ runs, reference }: Calibration): number | null =>
  reference === null ? runs.length : null;

/** What the next calibrating run takes its load from: the run before; null for run 0. */
export const runBefore = ({ runs }: Calibration): Measurement | null => runs.at(-1) ?? null;
