/**
 * Reads of what the ledger keeps of card payments: what may still be refunded of each, and the holds of
 * refunds. Strongly consistent; what was read is held to the same invariants as what is written.
 */
import * as z from 'zod';
import { present } from '../core/assert.ts';
import type { Database, Item } from '../core/database.ts';
import { units, wholeNumber } from '../core/field.ts';
import { assertPayment, type CardPayment } from './card-payment.ts';
import { type RefundHold, refundTransferId } from './card-refund.ts';
import { assertHold } from './held-credit.ts';
import { heldAttributes, heldOf } from './held-store.ts';
import { holdKey, paymentKey } from './keys.ts';

const storedPayment = z.object({
  pk: z.string().startsWith('PI#'),
  organisation: z.string(),
  amount: units,
  refunded: units,
  refunded_by_others: units,
  disputed: z.boolean(),
  refundable: units,
  v: wholeNumber,
});

/** The payment in a `PI#` item. */
export const parsePayment = (item: Item): CardPayment => {
  const row = storedPayment.parse(item);
  const payment: CardPayment = {
    paymentId: row.pk.slice('PI#'.length),
    organisation: row.organisation,
    amount: row.amount,
    refunded: row.refunded,
    refundedByOthers: row.refunded_by_others,
    disputed: row.disputed,
    refundable: row.refundable,
    version: row.v,
  };
  assertPayment(payment);
  return payment;
};

const storedRefundHold = z.object({
  ...heldAttributes,
  pk: z.string().startsWith('P#refund:'),
  account: z.templateLiteral(['cust:', z.string()]),
  payment_id: z.string(),
});

/** The hold in a `P#refund:` item. */
export const parseRefundHold = (item: Item): RefundHold => {
  const row = storedRefundHold.parse(item);
  const hold: RefundHold = {
    ...heldOf(row),
    refundId: row.pk.slice('P#refund:'.length),
    paymentId: row.payment_id,
    account: row.account,
    organisation: row.account.slice('cust:'.length),
  };
  assertHold(hold);
  return hold;
};

/** What the ledger knows of a payment, by the provider's id of it. */
export const getPayment = async (
  database: Database,
  paymentId: string,
): Promise<CardPayment | undefined> => {
  const item = await database.get('ledger', paymentKey(paymentId));
  return item && parsePayment(item);
};

/** The hold of a refund that we started, by our own id of it. */
export const getRefundHold = async (
  database: Database,
  refundId: string,
): Promise<RefundHold | undefined> => {
  const item = await database.get('ledger', holdKey(refundTransferId(refundId)));
  return item && parseRefundHold(item);
};

/** A refund's hold and its payment at one instant; undefined when nothing is held under this id. */
export const getRefund = async (
  database: Database,
  refundId: string,
): Promise<{ readonly hold: RefundHold; readonly payment: CardPayment } | undefined> => {
  const known = await getRefundHold(database, refundId);
  if (!known) return undefined;
  const keys = [holdKey(known.id), paymentKey(known.paymentId)];
  const [hold, payment] = await database.getTogether('ledger', keys);
  return {
    hold: parseRefundHold(present(hold, `${known.id} vanished`)),
    payment: parsePayment(present(payment, `payment ${known.paymentId} vanished`)),
  };
};
