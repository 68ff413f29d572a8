/**
 * Times the crediting of paid top-ups, one after the other: the payment is fetched from a provider that
 * answers at once, its credit and the provider's fee are posted, top-up and card account are noted.
 */
import type { PaymentNeeds } from '../../functions/payments/cards/payment-needs.ts';
import { reconcilePayment } from '../../functions/payments/cards/reconcile-payment.ts';
import type { StripePort } from '../../shared/adapters/stripe-port.ts';
import { assert } from '../../shared/core/assert.ts';
import { newId } from '../../shared/core/ids.ts';
import type { ProviderPayment } from '../../shared/core/provider-payment.ts';
import { secondMs } from '../../shared/core/time.ts';
import { customerAccount } from '../../shared/ledger/account.ts';
import { getAccount } from '../../shared/ledger/ledger-store.ts';
import { newTopUp, payableCents, type TopUp } from '../../shared/payments/cards/top-up.ts';
import { putTopUp } from '../../shared/payments/cards/top-up-store.ts';
import { testRuntime } from '../support/runtime.ts';

const warmUpRounds = 3;
const measuredRounds = 11;
const organisations = 50;
const topUpsPerOrganisation = 10;
const units = 20_000_000n;

const paymentIdOf = ({ id }: Pick<TopUp, 'id'>): string => `pi_${id}`;

/** The payment that pays a top-up, as the provider shows it. */
const paymentOf = (topUp: TopUp): ProviderPayment => ({
  id: paymentIdOf(topUp),
  liveMode: false,
  status: 'succeeded',
  currency: 'usd',
  receivedCents: payableCents(topUp),
  topUpId: topUp.id,
  charge: {
    id: `ch_${topUp.id}`,
    capturedCents: payableCents(topUp),
    liabilityShifted: false,
    transaction: { id: `txn_${topUp.id}`, feeCents: 91n },
    cardFingerprint: null,
    receiptUrl: 'https://provider.example/receipt',
  },
  refunds: [],
  disputes: [],
  failure: null,
  actionUrl: null,
});

/** Top-ups a second in a ledger that begins empty. */
const measureRound = async (round: number): Promise<number> => {
  const runtime = testRuntime(`round ${round}`);
  const { database, clock, randomness } = runtime;
  const payments = new Map<string, ProviderPayment>();
  const owners = Array.from({ length: organisations }, (_, index) => `org_${index}`);
  for (let turn = 0; turn < topUpsPerOrganisation; turn += 1) {
    for (const organisation of owners) {
      const id = newId('top', clock.ms, randomness);
      const parts = { id, organisation, units, nowMs: clock.ms, expiresAtMs: null };
      const topUp = newTopUp({ ...parts, source: 'checkout' });
      await database.write(putTopUp(topUp));
      payments.set(paymentIdOf(topUp), paymentOf(topUp));
    }
  }
  const port: Pick<StripePort, 'getPayment'> = { getPayment: async (id) => payments.get(id) };
  const needs: PaymentNeeds = {
    ...runtime,
    keyMode: 'test',
    stripe: async () => port as StripePort,
  };
  const sinceMs = performance.now();
  for (const paymentId of payments.keys()) await reconcilePayment(needs, paymentId);
  const seconds = (performance.now() - sinceMs) / secondMs;
  for (const organisation of owners) {
    const { available } = await getAccount(database, customerAccount(organisation));
    const expected = units * BigInt(topUpsPerOrganisation);
    assert(available === expected, `${organisation} was credited ${available}`);
  }
  return payments.size / seconds;
};

/** Top-ups a second, round by round, once V8 has compiled what runs often. */
export const measureTopUps = async (): Promise<readonly number[]> => {
  const samples: number[] = [];
  for (let round = 0; round < warmUpRounds + measuredRounds; round += 1) {
    const perSecond = await measureRound(round);
    if (round >= warmUpRounds) samples.push(perSecond);
  }
  return samples;
};
