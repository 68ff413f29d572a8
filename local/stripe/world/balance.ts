/**
 * Stripe's balance: what each charge, refund and dispute moved, and what Stripe took for it. Fees are
 * those of its United States price list: 2.9 % and 30 cents of a charge, 15 dollars for a dispute,
 * not given back when it is won or when the charge is refunded.
 */
import type { BalanceTransaction } from './objects.ts';
import type { World } from './world.ts';

/** Cents. */
export const disputeFee = 1500;

/** Of a charge, in cents, rounded half up. */
export const chargeFee = (amount: number): number => Math.floor((amount * 29 + 500) / 1000) + 30;

const availableAfterSeconds = 2 * 86_400;

export interface Movement {
  readonly type: 'adjustment' | 'charge' | 'refund' | 'refund_failure';
  readonly category: 'charge' | 'dispute' | 'dispute_reversal' | 'refund' | 'refund_failure';
  /** Cents, negative when it leaves. */
  readonly amount: number;
  readonly fee: number;
  readonly currency: string;
  readonly source: string;
  readonly description: string | null;
}

/** Records a movement; what comes in is available two days later, what leaves at once. */
export const moveBalance = (world: World, movement: Movement): BalanceTransaction => {
  const { type, category, amount, fee, currency, source, description } = movement;
  const created = world.now();
  const taken = {
    amount: fee,
    application: null,
    currency,
    description: category === 'dispute' ? 'Dispute fee' : 'Stripe processing fees',
    type: 'stripe_fee',
  };
  const transaction: BalanceTransaction = {
    id: world.newId('txn_'),
    object: 'balance_transaction',
    amount,
    available_on: category === 'charge' ? created + availableAfterSeconds : created,
    balance_type: 'payments',
    created,
    currency,
    description,
    exchange_rate: null,
    fee,
    fee_details: fee === 0 ? [] : [taken],
    net: amount - fee,
    reporting_category: category,
    source,
    status: category === 'charge' ? 'pending' : 'available',
    type,
  };
  world.state.balanceTransactions.set(transaction.id, transaction);
  return transaction;
};

/** The transaction as it is now: what was pending may have become available. */
export const currentTransaction = (
  world: World,
  transaction: BalanceTransaction,
): BalanceTransaction => ({
  ...transaction,
  status: transaction.available_on <= world.now() ? 'available' : 'pending',
});

/** What Stripe holds now, by currency: what is available and what will be. */
export const balanceOf = (world: World) => {
  const sums = { available: new Map<string, number>(), pending: new Map<string, number>() };
  for (const transaction of world.state.balanceTransactions.values()) {
    const { status, currency, net } = currentTransaction(world, transaction);
    const sum = status === 'available' ? sums.available : sums.pending;
    sum.set(currency, (sum.get(currency) ?? 0) + net);
  }
  const amounts = (sum: ReadonlyMap<string, number>) =>
    [...sum].map(([currency, amount]) => ({ amount, currency, source_types: { card: amount } }));
  return {
    object: 'balance' as const,
    available: amounts(sums.available),
    pending: amounts(sums.pending),
    livemode: world.livemode,
  };
};
