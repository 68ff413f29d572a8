/**
 * The epoch that a request names: one whose hour has begun. What comes later, came before genesis, or comes after
 * the last hour of the emission is refused with the reason; so is, where it is asked for, one of which nothing is published yet.
 */
import { AppError } from '../../../shared/core/errors.ts';
import { hourMs, isoOf, secondMs, startOfHourId } from '../../../shared/core/time.ts';
import { hourIdOf } from '../../../shared/proofs/gate.ts';
import {
  closedAfterMs,
  type EpochResult,
  type EpochView,
  viewOf,
} from '../../../shared/rewards/epoch.ts';
import { getEpoch } from '../../../shared/rewards/epoch-store.ts';
import { emissionHours } from '../../../shared/token/emission.ts';
import {
  hourNumberOf,
  requireTokenSettings,
  startOfHour,
} from '../../../shared/token/token-mode.ts';
import type { Runtime } from '../../kit/runtime.ts';

/** The least time after which an epoch that should be closed is asked for again. */
const againSeconds = 60;

/** `epoch.not_found`, `token.none`. */
export const requireEpoch = async (
  { database, token }: Pick<Runtime, 'database' | 'token'>,
  epochId: string,
  nowMs: number,
): Promise<EpochView> => {
  const settings = requireTokenSettings(token);
  const startMs = startOfHourId(epochId);
  if (startMs === undefined) throw new AppError('epoch.not_found');
  const hour = hourNumberOf(settings, startMs);
  if (hour < 0) {
    const first = hourIdOf(settings.genesisMs);
    throw new AppError('epoch.not_found', {
      message: `There is no epoch ${epochId}: the first one is ${first}.`,
    });
  }
  if (hour >= emissionHours) {
    const last = hourIdOf(startOfHour(settings, emissionHours - 1));
    throw new AppError('epoch.not_found', {
      message: `There is no epoch ${epochId}: the emission is over with the last one, ${last}.`,
    });
  }
  const closesAt = isoOf(startMs + hourMs + closedAfterMs);
  if (startMs > nowMs) {
    throw new AppError('epoch.not_found', {
      message: `The epoch ${epochId} has not begun: it is closed from ${closesAt} on.`,
      suggestion: 'Ask for it then; GET /v1/epochs lists those that have begun.',
      extra: { closes_at: closesAt },
    });
  }
  return viewOf({ id: epochId, hour, startMs }, await getEpoch(database, epochId), nowMs);
};

/** An epoch with what was published of it; `epoch.not_closed` for one without. */
export const requirePublished = async (
  needs: Pick<Runtime, 'database' | 'token'>,
  epochId: string,
  nowMs: number,
): Promise<EpochView & { readonly result: EpochResult }> => {
  const epoch = await requireEpoch(needs, epochId, nowMs);
  const { result, startMs } = epoch;
  if (result) return { ...epoch, result };
  const closesAtMs = startMs + hourMs + closedAfterMs;
  throw new AppError('epoch.not_closed', {
    message: `The epoch ${epochId} is closed from ${isoOf(closesAtMs)} on; nothing of it is published yet.`,
    retryAfterSeconds: Math.max(againSeconds, Math.ceil((closesAtMs - nowMs) / secondMs)),
    extra: { closes_at: isoOf(closesAtMs) },
  });
};
