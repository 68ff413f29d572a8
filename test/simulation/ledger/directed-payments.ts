/**
 * Directed cases of the way from the card provider's event to the ledger: the webhook's whole pipeline, its
 * queue, and the payment as the provider shows it, which is played here.
 */
import { Stripe } from 'stripe';
import { httpFunction } from '../../../functions/kit/http.ts';
import type { PaymentNeeds } from '../../../functions/payments/cards/payment-needs.ts';
import { processProviderEvent } from '../../../functions/payments/cards/process-provider-event.queue.ts';
import { requireStripeSignature } from '../../../functions/payments/cards/webhook-check.ts';
import { webhookRoutes } from '../../../functions/payments/webhook-routes.ts';
import type { StripePort } from '../../../shared/adapters/stripe-port.ts';
import { newId } from '../../../shared/core/ids.ts';
import type { ProviderPayment } from '../../../shared/core/provider-payment.ts';
import { minuteMs, secondMs } from '../../../shared/core/time.ts';
import { newTopUp, payableCents } from '../../../shared/payments/cards/top-up.ts';
import { putTopUp } from '../../../shared/payments/cards/top-up-store.ts';
import { callHttp } from '../../support/http.ts';
import { startMs } from '../../support/runtime.ts';
import { CardFixture } from './card-fixture.ts';
import { expectEqual, million, payer } from './fixture.ts';
import { mustThrowBug, type Scenario, sound } from './scenario.ts';

const secret = 'whsec_directed';
const credit = 20n * million;

interface Sent {
  readonly id?: string;
  readonly paymentId?: string;
  /** What the event says that was paid. */
  readonly cents?: number;
  readonly liveMode?: boolean;
  readonly account?: string;
  readonly signedWith?: string;
  readonly signedAtMs?: number;
}

/** A platform with one top-up of 20 USD, and its payment as the provider shows it. */
const counter = async (shown: Partial<ProviderPayment> = {}) => {
  const fixture = new CardFixture();
  const { runtime } = fixture;
  const topUp = newTopUp({
    id: newId('top', startMs, runtime.randomness),
    organisation: payer,
    source: 'checkout',
    units: credit,
    nowMs: startMs,
    expiresAtMs: null,
  });
  await runtime.database.write(putTopUp(topUp));
  const payment: ProviderPayment = {
    ...{ id: 'pi_1', liveMode: false, status: 'succeeded', currency: 'usd' },
    ...{ receivedCents: payableCents(topUp), topUpId: topUp.id },
    ...{ charge: null, refunds: [], disputes: [], failure: null, actionUrl: null },
    ...shown,
  };
  const port: Pick<StripePort, 'getPayment'> = { getPayment: async (id) => ({ ...payment, id }) };
  const needs: PaymentNeeds = {
    ...runtime,
    keyMode: 'test',
    stripe: async () => port as StripePort,
  };
  const queued: { readonly event_id: string }[] = [];
  const events = {
    send: async (message: object) => void queued.push(message as { event_id: string }),
  };
  const secrets = { read: async () => secret, readPrevious: async () => undefined };
  const serve = httpFunction({ ...needs, events }, webhookRoutes, {
    keyMode: 'test',
    requireWebhook: requireStripeSignature(secrets, 'arn:webhook'),
  });
  /** Answers the edge's status; what it queued is worked off by `work`. */
  const send = async (sent: Sent = {}): Promise<number> => {
    const { id = 'evt_1', paymentId = 'pi_1', cents = 2_088 } = sent;
    const object = { id: paymentId, object: 'payment_intent', amount_received: cents };
    const payload = JSON.stringify({
      ...{ id, type: 'payment_intent.succeeded', created: startMs / secondMs },
      ...{ livemode: sent.liveMode ?? false, account: sent.account ?? null, data: { object } },
    });
    const signature = Stripe.webhooks.generateTestHeaderString({
      payload,
      secret: sent.signedWith ?? secret,
      timestamp: (sent.signedAtMs ?? startMs) / secondMs,
    });
    const headers = { 'stripe-signature': signature };
    const path = '/v1/webhooks/stripe';
    const request = { method: 'POST', path, rawBody: Buffer.from(payload), headers };
    return (await callHttp(serve, request)).status;
  };
  const work = async (): Promise<void> => {
    for (const message of queued.splice(0)) await processProviderEvent(needs, message);
  };
  const expectCredited = async (units: bigint, what: string): Promise<void> => {
    expectEqual((await fixture.state()).posted, units, what);
    await sound(fixture);
  };
  return { send, work, expectCredited, queued };
};

/** Sends an event that must be refused at the edge. */
const refused = (what: string, sent: Sent): Scenario => ({
  name: `nothing is kept of an event ${what}`,
  play: async () => {
    const { send, queued, expectCredited } = await counter();
    const status = await send(sent);
    expectEqual(status >= 400 && status < 500, true, `refused with ${status}`);
    expectEqual(queued.length, 0, 'queued');
    await expectCredited(0n, 'credit');
  },
});

/** A payment that was received and does not fit. */
const misfit = (what: string, shown: Partial<ProviderPayment>): Scenario => ({
  name: `a payment ${what} rings and credits nothing`,
  play: async () => {
    const { send, work, expectCredited } = await counter(shown);
    expectEqual(await send(), 200, 'the edge');
    await mustThrowBug(work, `a payment ${what}`);
    await expectCredited(0n, 'credit');
  },
});

export const paymentScenarios: readonly Scenario[] = [
  {
    name: 'a payment that two events tell of is credited once',
    play: async () => {
      const { send, work, expectCredited } = await counter();
      for (const id of ['evt_1', 'evt_2', 'evt_1']) expectEqual(await send({ id }), 200, id);
      await work();
      await expectCredited(credit, 'credit');
    },
  },
  {
    name: 'what an event says that was paid is not believed',
    play: async () => {
      const { send, work, expectCredited } = await counter();
      await send({ cents: 100_088 });
      await work();
      await expectCredited(credit, 'credit');
    },
  },
  {
    name: 'an event before the payment is through credits nothing',
    play: async () => {
      const { send, work, expectCredited } = await counter({ status: 'processing' });
      await send();
      await work();
      await expectCredited(0n, 'credit');
    },
  },
  {
    name: 'a second payment for one top-up rings and is not credited',
    play: async () => {
      const { send, work, expectCredited } = await counter();
      await send();
      await work();
      await send({ id: 'evt_2', paymentId: 'pi_2' });
      await mustThrowBug(work, 'a second payment');
      await expectCredited(credit, 'credit');
    },
  },
  misfit('of another amount', { receivedCents: 2_087n }),
  misfit('of more than was asked', { receivedCents: 208_800n }),
  misfit('in another currency', { currency: 'eur' }),
  misfit('of the other mode', { liveMode: true }),
  refused('with another signature', { signedWith: 'whsec_other' }),
  refused('signed long ago', { signedAtMs: startMs - 6 * minuteMs }),
  refused('signed in the future', { signedAtMs: startMs + 6 * minuteMs }),
  refused('of the other mode', { liveMode: true }),
  refused('of another account', { account: 'acct_other' }),
];
