/**
 * The schedules' own pulse. After a pause of the platform nothing that it did not see may be held
 * against a device: silence counts only while the schedules ran without a gap. Pure.
 */
import { minuteMs } from '../core/time.ts';

export interface Pulse {
  readonly lastRunMs: number;
  /** Since when the schedule has run without a gap of more than two minutes. */
  readonly steadySinceMs: number;
}

const gapMsMax = 2 * minuteMs;
/** How long the platform must have watched before it calls a node lost for silence. */
const watchedMsMin = 2 * minuteMs;

/** The pulse after a run at `nowMs`. */
export const beat = (before: Pulse | undefined, nowMs: number): Pulse => {
  const gapMs = before ? nowMs - before.lastRunMs : Number.POSITIVE_INFINITY;
  const steady = before !== undefined && gapMs >= 0 && gapMs <= gapMsMax;
  return { lastRunMs: nowMs, steadySinceMs: steady ? before.steadySinceMs : nowMs };
};

/** Whether silence may be judged. */
export const hasWatched = (pulse: Pulse, nowMs: number): boolean =>
  nowMs - pulse.steadySinceMs >= watchedMsMin;
