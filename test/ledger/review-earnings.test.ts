/**
 * The operator's endpoints of earnings, after whole rentals: who rents an own device with credit that was
 * given away earns what waits for a review.
 */
import { noteTie } from '../../functions/identity/note-tie.ts';
import { postTopUp } from '../../functions/ledger/post-top-up.ts';
import type { Id } from '../../shared/core/ids.ts';
import { hourMs } from '../../shared/core/time.ts';
import { rateUnits, setup } from '../clusters/fixture.ts';
import { dispute } from '../simulation/ledger/outside.ts';
import { callHttp, type TestRequest } from '../support/http.ts';

const usd = (amount: bigint) => ({ amount: String(amount), currency: 'usd' });
const reviews = '/v1/ledger/earnings-reviews';

type Renter = 'itself' | 'a linked customer' | 'a stranger';
const linkedRenter = 'a linked customer';

/**
 * A supplier whose device was rented for two hours, by itself unless told otherwise; with a grant, if told, else
 * by card.
 */
const earned = async (granted = true, by: Renter = 'itself') => {
  const platform = await setup({ credit: 0n });
  const { supplierId } = platform;
  const renter =
    by === 'itself'
      ? { id: supplierId, key: platform.supplierKey }
      : { id: platform.customerId, key: platform.key };
  const { key } = renter;
  const link = async () => {
    for (const organisation of [supplierId, renter.id]) {
      const card = { kind: 'card', value: 'fingerprint', tie: 'holder', atMs: 1 } as const;
      await noteTie(platform.runtime, { ...card, organisation });
    }
  };
  if (by !== 'a stranger') await link();
  const units = 10_000_000n;
  if (granted) await platform.grant(renter.id, units);
  else {
    const payment = { paymentId: 'pi_1', feeUnits: 0n, liabilityShifted: false };
    await postTopUp(platform.runtime, { ...payment, organisation: renter.id, units });
  }
  const operatorsId = await platform.newOrganisation(platform.runtime, 'Operator');
  const operator = await platform.newKey(platform.runtime, operatorsId, 'operator');
  const rent = async () => {
    const quoteId = await platform.quote(1, { key });
    const { body } = await platform.create(quoteId, { key });
    await platform.provision(body.id);
    await platform.run(body.id, hourMs);
    await platform.call({ method: 'POST', path: `/v1/clusters/${body.id}/terminate`, key });
    await platform.release(body.id);
    return body.id as Id<'clu'>;
  };
  let requests = 0;
  const ask = (request: TestRequest) => {
    requests += 1;
    const headers = { 'idempotency-key': `decision-${requests}`, ...request.headers };
    return callHttp(platform.http.ledger, { key: operator, ...request, headers });
  };
  const list = async () => (await ask({ method: 'GET', path: reviews })).body.data;
  const show = async () => (await ask({ method: 'GET', path: `${reviews}/${supplierId}` })).body;
  const approve = (version: string, more: Partial<TestRequest> = {}) =>
    ask({
      method: 'POST',
      path: `${reviews}/${supplierId}/approve`,
      body: { version, reason: 'a real workload' },
      ...more,
    });
  const clawBack = (parts: object = {}, more: Partial<TestRequest> = {}) =>
    ask({
      method: 'POST',
      path: '/v1/ledger/claw-backs',
      body: {
        dispute_id: 'dp_1',
        supplier_id: supplierId,
        earnings: 'review',
        amount: usd(rateUnits / 4n),
        reason: 'the same person',
        ...parts,
      },
      ...more,
    });
  const disputed = (organisation: string = supplierId) =>
    dispute(platform.runtime, { id: 'dp_1', organisation, units: 50_000_000n });
  const balances = async (by = key) =>
    (await callHttp(platform.http.ledger, { method: 'GET', path: '/v1/ledger/balances', key: by }))
      .body;
  const audited = (action: string) =>
    platform.database.all('identity').filter((item) => item['action'] === action);
  const clusterId = await rent();
  return {
    ...{ platform, supplierId, key, operator, operatorsId, rent, clusterId },
    ...{ link, ask, list, show, approve, clawBack, disputed, balances, audited },
  };
};

describe('listEarningsReviews and getEarningsReview', () => {
  it('200 show what waits, and its version', async () => {
    const { list, show, supplierId } = await earned();
    const review = await show();
    expect(review).toEqual({
      object: 'earnings_review',
      organisation_id: supplierId,
      amount: usd(rateUnits),
      version: expect.stringMatching(/^[1-9]/),
    });
    expect(await list()).toEqual([review]);
  });

  it('200 show nothing of who earned nothing', async () => {
    const { platform, ask, operatorsId } = await earned();
    const path = `${reviews}/${operatorsId}`;
    expect((await ask({ method: 'GET', path })).body).toMatchObject({
      amount: usd(0n),
      version: '0',
    });
    expect(await platform.brokenBooks()).toEqual([]);
  });

  it('403 for everybody but the operator', async () => {
    const { ask, key, approve, clawBack } = await earned();
    const answers = [await ask({ method: 'GET', path: reviews, key }), await approve('1', { key })];
    for (const answer of [...answers, await clawBack({}, { key })]) {
      expect(answer).toMatchObject({ status: 403, body: { required_scope: 'ledger:review' } });
    }
  });
});

describe('approveEarningsReview', () => {
  it('200 releases what was seen, once, with an audit event', async () => {
    const { platform, list, show, approve, balances, audited, supplierId, ...all } = await earned();
    const { version } = await show();
    const approved = await approve(version);
    expect(approved).toMatchObject({
      status: 200,
      body: {
        organisation_id: supplierId,
        transfer_id: `approve:${supplierId}:${version}`,
        amount: usd(rateUnits),
      },
    });
    expect((await approve(version)).body).toEqual(approved.body);
    expect(await balances()).toMatchObject({ in_review: usd(0n), matured: usd(rateUnits) });
    expect(await list()).toEqual([]);
    expect(audited('earnings.approved')).toMatchObject([
      { organisation_id: all.operatorsId, target: supplierId, reason: 'a real workload' },
    ]);
    // What is earned afterwards waits anew.
    await all.rent();
    expect(await list()).toMatchObject([{ amount: usd(rateUnits) }]);
    expect(await platform.brokenBooks()).toEqual([]);
  });

  it('409 when the earnings have moved since, or there are none', async () => {
    const { show, approve, rent, balances } = await earned();
    const { version } = await show();
    await rent();
    expect(await approve(version)).toMatchObject({
      status: 409,
      body: { code: 'earnings_review.moved' },
    });
    expect(await balances()).toMatchObject({ in_review: usd(2n * rateUnits) });
    await approve((await show()).version);
    expect((await approve((await show()).version)).body.code).toBe('earnings_review.nothing');
  });

  it('releases once wherever the process dies, and never without its audit event', async () => {
    for (const died of ['before', 'after'] as const) {
      const { platform, show, approve, balances, audited } = await earned();
      const { version } = await show();
      const headers = { 'idempotency-key': 'one-approval' };
      platform.database.faultOf = (writes) =>
        writes.some(({ table, key }) =>
          died === 'before'
            ? table === 'ledger'
            : key.sk === 'IDEMPOTENCY' && writes[0]?.kind === 'update',
        )
          ? 'lost_request'
          : 'none';
      expect((await approve(version, { headers })).status).toBeGreaterThanOrEqual(500);
      expect(audited('earnings.approved')).toHaveLength(died === 'before' ? 0 : 1);
      platform.database.faultOf = () => 'none';
      platform.clock.ms += 30_000;
      expect((await approve(version, { headers })).status).toBe(200);
      expect(await balances()).toMatchObject({ in_review: usd(0n), matured: usd(rateUnits) });
      expect(audited('earnings.approved')).toHaveLength(1);
    }
  });

  it('400 refuses a version that is none, and no reason', async () => {
    const { approve } = await earned();
    for (const body of [
      { version: '1' },
      { version: 1, reason: 'x' },
      { version: '-1', reason: 'x' },
    ]) {
      expect((await approve('1', { body })).body.code).toBe('request.malformed');
    }
  });
});

describe('createClawBack', () => {
  it('201 takes from earnings in review for the debt, once, with an audit event', async () => {
    const { platform, clawBack, disputed, balances, audited, show, ...all } = await earned();
    await disputed();
    const { amount: before } = (await balances()).debt;
    const headers = { 'idempotency-key': 'one-claw-back' };
    const taken = await clawBack({}, { headers });
    expect(taken).toMatchObject({
      status: 201,
      body: {
        object: 'claw_back',
        transfer_id: `claw:dp_1:${all.supplierId}:review`,
        amount: usd(rateUnits / 4n),
      },
    });
    expect((await clawBack({}, { headers })).body).toEqual(taken.body);
    expect((await clawBack()).body).toEqual(taken.body);
    expect((await show()).amount).toEqual(usd((rateUnits * 3n) / 4n));
    expect((await balances()).debt).toEqual(usd(BigInt(before) - rateUnits / 4n));
    expect(audited('earnings.clawed_back')).toMatchObject([
      { organisation_id: all.operatorsId, target: taken.body.transfer_id },
    ]);
    expect(await clawBack({ amount: usd(1n) })).toMatchObject({
      status: 409,
      body: { code: 'claw_back.exists' },
    });
    expect(await platform.brokenBooks()).toEqual([]);
  });

  it('201 takes from the earnings of one day, by its date, at most what is there', async () => {
    const { platform, clawBack, disputed, balances } = await earned(false);
    await disputed();
    const [{ matures_on: earnings }] = (await balances()).earning;
    expect(await clawBack({ earnings: '2026-11-30' })).toMatchObject({
      status: 409,
      body: { code: 'claw_back.nothing' },
    });
    const taken = await clawBack({ earnings, amount: usd(9_000_000n) });
    expect(taken).toMatchObject({ status: 201, body: { amount: usd(rateUnits) } });
    expect((await balances()).earning).toEqual([]);
    expect(await platform.brokenBooks()).toEqual([]);
  });

  it('201 takes from a supplier that shares a card with the payer', async () => {
    const { platform, clawBack, disputed, clusterId, ...all } = await earned(true, linkedRenter);
    // Of who was ever given credit, even a linked supplier's earnings wait for the operator.
    await disputed(platform.customerId);
    const order = { amount: usd(9_000_000n), cluster_id: clusterId };
    expect(await clawBack(order)).toMatchObject({
      status: 201,
      body: {
        transfer_id: `claw:dp_1:${all.supplierId}:review:${clusterId}`,
        amount: usd(rateUnits),
      },
    });
    expect(await platform.brokenBooks()).toEqual([]);
  });

  it('201 takes from it no more than it earned by the hire that is named', async () => {
    const { platform, clawBack, disputed, rent, clusterId } = await earned(true, linkedRenter);
    const second = await rent();
    await disputed(platform.customerId);
    for (const cluster_id of [clusterId, second]) {
      expect(await clawBack({ amount: usd(9_000_000n), cluster_id })).toMatchObject({
        status: 201,
        body: { amount: usd(rateUnits) },
      });
    }
    expect(await platform.brokenBooks()).toEqual([]);
  });

  it('422 where the two were linked only after the hire, or another’s hire is named, or none', async () => {
    const notLinked = { status: 422, body: { code: 'claw_back.not_linked' } };
    const late = await earned(true, 'a stranger');
    await late.link();
    await late.disputed(late.platform.customerId);
    const [{ matures_on: earnings }] = (await late.balances(late.platform.supplierKey)).earning;
    const order = { earnings, cluster_id: late.clusterId };
    expect(await late.clawBack(order)).toMatchObject(notLinked);
    const { platform, clawBack, disputed, clusterId } = await earned(true, linkedRenter);
    await disputed(platform.customerId);
    expect(await clawBack()).toMatchObject(notLinked);
    const nobodys = { cluster_id: clusterId.replace(/.{4}$/, '0000') };
    expect(await clawBack(nobodys)).toMatchObject(notLinked);
    expect(await platform.brokenBooks()).toEqual([]);
  });

  it('422 where no dispute is known, or nobody is linked', async () => {
    const { platform, clawBack, disputed } = await earned();
    expect(await clawBack()).toMatchObject({
      status: 422,
      body: { code: 'claw_back.dispute_unknown' },
    });
    await disputed(platform.customerId);
    expect(await clawBack()).toMatchObject({
      status: 422,
      body: { code: 'claw_back.not_linked' },
    });
  });

  it('400 refuses days that are none', async () => {
    const { clawBack } = await earned();
    for (const earnings of ['2026-13-01', 'tomorrow', 20_000]) {
      expect((await clawBack({ earnings })).body.code).toBe('request.malformed');
    }
  });
});
