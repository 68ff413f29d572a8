/** Idempotency-Key: one effect per key, whatever gets lost, and nothing secret kept. */

import { AppError } from '../../shared/core/errors.ts';
import { hourMs } from '../../shared/core/time.ts';
import { callHttp } from '../support/http.ts';
import { makeKey, makeOrganisation } from '../support/identity.ts';
import { sample } from './sample.ts';

const name = 'order-0001';
const lockMs = 30_000;

describe('an Idempotency-Key', () => {
  it('is required where money is involved', async () => {
    const { call, orders } = await sample();
    const answer = await call({ method: 'POST', path: '/v1/orders', body: { name: 'one' } });
    expect([answer.status, answer.body.code]).toEqual([400, 'request.idempotency_key_missing']);
    expect(orders()).toEqual([]);
  });

  it.each(['short', 'x'.repeat(129), 'with blank', 'ümlautkey'])('is not %j', async (key) => {
    const { order } = await sample();
    const answer = await order(key);
    expect([answer.status, answer.body.code]).toEqual([400, 'request.malformed']);
    expect(answer.body.errors[0].pointer).toBe('/header/idempotency-key');
  });

  it('may be left out elsewhere, and then nothing is remembered', async () => {
    const { call, orders } = await sample();
    const request = { method: 'POST', path: '/v1/drafts', body: { name: 'one' } };
    const ids = [(await call(request)).body.id, (await call(request)).body.id];
    expect(new Set(ids).size).toBe(2);
    expect(orders()).toHaveLength(2);
  });
});

describe('the same request again', () => {
  it('gets the first answer, marked as a replay, with one effect and without secrets', async () => {
    const { order, orders, runtime } = await sample();
    const first = await order(name);
    expect(first.body.secret).toBe('sesame-open');
    const replay = await order(name);
    expect([replay.status, replay.headers['idempotent-replayed']]).toEqual([201, 'true']);
    expect(replay.body).toEqual({ ...first.body, secret: null });
    expect(replay.headers['request-id']).not.toBe(first.headers['request-id']);
    expect(first.headers['idempotent-replayed']).toBeUndefined();
    expect(orders()).toHaveLength(1);
    expect(inspect(runtime.database.all('requests'))).not.toContain('sesame');
  });

  it('still gets it a day later', async () => {
    const { order, runtime } = await sample();
    const first = await order(name);
    runtime.clock.ms += 24 * hourMs;
    expect((await order(name)).body.id).toBe(first.body.id);
    const [record] = runtime.database.all('requests').filter(({ sk }) => sk === 'IDEMPOTENCY');
    expect(Number(record?.['expires_at_s']) * 1000).toBeGreaterThan(runtime.clock.ms);
  });

  it('is another request under another path or for another organisation', async () => {
    const { serve, order, call, runtime, orders } = await sample();
    await order(name);
    const headers = { 'idempotency-key': name };
    const body = { name: 'one' };
    await call({ method: 'POST', path: '/v1/drafts', body, headers });
    const key = await makeKey(runtime, await makeOrganisation(runtime, 'Other'));
    const other = await callHttp(serve, { method: 'POST', path: '/v1/orders', key, body, headers });
    expect(other.headers['idempotent-replayed']).toBeUndefined();
    expect(orders()).toHaveLength(3);
  });
});

describe('another body under the same key', () => {
  it('is refused with 422, before and after the first is done', async () => {
    const { order, orders, runtime } = await sample();
    let during: unknown;
    runtime.hooks.before = async () => {
      during ??= (await order(name, { name: 'two' })).body.code;
    };
    await order(name);
    const later = await order(name, { name: 'two' });
    expect(during).toBe('request.idempotency_key_reused');
    expect([later.status, later.body.code]).toEqual([422, 'request.idempotency_key_reused']);
    expect(orders()).toHaveLength(1);
  });
});

describe('the same request meanwhile', () => {
  it('is told to wait', async () => {
    const { order, orders, runtime } = await sample();
    const meanwhile: { status: number; retry: string | undefined }[] = [];
    runtime.hooks.before = async () => {
      runtime.clock.ms += 5_000;
      const answer = await order(name);
      meanwhile.push({ status: answer.status, retry: answer.headers['retry-after'] });
    };
    await order(name);
    expect(meanwhile).toEqual([{ status: 409, retry: '25' }]);
    expect(orders()).toHaveLength(1);
  });

  it('runs at once when the refused record is its own, sent twice by the SDK', async () => {
    const { order, runtime } = await sample();
    const { database } = runtime;
    const write = database.write.bind(database);
    database.write = async (asked) => {
      const answer = await write(asked);
      return asked.kind === 'put' && asked.key.sk === 'IDEMPOTENCY' ? write(asked) : answer;
    };
    expect((await order(name)).status).toBe(201);
  });
});

describe('a refusal', () => {
  it('does not use up the key: the same request may succeed later', async () => {
    const { order, orders, runtime } = await sample();
    runtime.hooks.before = async () => {
      throw new AppError('request.rate_limited', { retryAfterSeconds: 1 });
    };
    expect((await order(name)).status).toBe(429);
    runtime.hooks.before = async () => {};
    const answer = await order(name);
    expect([answer.status, answer.headers['idempotent-replayed']]).toEqual([201, undefined]);
    expect(orders()).toHaveLength(1);
  });

  it('is answered even when the key cannot be set free', async () => {
    const { order, runtime } = await sample();
    runtime.hooks.before = async () => {
      runtime.database.faultOf = ([write]) => (write?.kind === 'delete' ? 'lost_request' : 'none');
      throw new AppError('request.rate_limited');
    };
    expect((await order(name)).status).toBe(429);
    expect(runtime.lines.map(({ event }) => event)).toContain('idempotency.not_released');
  });
});

describe('a crash', () => {
  it.each([
    ['before the effect', 'before'],
    ['after the effect', 'after'],
  ] as const)(
    '%s leaves a lock, and a retry after it has one effect under the first id',
    async (_, hook) => {
      const { order, orders, runtime } = await sample();
      let firstId: string | undefined;
      runtime.hooks[hook] = async () => {
        firstId = orders()[0]?.pk;
        throw new TypeError('the process died');
      };
      // Whoever is dead releases no lock.
      runtime.database.faultOf = ([write]) =>
        write?.kind === 'update' && write.key.sk === 'IDEMPOTENCY' ? 'lost_request' : 'none';
      expect((await order(name)).status).toBe(500);
      runtime.database.faultOf = () => 'none';
      delete runtime.hooks[hook];

      runtime.clock.ms += lockMs - 1;
      const early = await order(name);
      expect([early.status, early.headers['retry-after']]).toEqual([409, '1']);

      runtime.clock.ms += 1;
      const resumed = await order(name);
      expect(resumed.status).toBe(201);
      if (hook === 'after') expect(resumed.body.id).toBe(firstId);
      expect(orders().map(({ pk }) => pk)).toEqual([resumed.body.id]);
      expect((await order(name)).body.id).toBe(resumed.body.id);
    },
  );

  it('that leaves the function alive leaves no lock: a retry is resumed at once', async () => {
    const { order, orders, runtime } = await sample();
    runtime.hooks['after'] = async () => {
      throw new TypeError('a bug');
    };
    expect((await order(name)).status).toBe(500);
    delete runtime.hooks['after'];
    const [made] = orders();
    const resumed = await order(name);
    expect([resumed.status, resumed.body.id]).toEqual([201, made?.pk]);
    expect(orders()).toHaveLength(1);
  });

  it('while the answer is stored is resumed in the same way', async () => {
    const { order, orders, runtime } = await sample();
    runtime.database.faultOf = ([write]) =>
      write?.kind === 'update' && write.key.sk === 'IDEMPOTENCY' ? 'lost_request' : 'none';
    expect((await order(name)).status).toBe(500);
    runtime.database.faultOf = () => 'none';
    runtime.clock.ms += lockMs;
    const resumed = await order(name);
    expect([resumed.status, resumed.body.secret]).toEqual([201, null]);
    expect(orders().map(({ pk }) => pk)).toEqual([resumed.body.id]);
  });

  it('of which only the answer was lost has one effect', async () => {
    const { order, orders, runtime } = await sample();
    runtime.database.faultOf = ([write]) => (write?.table === 'clusters' ? 'lost_answer' : 'none');
    const answer = await order(name);
    expect(answer.status).toBe(201);
    expect(orders()).toHaveLength(1);
    expect(runtime.database.committed).toBeGreaterThan(0);
  });

  it('lets only one of two retries take over', async () => {
    const { order, orders, runtime } = await sample();
    runtime.hooks.after = async () => {
      throw new TypeError('the process died');
    };
    await order(name);
    delete runtime.hooks.after;
    runtime.clock.ms += lockMs;
    const statuses: number[] = [];
    runtime.hooks.before = async () => {
      statuses.push((await order(name)).status);
    };
    statuses.push((await order(name)).status);
    expect(statuses).toEqual([409, 201]);
    expect(orders()).toHaveLength(1);
  });
});

/** Everything in it as text, bigint included. */
const inspect = (value: unknown): string =>
  JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? part.toString() : part));
