/**
 * Credit by card on the whole platform: the provider's page, signed webhooks over HTTP, the queue, the
 * ledger; and what comes after: refunds, a dispute, an event that was lost. The provider's own records are
 * the oracle at the end.
 */

import { topUpByCard } from '../../local/demo/cards.ts';
import { waitFor } from '../../local/demo/wait.ts';
import { visitPayPage } from '../../local/stripe/hosted/visitor.ts';
import { present } from '../../shared/core/assert.ts';
import { sumAccount } from '../../shared/ledger/ledger-store.ts';
import { balancesSchema } from '../../shared/ledger/schemas.ts';
import { refundSchema } from '../../shared/payments/cards/refund-schemas.ts';
import { topUpSchema } from '../../shared/payments/cards/top-up-schemas.ts';
import { refusalOf } from './support/renting.ts';
import { creditUnits, useStage } from './support/stage.ts';

const stage = useStage({ name: 'cards', agents: [], mayFail: /cards\.frozen/ });
const dollar = 1_000_000n;
const usd = (units: bigint) => ({ amount: units.toString(), currency: 'usd' });

const control = () => present(stage().platform.cards.control, 'this journey needs the stand-in');
const balances = () => stage().customer.api.get('/v1/ledger/balances', balancesSchema);

const untilAvailable = (units: bigint) =>
  waitFor(
    `${units} to be available`,
    async () => ((await balances()).available.amount === units.toString() ? true : undefined),
    { seconds: 60 },
  );

describe('credit by card', () => {
  let topUpId: string;

  it('is there once, although every event comes ten times at once', async () => {
    await control().duplicate({ types: ['*'], copies: 10 });
    const { customer, platform } = stage();
    const topUp = await topUpByCard(platform, customer, 20n * dollar);
    topUpId = topUp.id;
    expect(topUp).toMatchObject({ status: 'succeeded', amount: usd(20n * dollar) });
    await control().settled();
    await control().clearRules();
    expect((await balances()).available).toEqual(usd(creditUnits + 20n * dollar));
    const { captured } = await control().totals({ metadata: { top_up_id: topUp.id } });
    expect(topUp.total).toEqual(usd(BigInt(captured) * 10_000n));
  });

  it('goes back to the card as far as it is unspent', async () => {
    const { customer } = stage();
    const refund = await customer.api.post(
      '/v1/refunds',
      { top_up_id: topUpId, amount: usd(5n * dollar) },
      refundSchema,
    );
    expect(refund.status).toBe('succeeded');
    const more = customer.api.post(
      '/v1/refunds',
      { top_up_id: topUpId, amount: usd(16n * dollar) },
      refundSchema,
    );
    expect(await refusalOf(more)).toEqual({ status: 409, code: 'refund.refused' });
    await untilAvailable(creditUnits + 15n * dollar);
  });

  it('comes by the hourly backfill when its events were lost', async () => {
    const { customer, platform } = stage();
    await control().drop({ types: ['*'] });
    const made = await customer.api.post(
      '/v1/top-ups',
      { amount: usd(10n * dollar), success_url: 'https://example.com/' },
      topUpSchema,
    );
    await visitPayPage(made.url ?? '');
    await control().settled();
    await control().clearRules();
    expect((await balances()).available).toEqual(usd(creditUnits + 15n * dollar));
    await platform.invoke('payments-schedules', { task: 'backfill-events' });
    expect((await balances()).available).toEqual(usd(creditUnits + 25n * dollar));
  });

  it('is taken again by a dispute, and no card pays while that is open', async () => {
    const { customer } = stage();
    const { payments } = await control().totals({ metadata: { top_up_id: topUpId } });
    const { paymentIntent } = present(payments[0], 'no payment');
    await control().openDispute({ paymentIntent });
    // Fifteen dollars of credit and the fee are disputed.
    const fee = 880_000n;
    await untilAvailable(creditUnits + 10n * dollar - fee);
    const next = customer.api.post(
      '/v1/top-ups',
      { amount: usd(5n * dollar), success_url: 'https://example.com/' },
      topUpSchema,
    );
    expect(await refusalOf(next)).toEqual({ status: 403, code: 'card.frozen' });
  });

  it('agrees with the provider’s own records to the cent', async () => {
    const { platform, database } = stage();
    await control().settled();
    await platform.invoke('payments-schedules', { task: 'backfill-events' });
    const { net } = await control().totals();
    expect(-(await sumAccount(database, 'ext:stripe'))).toBe(BigInt(net) * 10_000n);
    const compared = await platform.invoke('payments-schedules', { task: 'compare-card-money' });
    expect(compared).toMatchObject({ failed: 0 });
  });
});

it('what the provider did not sign is refused at the door', async () => {
  const answer = await fetch(`${stage().platform.apiUrl}/v1/webhooks/stripe`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'stripe-signature': 't=1,v1=00' },
    body: '{"id":"evt_1"}',
  });
  expect(answer.status).toBe(401);
  expect(await answer.json()).toMatchObject({ code: 'webhook.signature_invalid' });
});
