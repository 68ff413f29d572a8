/**
 * A fixed window of one minute per organisation, counted by a conditional write in the requests table.
 * Answers RateLimit and RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers) on every request.
 */
import { present } from '../../../shared/core/assert.ts';
import { WriteRefused } from '../../../shared/core/database.ts';
import { AppError } from '../../../shared/core/errors.ts';
import { minuteMs, secondMs } from '../../../shared/core/time.ts';
import { rateKey } from '../keys.ts';
import type { Runtime } from '../runtime.ts';
import { exchangeOf, type HttpMiddleware } from './exchange.ts';

/** Requests per minute and organisation. */
export const requestsPerMinuteMax = 600;

export const rateLimit = (runtime: Runtime): HttpMiddleware => ({
  before: async (request) => {
    const exchange = exchangeOf(request);
    const caller = present(exchange.caller, 'nobody was authenticated');
    if (caller.kind !== 'key') return;
    const nowMs = runtime.clock.nowMs();
    const window = Math.floor(nowMs / minuteMs);
    const resetSeconds = Math.ceil(((window + 1) * minuteMs - nowMs) / secondMs);
    const count = await countRequest(runtime, caller.organisationId, window);
    const remaining = requestsPerMinuteMax - Math.min(count, requestsPerMinuteMax);
    exchange.answerHeaders['ratelimit-policy'] = `"minute";q=${requestsPerMinuteMax};w=60`;
    exchange.answerHeaders['ratelimit'] = `"minute";r=${remaining};t=${resetSeconds}`;
    if (count > requestsPerMinuteMax) {
      throw new AppError('request.rate_limited', { retryAfterSeconds: resetSeconds });
    }
  },
});

/** The number of this request in its window; above the limit it stops counting. */
const countRequest = async (
  runtime: Runtime,
  organisationId: string,
  window: number,
): Promise<number> => {
  const expiresAtSeconds = ((window + 2) * minuteMs) / secondMs;
  try {
    const item = await runtime.database.write({
      kind: 'update',
      table: 'requests',
      key: rateKey(organisationId, window),
      add: { requests: 1 },
      set: { expires_at_s: expiresAtSeconds },
      condition: {
        anyOf: [{ missing: ['requests'] }, { atMost: { requests: requestsPerMinuteMax - 1 } }],
      },
    });
    return Number(item?.['requests'] ?? 1n);
  } catch (error) {
    if (error instanceof WriteRefused) return requestsPerMinuteMax + 1;
    throw error;
  }
};
