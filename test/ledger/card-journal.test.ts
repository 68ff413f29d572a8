/** The journal of card money, row by row: every leg of every fact, by account. */

import { postBankFunding, postProviderCost } from '../../functions/ledger/post-provider-money.ts';
import { approveEarnings, clawBack } from '../../functions/ledger/review-earnings.ts';
import { hourMs } from '../../shared/core/time.ts';
import { earningAccount } from '../../shared/ledger/account.ts';
import type { Transfer } from '../../shared/ledger/transfer.ts';
import { CardFixture } from '../simulation/ledger/card-fixture.ts';
import { million, payer } from '../simulation/ledger/fixture.ts';
import { startMs } from '../support/runtime.ts';

const row = ({ id, code, external, legs }: Transfer) => ({
  id,
  code,
  external,
  legs: Object.fromEntries(legs.map(({ account, units }) => [account, units])),
});

it('a top-up: the credit is the customer’s, the fee is a line of its own', async () => {
  const { transfer } = await new CardFixture().topUp();
  expect(row(transfer)).toEqual({
    id: 'stripe:pi:pi_1',
    code: 'top_up',
    external: 'pi_1',
    legs: {
      'ext:stripe': -10_300_000n,
      'cust:org_payer': 10_000_000n,
      'rev:provider_fee': 300_000n,
    },
  });
});

it('a top-up without a fee has no leg for it', async () => {
  const { transfer } = await new CardFixture().topUp({ feeUnits: 0n });
  expect(row(transfer).legs).toEqual({ 'ext:stripe': -10_000_000n, 'cust:org_payer': 10_000_000n });
});

it('a top-up pays the debt first, also with all of it', async () => {
  const fixture = new CardFixture();
  await fixture.open(4n * million);
  const { transfer } = await fixture.topUp();
  expect(row(transfer).legs).toEqual({
    'ext:stripe': -10_300_000n,
    'cust:org_payer': 6_000_000n,
    'debt:org_payer': 4_000_000n,
    'rev:provider_fee': 300_000n,
  });
  const owing = new CardFixture();
  await owing.open(40n * million);
  expect(row((await owing.topUp()).transfer).legs).toEqual({
    'ext:stripe': -10_300_000n,
    'debt:org_payer': 10_000_000n,
    'rev:provider_fee': 300_000n,
  });
  expect((await owing.balance('cust:org_payer')).cardAtMs).toBe(startMs);
});

it('what the provider takes, and what it gives back of that', async () => {
  const { runtime } = new CardFixture();
  const taken = await postProviderCost(runtime, { transactionId: 'txn_1', units: 320_000n });
  expect(row(taken.transfer)).toEqual({
    id: 'stripe:bt:txn_1',
    code: 'provider_cost',
    external: 'txn_1',
    legs: { 'exp:stripe': -320_000n, 'ext:stripe': 320_000n },
  });
  const back = await postProviderCost(runtime, { transactionId: 'txn_2', units: -20_000n });
  expect(row(back.transfer).legs).toEqual({ 'exp:stripe': 20_000n, 'ext:stripe': -20_000n });
});

it('what moves to our bank', async () => {
  const { runtime } = new CardFixture();
  const { transfer } = await postBankFunding(runtime, { fundingId: 'po_1', units: 5n * million });
  expect(row(transfer)).toEqual({
    id: 'fund:po_1:bank',
    code: 'treasury_funding',
    external: 'po_1',
    legs: { 'ext:stripe': 5_000_000n, 'ext:bank': -5_000_000n },
  });
});

it('a refund to the card, and its failure', async () => {
  const fixture = new CardFixture();
  await fixture.topUp();
  await fixture.take(4n * million);
  expect(row((await fixture.refunded()).transfer)).toEqual({
    id: 'refund:rf_1',
    code: 'card_refund',
    external: 're_of_rf_1',
    legs: { 'cust:org_payer': -4_000_000n, 'ext:stripe': 4_000_000n },
  });
  await fixture.open(9n * million);
  expect(row((await fixture.failed()).transfer)).toEqual({
    id: 'refund:rf_1:failed',
    code: 'card_refund_failed',
    external: undefined,
    legs: { 'ext:stripe': -4_000_000n, 'debt:org_payer': 3_000_000n, 'cust:org_payer': 1_000_000n },
  });
});

it('a foreign refund takes what is available and leaves the rest owed, and its failure', async () => {
  const fixture = new CardFixture();
  await fixture.grant('grt_1', 3n * million);
  expect(row((await fixture.foreign(5n * million)).transfer)).toEqual({
    id: 'stripe:re:re_foreign',
    code: 'foreign_refund',
    external: 're_foreign',
    legs: {
      'cust:org_payer': -3_000_000n,
      'debt:org_payer': -2_000_000n,
      'ext:stripe': 5_000_000n,
    },
  });
  expect(row((await fixture.foreignFailed(5n * million)).transfer)).toEqual({
    id: 'stripe:re:re_foreign:failed',
    code: 'foreign_refund_failed',
    external: undefined,
    legs: { 'ext:stripe': -5_000_000n, 'debt:org_payer': 2_000_000n, 'cust:org_payer': 3_000_000n },
  });
});

it('a dispute takes what is available, and a won one is a new credit', async () => {
  const fixture = new CardFixture();
  await fixture.topUp();
  expect(row((await fixture.open()).transfer)).toEqual({
    id: 'stripe:dp:dp_1:open',
    code: 'dispute',
    external: 'dp_1',
    legs: {
      'cust:org_payer': -10_000_000n,
      'debt:org_payer': -300_000n,
      'ext:stripe': 10_300_000n,
    },
  });
  await fixture.grant('grt_1', 200_000n);
  expect(row((await fixture.won()).transfer)).toEqual({
    id: 'stripe:dp:dp_1:won',
    code: 'dispute_won',
    external: undefined,
    legs: { 'ext:stripe': -10_300_000n, 'debt:org_payer': 100_000n, 'cust:org_payer': 10_200_000n },
  });
});

describe('an operator’s decisions', () => {
  /** The payer rented its own device with granted credit: 1 USD waits for review. */
  const reviewed = async () => {
    const fixture = new CardFixture();
    await fixture.rent(payer, 'clu_1', 10n * million);
    fixture.nodes = [
      fixture.node('nod_1', { supplier: payer, provenMs: hourMs, provenMsInsidePaidUntil: hourMs }),
    ];
    fixture.stop(startMs + 2 * hourMs);
    await fixture.settle(true);
    return fixture;
  };
  const review = earningAccount(payer, 'review');

  it('an approval releases all earnings in review, under their version', async () => {
    const { runtime } = await reviewed();
    const posted = await approveEarnings(runtime, { organisation: payer, version: 1n });
    if (posted.outcome !== 'posted') throw new Error(posted.outcome);
    expect(row(posted.transfer)).toEqual({
      id: 'approve:org_payer:1',
      code: 'review_approval',
      external: undefined,
      legs: { 'earn:org_payer:review': -1_000_000n, 'sup:org_payer': 1_000_000n },
    });
    const again = await approveEarnings(runtime, { organisation: payer, version: 1n });
    expect(again.outcome).toBe('already_done');
    const later = await approveEarnings(runtime, { organisation: payer, version: 2n });
    expect(later.outcome).toBe('nothing');
    const moved = await approveEarnings(runtime, { organisation: payer, version: 7n });
    expect(moved.outcome).toBe('moved');
  });

  it('a claw back takes no more than is there, is owed, or was decided', async () => {
    const fixture = await reviewed();
    await fixture.open(50n * million);
    const order = { disputeId: 'dp_1', supplier: payer, day: 'review' as const };
    const first = await clawBack(fixture.runtime, { ...order, units: 400_000n });
    if (first.outcome !== 'posted') throw new Error(first.outcome);
    expect(row(first.transfer)).toEqual({
      id: 'claw:dp_1:org_payer:review',
      code: 'claw_back',
      external: undefined,
      legs: { 'earn:org_payer:review': -400_000n, 'debt:org_payer': 400_000n },
    });
    const again = await clawBack(fixture.runtime, { ...order, units: 400_000n });
    expect(again.outcome).toBe('already_done');
    await expect(clawBack(fixture.runtime, { ...order, units: 5n })).rejects.toThrow(
      'another cause',
    );
    await fixture.open(1n, 'dp_2');
    const second = { ...order, disputeId: 'dp_2', units: 9n * million };
    expect(await clawBack(fixture.runtime, second)).toMatchObject({ outcome: 'posted' });
    expect(await fixture.units(review)).toBe(0n);
    expect(await fixture.broken()).toEqual([]);
  });

  it('a claw back of an emptied day is no longer listed as maturing', async () => {
    const fixture = new CardFixture();
    await fixture.topUp();
    fixture.cluster = { ...fixture.cluster, organisation: payer };
    await fixture.hold();
    fixture.nodes = [
      fixture.node('nod_1', { supplier: payer, provenMs: hourMs, provenMsInsidePaidUntil: hourMs }),
    ];
    fixture.stop(startMs + 2 * hourMs);
    await fixture.settle(true);
    await fixture.open();
    const earned = fixture.runtime.database
      .all('ledger')
      .find(({ pk }) => pk.startsWith('A#earn:'));
    const day = Number(String(earned?.['account']).split(':')[2]);
    expect(earned?.['maturity_pk']).toBeDefined();
    const order = { disputeId: 'dp_1', supplier: payer, day, units: million };
    expect(await clawBack(fixture.runtime, order)).toMatchObject({ outcome: 'posted' });
    const after = fixture.runtime.database.all('ledger').find(({ pk }) => pk === earned?.pk);
    expect([after?.['posted'], after?.['maturity_pk']]).toEqual([0n, undefined]);
    expect(await fixture.broken()).toEqual([]);
  });

  it('a claw back is refused where nobody is linked, nothing is owed, or no dispute is known', async () => {
    const fixture = await reviewed();
    const order = { disputeId: 'dp_1', supplier: payer, day: 'review' as const, units: million };
    expect(await clawBack(fixture.runtime, order)).toEqual({ outcome: 'dispute_unknown' });
    await fixture.open(million);
    expect(await clawBack(fixture.runtime, order)).toEqual({ outcome: 'nothing' });
    const stranger = { ...order, supplier: 'org_supplier' };
    expect(await clawBack(fixture.runtime, stranger)).toEqual({ outcome: 'not_linked' });
  });
});
