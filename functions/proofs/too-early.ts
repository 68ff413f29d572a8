/** The refusal of what opens later: when to ask again, and what time it is here. */
import { AppError } from '../../shared/core/errors.ts';
import { secondMs } from '../../shared/core/time.ts';

/** `proof.too_early`, with the time of the platform. */
export const tooEarly = (opensAtMs: number, nowMs: number): AppError =>
  new AppError('proof.too_early', {
    retryAfterSeconds: Math.ceil((opensAtMs - nowMs) / secondMs),
    extra: { server_time_ms: nowMs },
  });
