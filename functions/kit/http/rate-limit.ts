/**
 * A fixed window of one minute per caller, counted by a conditional write in the requests table. Answers
 * RateLimit and RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers). Organisations and devices are
 * counted once they are known, strangers by their address before anything is looked up or written. The
 * first few of a device or of an address that asks for what is public are counted by this process alone:
 * most callers never send more, and a write for each would cost more than what they ask for. What routes declare
 * `unlimited` is not counted at all.
 */
import { present } from '../../../shared/core/assert.ts';
import { type Key, WriteRefused } from '../../../shared/core/database.ts';
import { AppError } from '../../../shared/core/errors.ts';
import { minuteMs, secondMs } from '../../../shared/core/time.ts';
import { rateKey } from '../keys.ts';
import type { Authentication } from '../route.ts';
import type { Runtime } from '../runtime.ts';
import { type Exchange, exchangeOf, type HttpMiddleware } from './exchange.ts';

/** Requests per minute of one organisation, of one device, or of one address that asks for what is public. */
export const requestsPerMinuteMax = 600;
/** Registrations per minute and address. */
export const registrationsPerMinuteMax = 30;

/** Requests of a caller and minute that a process counts by itself before the table does. */
const uncountedMax = 10;
/** Callers that a process keeps count of; with more it begins anew. */
const callersMax = 10_000;

const strangerLimits: Readonly<Partial<Record<Authentication, number>>> = {
  public: requestsPerMinuteMax,
  new_device: registrationsPerMinuteMax,
};

/** Stands before authentication: who is not known yet is counted by address. */
export const strangerLimit = (runtime: Runtime): HttpMiddleware => {
  const local = localCounts();
  return {
    before: async (request) => {
      const exchange = exchangeOf(request);
      const route = present(exchange.route, 'no route was found');
      const limit = strangerLimits[route.authentication];
      if (limit === undefined || route.unlimited) return;
      const network = networkOf(request.event.requestContext.http.sourceIp);
      const subject = `${route.authentication}#${network}`;
      const counts = route.authentication === 'public' ? local : undefined;
      await countAndLimit(runtime, exchange, { subject, limit, counts });
    },
  };
};

/** Stands after authentication: an organisation over all of its keys, or a device. */
export const callerLimit = (runtime: Runtime): HttpMiddleware => {
  const local = localCounts();
  return {
    before: async (request) => {
      const exchange = exchangeOf(request);
      const caller = present(exchange.caller, 'nobody was authenticated');
      if (caller.kind !== 'key' && caller.kind !== 'device') return;
      const subject = caller.kind === 'key' ? caller.organisationId : caller.deviceId;
      const counts = caller.kind === 'device' ? local : undefined;
      await countAndLimit(runtime, exchange, { subject, limit: requestsPerMinuteMax, counts });
    },
  };
};

/** Answers how many requests of a subject this process has seen in a window, this one included. */
type LocalCounts = (subject: string, window: number) => number;

const localCounts = (): LocalCounts => {
  let counted = new Map<string, number>();
  let countedWindow = 0;
  return (subject, window) => {
    if (window !== countedWindow || counted.size >= callersMax) counted = new Map();
    countedWindow = window;
    const count = (counted.get(subject) ?? 0) + 1;
    counted.set(subject, count);
    return count;
  };
};

interface Counted {
  readonly subject: string;
  /** Requests per minute. */
  readonly limit: number;
  /** Absent where every request is counted in the table. */
  readonly counts: LocalCounts | undefined;
}

/** Whose an address is: IPv6 gives everybody a /64 of them, so its first four groups count. */
const networkOf = (address: string): string =>
  address.includes(':') ? (address.split('::')[0] ?? '').split(':').slice(0, 4).join(':') : address;

const countAndLimit = async (
  runtime: Runtime,
  exchange: Exchange,
  { subject, limit: requestsMax, counts }: Counted,
): Promise<void> => {
  const nowMs = runtime.clock.nowMs();
  const window = Math.floor(nowMs / minuteMs);
  const resetSeconds = Math.ceil(((window + 1) * minuteMs - nowMs) / secondMs);
  const seen = counts?.(subject, window) ?? Number.POSITIVE_INFINITY;
  // The first that goes to the table brings those before it along.
  const added = seen === uncountedMax + 1 ? seen : 1;
  const count =
    seen <= uncountedMax
      ? seen
      : await countRequest(runtime, { key: rateKey(subject, window), window, added, requestsMax });
  const remaining = requestsMax - Math.min(count, requestsMax);
  exchange.answerHeaders['ratelimit-policy'] = `"minute";q=${requestsMax};w=60`;
  exchange.answerHeaders['ratelimit'] = `"minute";r=${remaining};t=${resetSeconds}`;
  if (count > requestsMax) {
    throw new AppError('request.rate_limited', { retryAfterSeconds: resetSeconds });
  }
};

/** The number of this request in its window; above the limit it stops counting. */
const countRequest = async (
  runtime: Runtime,
  request: {
    readonly key: Key;
    readonly window: number;
    readonly added: number;
    readonly requestsMax: number;
  },
): Promise<number> => {
  const { key, window, added, requestsMax } = request;
  const expiresAtSeconds = ((window + 2) * minuteMs) / secondMs;
  try {
    const item = await runtime.database.write({
      kind: 'update',
      table: 'requests',
      key,
      add: { requests: added },
      set: { expires_at_s: expiresAtSeconds },
      condition: { anyOf: [{ missing: ['requests'] }, { atMost: { requests: requestsMax - 1 } }] },
    });
    return Number(item?.['requests'] ?? 1n);
  } catch (error) {
    if (error instanceof WriteRefused) return requestsMax + 1;
    throw error;
  }
};
