/** The public beacon: slots, days and the keys of receipts. */
import { createHmac } from 'node:crypto';
import { requestsPerMinuteMax } from '../../functions/kit/http/rate-limit.ts';
import { sha256Hex } from '../../shared/core/hash.ts';
import { dayMs, minuteMs, secondMs } from '../../shared/core/time.ts';
import { getDayKey } from '../../shared/proofs/day-key-store.ts';
import { receiptKeyOf } from '../../shared/proofs/receipt-key.ts';
import { startMs } from '../support/runtime.ts';
import { proofsService } from './service.ts';

const hmacSha256 = (key: Uint8Array | undefined, text: string): string =>
  createHmac('sha256', key ?? '')
    .update(text)
    .digest('hex');

const slot = '2026-11-22T12:00:00Z';
const slotPath = (id: string) => `/v1/proofs/slots/${id}`;
const dayPath = (date: string) => `/v1/proofs/days/${date}`;
const todayMs = startMs - 12 * 60 * minuteMs;

describe('getSlot', () => {
  it('200: the seed from the opening on, for everybody and for ever', async () => {
    const { ask, runtime } = await proofsService();
    const answer = await ask(slotPath(slot));
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      id: slot,
      opens_at: '2026-11-22T12:00:00.000Z',
      seed: expect.stringMatching(/^[0-9a-f]{64}$/),
      one_in: 6,
      full_one_in: 24,
      roll_one_in: 144,
    });
    expect(answer.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    runtime.clock.ms += 3 * dayMs;
    expect((await ask(slotPath(slot))).body).toEqual(answer.body);
  });

  it('200: is HMAC-SHA256 of the slot under the key of its day', async () => {
    const { ask, runtime } = await proofsService();
    const { body } = await ask(slotPath(slot));
    const key = await getDayKey(runtime.database, '2026-11-22');
    expect(body.seed).toBe(hmacSha256(key, slot));
  });

  it.each([
    '2026-11-22T12:00:00.000Z',
    '2026-11-22T12:05:00Z',
    '2026-11-22T12:00:01Z',
    '2026-11-22t12:00:00Z',
    '2026-11-22T12:00:00+00:00',
    '2026-11-22T12:00Z',
    '2026-11-31T12:00:00Z',
    '20261122T120000Z',
    'x',
  ])('404: any other spelling: %s', async (id) => {
    const { ask } = await proofsService();
    const answer = await ask(slotPath(id));
    expect([answer.status, answer.body.code]).toEqual([404, 'proof.unknown_slot']);
    expect(answer.headers['cache-control']).toBe('no-store');
  });

  it('404: a day that never had a key gets none afterwards', async () => {
    const { ask, runtime } = await proofsService();
    const answer = await ask(slotPath('2026-11-21T23:50:00Z'));
    expect([answer.status, answer.body.code]).toEqual([404, 'proof.unknown_slot']);
    expect(runtime.database.all('beacon')).toEqual([]);
  });

  it('425: one millisecond before the opening, with the time here', async () => {
    const { ask, runtime } = await proofsService();
    runtime.clock.ms = startMs + 10 * minuteMs - 1;
    const answer = await ask(slotPath('2026-11-22T12:10:00Z'));
    expect([answer.status, answer.body.code]).toEqual([425, 'proof.too_early']);
    expect(answer.body.server_time_ms).toBe(runtime.clock.ms);
    expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', 'retry-after': '1' });
    runtime.clock.ms += 1;
    expect((await ask(slotPath('2026-11-22T12:10:00Z'))).status).toBe(200);
  });

  it('gives all processes the same seed, whoever made the key first', async () => {
    const { ask, runtime } = await proofsService();
    const [first, second] = await Promise.all([ask(slotPath(slot)), ask(slotPath(slot))]);
    expect(first?.body).toEqual(second?.body);
    expect(runtime.database.all('beacon')).toHaveLength(1);
  });
});

describe('getDay', () => {
  it('200: the hash from the day before on, and no key', async () => {
    const { ask, runtime } = await proofsService();
    runtime.clock.ms = todayMs - dayMs;
    const answer = await ask(dayPath('2026-11-22'));
    const key = await getDayKey(runtime.database, '2026-11-22');
    expect(answer.body).toEqual({ date: '2026-11-22', sha256: sha256Hex(key as Uint8Array) });
    expect(answer.headers['cache-control']).toBe('public, max-age=300');
  });

  it('200: the key ten minutes into the day after, and it makes the seeds of the day', async () => {
    const { ask, runtime } = await proofsService();
    const { seed } = (await ask(slotPath(slot))).body;
    runtime.clock.ms = todayMs + dayMs + 10 * minuteMs - 1;
    const before = await ask(dayPath('2026-11-22'));
    expect(before.body).not.toHaveProperty('key');
    runtime.clock.ms += 1;
    const { body, headers } = await ask(dayPath('2026-11-22'));
    expect(body.sha256).toBe(before.body.sha256);
    expect(sha256Hex(Buffer.from(body.key, 'hex'))).toBe(body.sha256);
    expect(hmacSha256(Buffer.from(body.key, 'hex'), slot)).toBe(seed);
    expect(headers['cache-control']).toContain('immutable');
  });

  it('425: a millisecond before the day before', async () => {
    const { ask, runtime } = await proofsService();
    runtime.clock.ms = todayMs - dayMs - 1;
    const answer = await ask(dayPath('2026-11-22'));
    expect([answer.status, answer.body.code]).toEqual([425, 'proof.too_early']);
    expect(answer.body.server_time_ms).toBe(runtime.clock.ms);
    expect(runtime.database.all('beacon')).toEqual([]);
  });

  it.each(['2026-11-21', '2026-02-30', '2026-1-1', 'today'])('404: %s', async (date) => {
    const { ask, runtime } = await proofsService();
    const answer = await ask(dayPath(date));
    expect([answer.status, answer.body.code]).toEqual([404, 'proof.unknown_slot']);
    expect(runtime.database.all('beacon')).toEqual([]);
  });
});

describe('listReceiptKeys', () => {
  it('200: the key that signs, and while it is being replaced the one before', async () => {
    const { ask, secret } = await proofsService();
    const shown = async () => (await ask('/v1/proofs/receipt-keys')).body.keys;
    const first = receiptKeyOf('the first secret');
    const second = receiptKeyOf('the second secret');
    const current = { kid: first.kid, public_key: first.publicKey, status: 'current' };
    expect(await shown()).toEqual([current]);
    secret.previous = secret.current;
    secret.current = 'the second secret';
    expect(await shown()).toEqual([
      { kid: second.kid, public_key: second.publicKey, status: 'current' },
      { ...current, status: 'previous' },
    ]);
    secret.previous = 'the second secret';
    expect(await shown()).toHaveLength(1);
    expect(first.kid).toBe(sha256Hex(Buffer.from(first.publicKey, 'hex')).slice(0, 16));
  });

  it('200: may be kept for five minutes', async () => {
    const { ask } = await proofsService();
    const { headers } = await ask('/v1/proofs/receipt-keys');
    expect(headers['cache-control']).toBe(`public, max-age=${(5 * minuteMs) / secondMs}`);
  });
});

describe('the slot document', () => {
  it('is had by any number of devices behind one address, and none is counted', async () => {
    const { ask, runtime } = await proofsService();
    for (let count = 0; count <= requestsPerMinuteMax; count += 1) {
      const { status, headers } = await ask(slotPath(slot));
      expect([status, headers['ratelimit']]).toEqual([200, undefined]);
    }
    const { items } = await runtime.database.scan('requests', { index: 0, count: 1 });
    expect(items).toEqual([]);
  });
});
