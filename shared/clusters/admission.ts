/**
 * Keeps one organisation from tying up the market: a bound on clusters that do not run yet, and a pause
 * after several cancellations before running. Pure.
 */
import { AppError } from '../core/errors.ts';
import { hourMs, minuteMs, secondMs } from '../core/time.ts';
import type { Cluster } from './cluster.ts';

export const unfinishedMax = 20;
const cancelsMax = 3;
const pauseMs = 10 * minuteMs;
/** How many of an organisation's newest clusters have to be looked at. */
export const admissionWindow = 100;

/**
 * Refuses with `cluster.too_many_unfinished` or `cluster.too_many_cancelled`. `recent`: the newest
 * clusters of the organisation.
 */
export const admitCluster = (recent: readonly Cluster[], nowMs: number): void => {
  const unfinished = recent.filter(
    ({ status }) =>
      status === 'unpaid' || status === 'deployment_requested' || status === 'deploying',
  ).length;
  if (unfinished >= unfinishedMax) {
    throw new AppError('cluster.too_many_unfinished', { retryAfterSeconds: 60 });
  }
  const cancels = recent
    .filter(
      ({ terminatedByCustomer, runningAtMs, status }) =>
        terminatedByCustomer && runningAtMs === null && status !== 'destroyed',
    )
    .map((cluster) => cluster.stoppedAtMs ?? 0)
    .filter((atMs) => atMs > nowMs - hourMs)
    .sort((a, b) => b - a);
  const waitMs = (cancels[0] ?? 0) + pauseMs - nowMs;
  if (cancels.length >= cancelsMax && waitMs > 0) {
    throw new AppError('cluster.too_many_cancelled', {
      retryAfterSeconds: Math.ceil(waitMs / secondMs),
    });
  }
};
