/**
 * A card is charged: the charge with what its issuer said, its balance transaction, and what the test
 * card brings about afterwards. A charge that failed is kept as Stripe keeps it, without moving money.
 */
import { chargeFee, moveBalance } from './balance.ts';
import { openDispute, warnOfFraud } from './disputes.ts';
import type { CardError, Charge, PaymentIntent, PaymentMethod } from './objects.ts';
import { cardBehind } from './saved-cards.ts';
import type { Decline, TestCard } from './test-cards.ts';
import type { World } from './world.ts';

export interface Attempt {
  readonly intent: PaymentIntent;
  readonly method: PaymentMethod;
  /** The holder has just authenticated. */
  readonly authenticated: boolean;
  /** Why the issuer refuses; the charge succeeds without. */
  readonly decline: Decline | undefined;
}

const riskScores = { normal: 22, elevated: 68, highest: 92 } as const;

const outcomeOf = (card: TestCard, decline: Decline | undefined): Charge['outcome'] => {
  const risk = card.risk ?? 'normal';
  const none = { advice_code: null, network_advice_code: null, network_decline_code: null };
  const scored = { ...none, risk_level: risk, risk_score: riskScores[risk] };
  if (decline === undefined) {
    return {
      ...scored,
      network_status: 'approved_by_network',
      reason: null,
      seller_message: 'Payment complete.',
      type: 'authorized',
    };
  }
  const blocked = decline.decline_code === 'fraudulent';
  return {
    ...scored,
    network_status: blocked ? 'not_sent_to_network' : 'declined_by_network',
    reason: blocked ? 'highest_risk_level' : (decline.decline_code ?? decline.code),
    seller_message: blocked
      ? 'Stripe blocked this payment as too risky.'
      : 'The bank did not return any further details with this decline.',
    type: blocked ? 'blocked' : 'issuer_declined',
  };
};

const detailsOf = (attempt: Attempt): Charge['payment_method_details'] => {
  const { method, authenticated, intent } = attempt;
  const { card } = method;
  return {
    type: 'card',
    card: {
      amount_authorized: intent.amount,
      authorization_code: null,
      brand: card.brand,
      checks: card.checks,
      country: card.country,
      electronic_commerce_indicator: authenticated ? '05' : '07',
      exp_month: card.exp_month,
      exp_year: card.exp_year,
      fingerprint: card.fingerprint ?? null,
      funding: card.funding,
      installments: null,
      last4: card.last4,
      mandate: null,
      network: card.brand,
      network_transaction_id: null,
      regulated_status: card.regulated_status,
      // Present with `authenticated` is what shifts the liability for fraud to the issuer.
      three_d_secure: authenticated
        ? {
            authentication_flow: 'challenge',
            electronic_commerce_indicator: '05',
            exemption_indicator: null,
            result: 'authenticated',
            result_reason: null,
            transaction_id: `3ds-${intent.id}`,
            version: '2.2.0',
          }
        : null,
      transaction_link_id: null,
      wallet: null,
    },
  };
};

const newCharge = (world: World, attempt: Attempt, card: TestCard): Charge => {
  const { intent, method, decline } = attempt;
  const paid = decline === undefined;
  const id = world.newId('ch_');
  return {
    id,
    object: 'charge',
    amount: intent.amount,
    amount_captured: paid ? intent.amount : 0,
    amount_refunded: 0,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: null,
    billing_details: method.billing_details,
    calculated_statement_descriptor: 'RAYMESH',
    captured: paid,
    created: world.now(),
    currency: intent.currency,
    customer: intent.customer,
    description: intent.description,
    disputed: false,
    failure_balance_transaction: null,
    failure_code: decline?.code ?? null,
    failure_message: decline?.message ?? null,
    fraud_details: {},
    livemode: world.livemode,
    metadata: { ...intent.metadata },
    on_behalf_of: null,
    outcome: outcomeOf(card, decline),
    paid,
    payment_intent: intent.id,
    payment_method: method.id,
    payment_method_details: detailsOf(attempt),
    receipt_email: intent.receipt_email,
    receipt_number: null,
    receipt_url: paid ? `${world.url}/receipts/${id}` : null,
    refunded: false,
    review: null,
    shipping: null,
    source: null,
    source_transfer: null,
    statement_descriptor: null,
    statement_descriptor_suffix: intent.statement_descriptor_suffix,
    status: paid ? 'succeeded' : 'failed',
    transfer_data: null,
    transfer_group: null,
  };
};

/** Books a charge in the balance; Stripe does so after `charge.succeeded`, and says `charge.updated`. */
export const bookCharge = (world: World, charge: Charge): void => {
  const { id, amount, currency, description } = charge;
  const transaction = moveBalance(world, {
    ...{ type: 'charge', category: 'charge' },
    ...{ amount, fee: chargeFee(amount), currency, source: id, description },
  });
  charge.balance_transaction = transaction.id;
  world.emit('charge.updated', charge);
};

/** Charges the card. Answers why it was refused, or undefined. */
export const chargeCard = (world: World, attempt: Attempt): CardError | undefined => {
  const { intent, method, decline } = attempt;
  const charge = newCharge(world, attempt, cardBehind(world, method.id));
  world.state.charges.set(charge.id, charge);
  intent.latest_charge = charge.id;
  if (decline !== undefined) {
    world.emit('charge.failed', charge);
    return { type: 'card_error', ...decline, charge: charge.id, payment_method: method };
  }
  world.emit('charge.succeeded', charge);
  return undefined;
};

/** What a test card brings about once its payment has succeeded. */
export const followPayment = (world: World, chargeId: string): void => {
  const charge = world.state.charges.get(chargeId);
  if (charge === undefined || charge.status !== 'succeeded') return;
  if (!world.state.holdsBalances) bookCharge(world, charge);
  const { after } = cardBehind(world, charge.payment_method ?? '');
  if (after === 'warning') warnOfFraud(world, charge, 'made_with_stolen_card');
  else if (after === 'inquiry') openDispute(world, charge, { reason: 'general', inquiry: true });
  else if (after !== undefined) openDispute(world, charge, { reason: after });
};
