/**
 * The invariants of card money over everything that the ledger holds: what may still be refunded follows
 * from the transfers, no refund is without its hold, no dispute is won before it was opened, and the
 * stamps that decide the class of a hold are those of the payments (I7, I19). Pure.
 */
import { customerAccount, debtAccount, readAccount } from './account.ts';
import type { Balance } from './balance.ts';
import { type CardPayment, refundableUnits } from './card-payment.ts';
import { type RefundHold, refundFailureId, refundTransferId } from './card-refund.ts';
import { type Transfer, type TransferCode, unitsOn } from './transfer.ts';

interface Contents {
  readonly transfers: readonly Transfer[];
  readonly balances: readonly Balance[];
  readonly refundHolds: readonly RefundHold[];
  readonly payments: readonly CardPayment[];
}

/** Everything about cards that is broken. */
export const checkCards = (contents: Contents): readonly string[] => {
  const byId = new Map(contents.transfers.map((transfer) => [transfer.id, transfer]));
  return [
    ...checkPayments(contents),
    ...contents.refundHolds.flatMap((hold) => checkRefund(hold, byId)),
    ...contents.transfers.flatMap((transfer) => checkTransfer(transfer, byId, contents)),
    ...checkStamps(contents),
  ];
};

/** What the transfers and open holds say of each payment is what its item says. */
const checkPayments = ({ transfers, refundHolds, payments }: Contents): readonly string[] => {
  const broken: string[] = [];
  const transfersOf = new Map<string, Transfer[]>();
  for (const transfer of transfers) {
    if (!transfer.card) continue;
    const { paymentId } = transfer.card;
    transfersOf.set(paymentId, [...(transfersOf.get(paymentId) ?? []), transfer]);
  }
  for (const payment of payments) {
    const { paymentId, organisation } = payment;
    const mine = transfersOf.get(paymentId) ?? [];
    transfersOf.delete(paymentId);
    const sum = (code: TransferCode) =>
      mine
        .filter((transfer) => transfer.code === code)
        .reduce((total, transfer) => total + unitsOn(transfer, 'ext:stripe'), 0n);
    const open = refundHolds
      .filter((hold) => hold.paymentId === paymentId)
      .reduce((total, { left }) => total + left, 0n);
    const expected = {
      amount: mine
        .filter(({ code }) => code === 'top_up')
        .reduce((total, transfer) => total + creditIn(transfer, organisation), 0n),
      refunded: sum('card_refund') + sum('card_refund_failed') + open,
      refundedByOthers: sum('foreign_refund') + sum('foreign_refund_failed'),
      disputed: mine.some(({ code }) => code === 'dispute'),
    };
    const has = { ...expected, refundable: refundableUnits(expected) };
    for (const name of Object.keys(has) as (keyof typeof has)[]) {
      if (payment[name] !== has[name]) {
        broken.push(
          `PI: ${paymentId} has ${name} ${payment[name]}, its transfers say ${has[name]}`,
        );
      }
    }
    if (payment.refunded > payment.amount) broken.push(`PI: ${paymentId} is refunded beyond it`);
    for (const { id, legs } of mine) {
      const owners = legs.flatMap(({ account }) => readAccount(account).organisation ?? []);
      if (owners.some((owner) => owner !== organisation)) broken.push(`PI: ${id} is of another`);
    }
  }
  return [...broken, ...[...transfersOf.keys()].map((id) => `PI: no payment ${id}`)];
};

/** What a transfer gave an organisation, the part that paid its debt included. */
const creditIn = (transfer: Transfer, organisation: string): bigint =>
  unitsOn(transfer, customerAccount(organisation)) + unitsOn(transfer, debtAccount(organisation));

/** A hold is posted by its own transfer, whole, or not at all. */
const checkRefund = (hold: RefundHold, byId: ReadonlyMap<string, Transfer>): readonly string[] => {
  const transfer = byId.get(refundTransferId(hold.refundId));
  const taken = transfer ? -unitsOn(transfer, hold.account) : 0n;
  const expected = hold.state === 'closed' ? hold.amount : 0n;
  if (taken === expected && hold.posted === expected) return [];
  return [`refund: ${hold.id} is ${hold.state} with ${hold.posted} posted, its transfer ${taken}`];
};

const checkTransfer = (
  transfer: Transfer,
  byId: ReadonlyMap<string, Transfer>,
  { refundHolds }: Contents,
): readonly string[] => {
  const { id, code } = transfer;
  const reverses = (earlier: string): readonly string[] => {
    const first = byId.get(earlier);
    const units = first && unitsOn(first, 'ext:stripe');
    if (units === -unitsOn(transfer, 'ext:stripe')) return [];
    return [`card: ${id} gives back what ${earlier} did not take`];
  };
  switch (code) {
    case 'top_up':
    case 'card_refund':
    case 'foreign_refund':
    case 'dispute': {
      const broken = transfer.external === undefined ? [`I7: ${id} names no outside fact`] : [];
      if (code !== 'card_refund') return broken;
      const held = refundHolds.some((hold) => refundTransferId(hold.refundId) === id);
      return held ? broken : [...broken, `refund: ${id} has no hold`];
    }
    case 'dispute_won':
      return reverses(id.replace(/:won$/, ':open'));
    case 'foreign_refund_failed':
      return reverses(id.replace(/:failed$/, ''));
    case 'card_refund_failed': {
      const hold = refundHolds.find(({ refundId }) => refundFailureId(refundId) === id);
      return hold ? reverses(refundTransferId(hold.refundId)) : [`refund: ${id} has no hold`];
    }
    default:
      return [];
  }
};

/** I19: the last payments that a customer's item names are those of its transfers. */
const checkStamps = ({ transfers, balances }: Contents): readonly string[] => {
  const last = new Map<string, number>();
  const note = (name: string, atMs: number) => last.set(name, Math.max(atMs, last.get(name) ?? 0));
  for (const { code, legs, atMs, card } of transfers) {
    if (code !== 'grant' && code !== 'top_up') continue;
    for (const { account } of legs) {
      const { organisation } = readAccount(account);
      if (organisation === undefined) continue;
      if (code === 'grant') note(`${organisation} grantedAtMs`, atMs);
      else note(`${organisation} ${card?.liabilityShifted ? 'cardShiftAtMs' : 'cardAtMs'}`, atMs);
    }
  }
  const names = ['grantedAtMs', 'cardAtMs', 'cardShiftAtMs'] as const;
  return balances.flatMap((balance) => {
    const { kind, organisation } = readAccount(balance.account);
    if (kind !== 'credit') return [];
    return names.flatMap((name) => {
      const expected = last.get(`${organisation} ${name}`);
      if (balance[name] === expected) return [];
      return [`I19: ${balance.account} has ${name} ${balance[name]}, not ${expected}`];
    });
  });
};
