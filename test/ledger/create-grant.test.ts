/** POST /v1/ledger/grants. */
import { newId } from '../../shared/core/ids.ts';
import { dispute } from '../simulation/ledger/outside.ts';
import { seededRandomness, startMs } from '../support/runtime.ts';
import { ledgerService } from './service.ts';

const path = '/v1/ledger/grants';
const key = { 'idempotency-key': 'a-grant-of-the-operator' };

const setup = async () => {
  const service = await ledgerService();
  const body = {
    organisation_id: service.organisationId,
    amount: { amount: '5000000', currency: 'usd' },
    reason: 'welcome',
  };
  const post = (request: object = {}) =>
    service.call('POST', path, { key: service.operator, headers: key, body, ...request });
  return { ...service, body, post };
};

describe('createGrant', () => {
  describe('201', () => {
    it('gives the credit', async () => {
      const { post, call, organisationId } = await setup();
      const made = await post();
      expect([made.status, made.body]).toEqual([
        201,
        {
          id: expect.stringMatching(/^grt_/),
          object: 'grant',
          organisation_id: organisationId,
          amount: { amount: '5000000', currency: 'usd' },
          debt_paid: { amount: '0', currency: 'usd' },
          reason: 'welcome',
          created_at: '2026-11-22T12:00:00.000Z',
        },
      ]);
      const balances = await call('GET', '/v1/ledger/balances');
      expect(balances.body.available.amount).toBe('5000000');
    });

    it('gives it once when the request is repeated', async () => {
      const { post, call } = await setup();
      const made = await post();
      const again = await post();
      expect([again.status, again.body]).toEqual([201, made.body]);
      expect(again.headers['idempotent-replayed']).toBe('true');
      const balances = await call('GET', '/v1/ledger/balances');
      expect(balances.body.available.amount).toBe('5000000');
    });

    it('gives it once when the process dies after it, and answers what was committed', async () => {
      const { post, call, runtime, organisationId } = await setup();
      await dispute(runtime, { id: 'dp_1', organisation: organisationId, units: 2_000_000n });
      runtime.database.faultOf = ([write]) =>
        write?.kind === 'update' && write.key.sk === 'IDEMPOTENCY' ? 'lost_request' : 'none';
      expect((await post()).status).toBe(500);
      runtime.database.faultOf = () => 'none';
      await dispute(runtime, { id: 'dp_2', organisation: organisationId, units: 1_000_000n });
      runtime.clock.ms += 30_000;
      const resumed = await post();
      expect(resumed.status).toBe(201);
      expect(resumed.body.debt_paid.amount).toBe('2000000');
      expect(resumed.body.created_at).toBe('2026-11-22T12:00:00.000Z');
      const balances = await call('GET', '/v1/ledger/balances');
      expect(balances.body.available.amount).toBe('2000000');
    });

    it('pays the debt first and says so', async () => {
      const { post, call, runtime, organisationId } = await setup();
      await dispute(runtime, { id: 'dp_1', organisation: organisationId, units: 2_000_000n });
      expect((await post()).body.debt_paid).toEqual({ amount: '2000000', currency: 'usd' });
      const { body } = await call('GET', '/v1/ledger/balances');
      expect([body.available.amount, body.debt.amount]).toEqual(['3000000', '0']);
    });
  });

  describe('400', () => {
    it('needs an Idempotency-Key', async () => {
      const { post } = await setup();
      const refused = await post({ headers: {} });
      expect([refused.status, refused.body.code]).toEqual([400, 'request.idempotency_key_missing']);
    });

    it.each([
      ['nothing', { amount: { amount: '0', currency: 'usd' } }],
      ['less than nothing', { amount: { amount: '-1', currency: 'usd' } }],
      ['part of a unit', { amount: { amount: '1.5', currency: 'usd' } }],
      ['a number', { amount: { amount: 5, currency: 'usd' } }],
      ['more than the world has', { amount: { amount: '1'.repeat(19), currency: 'usd' } }],
      ['another asset', { amount: { amount: '5', currency: 'io' } }],
      ['no reason', { reason: '' }],
      ['no organisation of the right form', { organisation_id: 'org_x' }],
      ['an unknown field', { note: 'x' }],
    ])('refuses %s and writes nothing to the ledger', async (_, parts) => {
      const { post, body, runtime } = await setup();
      const refused = await post({ body: { ...body, ...parts } });
      expect([refused.status, refused.body.code]).toEqual([400, 'request.malformed']);
      expect(runtime.database.all('ledger')).toEqual([]);
    });
  });

  it('401 without a key', async () => {
    const { post } = await setup();
    const refused = await post({ key: undefined });
    expect([refused.status, refused.body.code]).toEqual([401, 'identity.unauthenticated']);
  });

  it('403 for everybody but the operator', async () => {
    const { post, owner, runtime } = await setup();
    const refused = await post({ key: owner });
    expect([refused.status, refused.body.code]).toEqual([403, 'identity.forbidden']);
    expect(runtime.database.all('ledger')).toEqual([]);
  });

  it('404 for an organisation that does not exist', async () => {
    const { post, body, runtime } = await setup();
    const organisation_id = newId('org', startMs, seededRandomness('nobody'));
    const refused = await post({ body: { ...body, organisation_id } });
    expect([refused.status, refused.body.code]).toEqual([404, 'identity.not_found']);
    expect(runtime.database.all('ledger')).toEqual([]);
  });

  it('422 for the same Idempotency-Key with another body', async () => {
    const { post, body } = await setup();
    await post();
    const refused = await post({ body: { ...body, reason: 'another' } });
    expect([refused.status, refused.body.code]).toEqual([422, 'request.idempotency_key_reused']);
  });

  it('503 when contention does not end, and the repeated request gives the credit once', async () => {
    const { post, runtime, call } = await setup();
    runtime.database.faultOf = (writes) =>
      writes.some(({ table }) => table === 'ledger') ? 'conflict' : 'none';
    const refused = await post();
    expect([refused.status, refused.body.code]).toEqual([503, 'platform.unavailable']);
    runtime.database.faultOf = () => 'none';
    runtime.clock.ms += 30_000;
    expect((await post()).status).toBe(201);
    const balances = await call('GET', '/v1/ledger/balances');
    expect(balances.body.available.amount).toBe('5000000');
  });
});
