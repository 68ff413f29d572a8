/**
 * The oracle: what really happened, added up from charges, refunds and disputes (never from balance
 * transactions, which are compared with it). Amounts are cents.
 */
import { chargeFee, disputeFee } from './balance.ts';
import type { Charge } from './objects.ts';
import type { World } from './world.ts';

/** Whose payments are added up; everybody's unless told. */
export interface TotalsQuery {
  readonly currency?: string;
  readonly customer?: string;
  /** Of the payment intent: each key must have this value. */
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface PaymentTotals {
  readonly paymentIntent: string;
  readonly captured: number;
  /** Without what came back from refunds that failed. */
  readonly refunded: number;
  /** Taken by disputes and not given back. */
  readonly disputed: number;
  /** Of the charge and of its disputes. */
  readonly fees: number;
}

export interface Totals extends Omit<PaymentTotals, 'paymentIntent'> {
  /** What all of it left in the balance. */
  readonly net: number;
  readonly payments: readonly PaymentTotals[];
}

const sum = (amounts: readonly number[]): number =>
  amounts.reduce((total, each) => total + each, 0);

const totalsOf = (world: World, charge: Charge): PaymentTotals => {
  const refunds = [...world.state.refunds.values()].filter(
    (refund) => refund.charge === charge.id && refund.status !== 'failed',
  );
  const disputes = [...world.state.disputes.values()].filter(
    (dispute) => dispute.charge === charge.id && dispute.balance_transactions.length > 0,
  );
  const booked = charge.balance_transaction !== null;
  return {
    paymentIntent: charge.payment_intent ?? '',
    captured: charge.amount_captured,
    refunded: sum(refunds.map(({ amount }) => amount)),
    disputed: sum(disputes.filter(({ status }) => status !== 'won').map(({ amount }) => amount)),
    fees: (booked ? chargeFee(charge.amount) : 0) + disputes.length * disputeFee,
  };
};

/** Adds up. */
export const totals = (world: World, query: TotalsQuery = {}): Totals => {
  const { currency = 'usd', customer, metadata = {} } = query;
  const charges = [...world.state.charges.values()].filter((charge) => {
    const intent = world.state.paymentIntents.get(charge.payment_intent ?? '');
    return (
      charge.status === 'succeeded' &&
      charge.currency === currency &&
      (customer === undefined || charge.customer === customer) &&
      Object.entries(metadata).every(([key, value]) => intent?.metadata[key] === value)
    );
  });
  const payments = charges.map((charge) => totalsOf(world, charge));
  const captured = sum(payments.map((each) => each.captured));
  const refunded = sum(payments.map((each) => each.refunded));
  const disputed = sum(payments.map((each) => each.disputed));
  const fees = sum(payments.map((each) => each.fees));
  return {
    captured,
    refunded,
    disputed,
    fees,
    net: captured - refunded - disputed - fees,
    payments,
  };
};
