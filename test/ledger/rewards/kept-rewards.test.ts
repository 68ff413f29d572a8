/** The operator's endpoints of rewards that are kept for suspicion. */
import { postEmission } from '../../../functions/ledger/rewards/post-emission.ts';
import { keepReward, postReward } from '../../../functions/ledger/rewards/post-reward.ts';
import { hourMs, isoOf } from '../../../shared/core/time.ts';
import { getRewardBalance } from '../../../shared/ledger/rewards/io-balance-store.ts';
import { ledgerService } from '../service.ts';

const path = '/v1/ledger/kept-rewards';

/** Two hours of one organisation and one of another are kept. */
const setup = async () => {
  const service = await ledgerService();
  const { runtime, call, operator, organisationId, otherId } = service;
  const atMs = runtime.clock.nowMs();
  const epochOf = (hour: number) => isoOf(atMs + hour * hourMs).slice(0, 13);
  for (const [hour, organisations] of [[organisationId, otherId], [organisationId]].entries()) {
    const epochId = epochOf(hour);
    const emission = { epochId, units: 50n, source: 'issuance' as const, unallocatedUnits: 0n };
    await postEmission(runtime, emission);
    for (const organisation of organisations) {
      const fact = { epochId, organisation, units: 9n, heldUnits: 7n, releaseAtMs: atMs };
      await postReward(runtime, fact);
      await keepReward(runtime, fact);
    }
  }
  const list = (query: Readonly<Record<string, string>> = {}) =>
    call('GET', path, { key: operator, query });
  const release = (id: string, more: object = {}) =>
    call('POST', `${path}/${id}/release`, {
      key: operator,
      headers: { 'idempotency-key': 'release-number-1' },
      body: { reason: 'two houses, one provider' },
      ...more,
    });
  const heldOf = async (id: string) => (await getRewardBalance(runtime.database, id)).held;
  const audited = () =>
    runtime.database.all('identity').filter(({ action }) => action === 'rewards.released');
  return { ...service, epochOf, list, release, heldOf, audited };
};

const io = (amount: string) => ({ amount, currency: 'io' });

describe('GET /v1/ledger/kept-rewards', () => {
  it('200: lists what is kept of whom, page by page, or of one organisation', async () => {
    const { list, organisationId, otherId, epochOf, runtime } = await setup();
    const kept = (organisation_id: string, hour: number) => ({
      object: 'kept_reward',
      organisation_id,
      epoch_id: epochOf(hour),
      amount: io('7'),
      due_at: isoOf(runtime.clock.nowMs()),
      kept_at: isoOf(runtime.clock.nowMs()),
    });
    const own = [kept(organisationId, 0), kept(organisationId, 1)];
    const all = [...own, kept(otherId, 0)].sort((a, b) =>
      a.organisation_id < b.organisation_id ? -1 : 1,
    );
    expect((await list()).body.data).toEqual(all);
    expect((await list({ organisation_id: organisationId })).body.data).toEqual(own);
    const first = await list({ limit: '2' });
    expect(first.body).toMatchObject({ data: all.slice(0, 2), has_more: true });
    const second = await list({ limit: '2', cursor: first.body.next_cursor });
    expect(second.body).toMatchObject({ data: all.slice(2), has_more: false });
  });

  it('403: is for the operator', async () => {
    const { call } = await setup();
    expect((await call('GET', path)).status).toBe(403);
  });
});

describe('POST /v1/ledger/kept-rewards/{organisation_id}/release', () => {
  it('200: gives all hours of the organisation free, and of nobody else, and says so', async () => {
    const { release, list, heldOf, audited, organisationId, otherId } = await setup();
    const released = await release(organisationId);
    expect(released).toMatchObject({
      status: 200,
      body: {
        object: 'released_rewards',
        organisation_id: organisationId,
        amount: io('14'),
        hours: 2,
        has_more: false,
      },
    });
    expect((await release(organisationId)).body).toEqual(released.body);
    expect([await heldOf(organisationId), await heldOf(otherId)]).toEqual([0n, 7n]);
    expect((await list()).body.data).toMatchObject([{ organisation_id: otherId }]);
    expect(audited()).toMatchObject([
      { target: organisationId, reason: 'two houses, one provider' },
    ]);
  });

  it('200: gives them free once wherever the process dies, never without the audit event', async () => {
    const { release, heldOf, audited, organisationId, runtime } = await setup();
    runtime.database.faultOf = (writes) =>
      writes.some(({ table }) => table === 'ledger') ? 'lost_request' : 'none';
    expect((await release(organisationId)).status).toBeGreaterThanOrEqual(500);
    expect([await heldOf(organisationId), audited().length]).toEqual([14n, 0]);
    runtime.database.faultOf = () => 'none';
    runtime.clock.ms += 30_000;
    expect((await release(organisationId)).status).toBe(200);
    expect([await heldOf(organisationId), audited().length]).toEqual([0n, 1]);
  });

  it('409: where nothing is kept', async () => {
    const { release, organisationId, audited } = await setup();
    await release(organisationId);
    const again = { headers: { 'idempotency-key': 'release-number-2' } };
    expect(await release(organisationId, again)).toMatchObject({
      status: 409,
      body: { code: 'kept_rewards.nothing' },
    });
    expect(audited()).toHaveLength(1);
  });

  it('400 without a reason, 403 for anybody else', async () => {
    const { release, organisationId, owner, heldOf } = await setup();
    expect((await release(organisationId, { body: {} })).status).toBe(400);
    expect((await release(organisationId, { key: owner })).status).toBe(403);
    expect(await heldOf(organisationId)).toBe(14n);
  });
});
