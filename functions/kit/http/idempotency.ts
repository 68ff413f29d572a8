/**
 * Idempotency-Key: the first request with a key runs, later ones with the same body get its stored
 * answer, one with another body is refused. A record in progress holds the seed of the attempt's ids: a
 * retry after a crash runs with those ids and so completes or does nothing. Refusals are not stored,
 * for they changed nothing: the same key may try again once the reason is gone.
 */
import { createHmac } from 'node:crypto';
import { assert, present } from '../../../shared/core/assert.ts';
import { type Item, type Key, WriteRefused } from '../../../shared/core/database.ts';
import { AppError } from '../../../shared/core/errors.ts';
import { sha256Hex } from '../../../shared/core/hash.ts';
import type { Randomness } from '../../../shared/core/ids.ts';
import { dayMs, secondMs } from '../../../shared/core/time.ts';
import { idempotencyKey } from '../keys.ts';
import type { Runtime } from '../runtime.ts';
import { type Exchange, exchangeOf, type HttpMiddleware, type HttpRequest } from './exchange.ts';

/** Longer than any function may run. */
export const lockSeconds = 30;
const lockMs = lockSeconds * secondMs;
const keptMs = 2 * dayMs;

/** The record that this request holds. */
interface Held {
  readonly key: Key;
  readonly seed: string;
}

const held = new WeakMap<Exchange, Held>();

export const idempotency = (runtime: Runtime): HttpMiddleware => ({
  before: async (request) => {
    const exchange = exchangeOf(request);
    const route = present(exchange.route, 'no route was found');
    const caller = present(exchange.caller, 'nobody was authenticated');
    exchange.attempt = { randomness: runtime.randomness, startedAtMs: runtime.clock.nowMs() };
    if (route.method !== 'POST' || (caller.kind !== 'key' && caller.kind !== 'bootstrap')) return;
    const name = exchange.headers['idempotency-key'];
    if (name === undefined) {
      if (route.idempotencyKeyRequired) throw new AppError('request.idempotency_key_missing');
      return;
    }
    if (!/^[\x21-\x7e]{8,128}$/.test(name)) {
      throw new AppError('request.malformed', {
        fields: [{ pointer: '/header/idempotency-key', message: '8 to 128 visible characters' }],
      });
    }
    const scope = caller.kind === 'key' ? caller.organisationId : 'bootstrap';
    const digest = sha256Hex(`${route.method} ${request.event.rawPath} ${name}`);
    return begin(runtime, request, idempotencyKey(scope, digest));
  },

  after: async (request) => {
    const exchange = exchangeOf(request);
    const record = held.get(exchange);
    const route = present(exchange.route, 'no route was found');
    if (!record) return;
    const body = JSON.parse(request.response?.body ?? 'null') as Record<string, unknown>;
    for (const secret of route.secrets) body[secret] = null;
    await runtime.database.write({
      kind: 'update',
      table: 'requests',
      key: record.key,
      set: {
        state: 'done',
        answer_status: request.response?.statusCode ?? 0,
        answer_body: JSON.stringify(body),
      },
      condition: { equals: { seed: record.seed } },
    });
  },

  onError: async (request) => {
    const exchange = exchangeOf(request);
    const record = held.get(exchange);
    if (!record) return;
    try {
      await release(runtime, record, request.error);
    } catch (error) {
      // The refusal is the answer all the same; until the lock expires, retries are told to wait.
      exchange.log.warn('idempotency.not_released', { error });
    }
  },
});

/**
 * A refusal changed nothing: its record goes. After a bug or a fault there may have been an effect: the
 * record stays, so that a retry has the same ids, but unlocked, for this attempt is over. Only one that
 * ran out of time may still be running.
 */
const release = async (runtime: Runtime, { key, seed }: Held, error: unknown): Promise<void> => {
  const condition = { equals: { seed, state: 'running' } };
  const refusal = error instanceof AppError ? error : undefined;
  if (refusal?.code === 'platform.timed_out') return;
  if (refusal && refusal.kind !== 'bug' && refusal.kind !== 'unavailable') {
    await runtime.database.write({ kind: 'delete', table: 'requests', key, condition });
    return;
  }
  const set = { locked_until_ms: runtime.clock.nowMs() };
  await runtime.database.write({ kind: 'update', table: 'requests', key, set, condition });
};

const begin = async (runtime: Runtime, request: HttpRequest, key: Key) => {
  const exchange = exchangeOf(request);
  const nowMs = runtime.clock.nowMs();
  const bodyHash = sha256Hex(exchange.body ?? '');
  const seed = Buffer.from(runtime.randomness.bytes(32)).toString('hex');
  try {
    await runtime.database.write({
      kind: 'put',
      table: 'requests',
      key,
      attributes: {
        state: 'running',
        body_hash: bodyHash,
        seed,
        started_at_ms: nowMs,
        locked_until_ms: nowMs + lockMs,
        expires_at_s: Math.floor((nowMs + keptMs) / secondMs),
      },
      condition: { exists: false },
    });
    hold(exchange, { key, seed }, nowMs);
    return undefined;
  } catch (error) {
    if (!(error instanceof WriteRefused)) throw error;
    const known = error.items[0] ?? (await runtime.database.get('requests', key));
    if (!known) throw new AppError('request.in_progress', { retryAfterSeconds: 1 });
    if (known['seed'] === seed) {
      // The SDK sent the write twice because the first answer was lost: the record is ours.
      hold(exchange, { key, seed }, nowMs);
      return undefined;
    }
    return meetKnown(runtime, exchange, key, known, bodyHash);
  }
};

/** The key was used before: answers its stored answer, refuses, or takes over an abandoned attempt. */
const meetKnown = async (
  runtime: Runtime,
  exchange: Exchange,
  key: Key,
  known: Item,
  bodyHash: string,
) => {
  if (known['body_hash'] !== bodyHash) throw new AppError('request.idempotency_key_reused');
  if (known['state'] === 'done') {
    exchange.answerHeaders['idempotent-replayed'] = 'true';
    return {
      statusCode: Number(known['answer_status']),
      headers: { 'content-type': 'application/json', ...exchange.answerHeaders },
      body: String(known['answer_body']),
    };
  }
  const nowMs = runtime.clock.nowMs();
  const lockedUntilMs = Number(known['locked_until_ms']);
  if (nowMs < lockedUntilMs) {
    const retryAfterSeconds = Math.ceil((lockedUntilMs - nowMs) / secondMs);
    throw new AppError('request.in_progress', { retryAfterSeconds });
  }
  try {
    await runtime.database.write({
      kind: 'update',
      table: 'requests',
      key,
      set: { locked_until_ms: nowMs + lockMs },
      condition: { equals: { state: 'running', locked_until_ms: lockedUntilMs } },
    });
  } catch (error) {
    if (!(error instanceof WriteRefused)) throw error;
    throw new AppError('request.in_progress', { retryAfterSeconds: 1 });
  }
  hold(exchange, { key, seed: String(known['seed']) }, Number(known['started_at_ms']));
  return undefined;
};

const hold = (exchange: Exchange, record: Held, startedAtMs: number): void => {
  held.set(exchange, record);
  exchange.attempt = { randomness: seededRandomness(record.seed), startedAtMs };
};

/** Bytes that follow from the seed: HMAC-SHA-256 in counter mode. For ids, never for secrets. */
const seededRandomness = (seed: string): Randomness => {
  let counter = 0;
  return {
    bytes: (count) => {
      assert(count <= 32, 'more bytes than one digest has');
      counter += 1;
      return createHmac('sha256', seed).update(String(counter)).digest().subarray(0, count);
    },
  };
};
