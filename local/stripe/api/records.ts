/** What payments leave behind: charges, refunds, disputes, warnings, balance transactions and events. */
import type { Stripe } from 'stripe';
import * as z from 'zod';
import { balanceOf, currentTransaction } from '../world/balance.ts';
import { closeDispute, submitEvidence } from '../world/disputes.ts';
import type { Charge } from '../world/objects.ts';
import { refundCharge } from '../world/refunding.ts';
import { invalid, malformed, required } from '../world/refusal.ts';
import type { World } from '../world/world.ts';
import { type Endpoint, endpoint, listEndpoint, nothing } from './endpoint.ts';
import { flag, form, mergedMetadata, metadata, range, text, texts, wholeNumber } from './form.ts';

/** Filters that most of these lists share. */
const ofPayment = {
  charge: text.optional(),
  payment_intent: text.optional(),
  created: range.optional(),
};

interface OfPayment {
  readonly charge?: string | undefined;
  readonly payment_intent?: string | undefined;
}

const fits =
  ({ charge, payment_intent: intent }: OfPayment) =>
  (each: { readonly charge: string | null; readonly payment_intent?: unknown }): boolean =>
    (charge === undefined || each.charge === charge) &&
    (intent === undefined || each.payment_intent === intent);

const chargeToRefund = (world: World, asked: OfPayment): Charge => {
  const { charge: chargeId, payment_intent: intentId } = asked;
  if (chargeId !== undefined) {
    return required(world.state.charges.get(chargeId), 'charge', chargeId, 'charge');
  }
  if (intentId === undefined) {
    throw malformed(
      'parameter_missing',
      'charge',
      'One of the following params should be provided for this request: payment_intent or charge.',
    );
  }
  const intent = required(
    world.state.paymentIntents.get(intentId),
    ...(['payment_intent', intentId, 'payment_intent'] as const),
  );
  const charge = world.state.charges.get(intent.latest_charge ?? '');
  if (charge === undefined || charge.status !== 'succeeded') {
    throw invalid(`This PaymentIntent (${intentId}) does not have a successful charge to refund.`, {
      code: 'charge_not_refundable',
    });
  }
  return charge;
};

const createRefund = endpoint(
  'POST /v1/refunds',
  form<Stripe.RefundCreateParams>()({
    charge: text.optional(),
    payment_intent: text.optional(),
    amount: wholeNumber.optional(),
    reason: z.enum(['duplicate', 'fraudulent', 'requested_by_customer']).optional(),
    metadata: metadata.optional(),
  }),
  (world, asked) =>
    refundCharge(world, {
      charge: chargeToRefund(world, asked),
      amount: asked.amount,
      reason: asked.reason ?? null,
      metadata: mergedMetadata({}, asked.metadata),
    }),
);

const updateDispute = endpoint(
  'POST /v1/disputes/:id',
  form<Stripe.DisputeUpdateParams>()({
    evidence: z.strictObject({ uncategorized_text: text }).optional(),
    metadata: metadata.optional(),
    submit: flag.optional(),
  }),
  (world, asked, id) => {
    const dispute = required(world.state.disputes.get(id), 'dispute', id);
    dispute.metadata = mergedMetadata(dispute.metadata, asked.metadata);
    if (asked.evidence === undefined || asked.submit === false) return dispute;
    return submitEvidence(world, dispute, asked.evidence.uncategorized_text);
  },
);

const typesMax = 20;

/** `charge.*` stands for all names that begin so. */
const namesType = (pattern: string, type: string): boolean =>
  pattern.endsWith('*') ? type.startsWith(pattern.slice(0, -1)) : pattern === type;

const eventList = listEndpoint(
  '/v1/events',
  {
    type: text.optional(),
    types: texts.max(typesMax).optional(),
    created: range.optional(),
    delivery_success: flag.optional(),
  },
  (world, { type, types, delivery_success: delivered }) =>
    [...world.state.events.values()].filter(
      (event) =>
        (type === undefined || namesType(type, event.type)) &&
        (types === undefined || types.includes(event.type)) &&
        (delivered === undefined || (event.pending_webhooks === 0) === delivered),
    ),
);

/** What this file serves. */
export const recordEndpoints: readonly Endpoint[] = [
  endpoint('GET /v1/charges/:id', nothing, (world, _, id) =>
    required(world.state.charges.get(id), 'charge', id),
  ),
  listEndpoint(
    '/v1/charges',
    { customer: text.optional(), payment_intent: text.optional(), created: range.optional() },
    (world, { customer, payment_intent: intent }) =>
      [...world.state.charges.values()].filter(
        (charge) =>
          (customer === undefined || charge.customer === customer) &&
          (intent === undefined || charge.payment_intent === intent),
      ),
  ),
  createRefund,
  endpoint('GET /v1/refunds/:id', nothing, (world, _, id) =>
    required(world.state.refunds.get(id), 'refund', id),
  ),
  listEndpoint('/v1/refunds', ofPayment, (world, asked) =>
    [...world.state.refunds.values()].filter(fits(asked)),
  ),
  updateDispute,
  endpoint('POST /v1/disputes/:id/close', nothing, (world, _, id) =>
    closeDispute(world, required(world.state.disputes.get(id), 'dispute', id), false),
  ),
  endpoint('GET /v1/disputes/:id', nothing, (world, _, id) =>
    required(world.state.disputes.get(id), 'dispute', id),
  ),
  listEndpoint('/v1/disputes', ofPayment, (world, asked) =>
    [...world.state.disputes.values()].filter(fits(asked)),
  ),
  endpoint('GET /v1/radar/early_fraud_warnings/:id', nothing, (world, _, id) =>
    required(world.state.warnings.get(id), 'early_fraud_warning', id),
  ),
  listEndpoint('/v1/radar/early_fraud_warnings', ofPayment, (world, asked) =>
    [...world.state.warnings.values()].filter(fits(asked)),
  ),
  endpoint('GET /v1/balance_transactions/:id', nothing, (world, _, id) =>
    currentTransaction(
      world,
      required(world.state.balanceTransactions.get(id), 'balance transaction', id),
    ),
  ),
  listEndpoint(
    '/v1/balance_transactions',
    {
      type: text.optional(),
      source: text.optional(),
      currency: text.optional(),
      created: range.optional(),
    },
    (world, { type, source, currency }) =>
      [...world.state.balanceTransactions.values()]
        .filter(
          (each) =>
            (type === undefined || each.type === type) &&
            (source === undefined || each.source === source) &&
            (currency === undefined || each.currency === currency),
        )
        .map((each) => currentTransaction(world, each)),
  ),
  endpoint('GET /v1/balance', nothing, (world) => balanceOf(world)),
  endpoint('GET /v1/events/:id', nothing, (world, _, id) =>
    required(world.state.events.get(id), 'event', id),
  ),
  eventList,
];
