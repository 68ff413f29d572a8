/**
 * The operator's sales and purchases of IO for USDC, which keep our position near where it should be. What is
 * sold is held before anybody is asked to buy it, so that no payout takes it meanwhile. Each is one of our
 * own transactions on chain, written down before it was sent. Pure.
 */
import { assert } from '../../core/assert.ts';
import type { Check, Update, Write } from '../../core/database.ts';
import type { Balance } from '../balance.ts';
import { type HeldUnits, moveHeld, openHeld } from '../held-credit.ts';
import { ownTransactionKey } from '../keys.ts';
import { writesOf } from '../posting.ts';
import { causeOf, type Leg, type Transfer } from '../transfer.ts';
import { ioHalf } from './deposit.ts';

/** IO that is reserved for one sale; base units. */
export interface SaleHold extends HeldUnits {
  readonly account: 'fx:io';
  readonly rebalancingId: string;
}

/** A sale or purchase that the chain has finalized. */
export interface RebalancingFact {
  readonly rebalancingId: string;
  readonly direction: 'sale' | 'purchase';
  /** Base units of IO that went or came; above 0. */
  readonly ioUnits: bigint;
  /** Micro-dollars of USDC that came or went; above 0. */
  readonly usdcUnits: bigint;
  readonly signature: string;
}

export type SaleDecision =
  | { readonly outcome: 'held'; readonly hold: SaleHold; readonly writes: Write[] }
  | { readonly outcome: 'position_short'; readonly available: bigint };

/** The id of a rebalancing's transfer in dollars, and of a sale's hold. */
export const rebalancingTransferId = (rebalancingId: string): string => `fx:${rebalancingId}`;

/** Holds the IO of a sale, or says what is there. Conditions: no such hold yet, available as needed. */
export const planSaleHold = (input: {
  readonly rebalancingId: string;
  readonly ioUnits: bigint;
  /** `fx:io` as read. */
  readonly position: Balance;
  readonly nowMs: number;
}): SaleDecision => {
  const { rebalancingId, ioUnits, position, nowMs } = input;
  assert(ioUnits > 0n, `${rebalancingId} sells nothing`);
  assert(!rebalancingId.includes(':'), `${rebalancingId} cannot name a transfer`);
  assert(position.account === 'fx:io', 'the position is another account');
  const { available } = position;
  if (available < ioUnits) return { outcome: 'position_short', available };
  const hold: SaleHold = {
    id: rebalancingTransferId(rebalancingId),
    account: 'fx:io',
    rebalancingId,
    amount: ioUnits,
    left: ioUnits,
    posted: 0n,
    released: 0n,
    state: 'open',
    version: 1,
    openedAtMs: nowMs,
  };
  const writes = writesOf({
    transfers: [],
    held: [{ account: 'fx:io', units: ioUnits }],
    others: [openHeld(hold)],
  });
  return { outcome: 'held', hold, writes };
};

/**
 * Posts a sale from its hold, or a purchase. Told again, the writes are refused by the transfers that are
 * there. Condition: the transaction was written down as this rebalancing's. A BugError for a sale of another
 * amount than was held, or whose hold was given back.
 */
export const planRebalancing = (
  fact: RebalancingFact,
  hold: SaleHold | undefined,
  nowMs: number,
): {
  readonly transfer: Transfer;
  readonly others: readonly Transfer[];
  readonly writes: Write[];
} => {
  const { rebalancingId, direction, ioUnits, usdcUnits, signature } = fact;
  assert(ioUnits > 0n && usdcUnits > 0n, `${rebalancingId} exchanges nothing`);
  assert((direction === 'sale') === (hold !== undefined), `${rebalancingId} and its hold differ`);
  const sign = direction === 'sale' ? 1n : -1n;
  const base = {
    cause: causeOf({ direction, io: ioUnits, usdc: usdcUnits, signature }),
    code: 'rebalancing' as const,
    atMs: nowMs,
  };
  const id = rebalancingTransferId(rebalancingId);
  const inUsd: readonly Leg[] = [
    { account: 'fx:usd', units: sign * usdcUnits },
    { account: 'ext:usdc', units: -sign * usdcUnits },
  ];
  const inIo: readonly Leg[] = [
    { account: 'fx:io', units: -sign * ioUnits },
    { account: 'ext:io', units: sign * ioUnits },
  ];
  const transfer: Transfer = { ...base, id, asset: 'usd', legs: inUsd, external: signature };
  const other: Transfer = { ...base, id: ioHalf(id), asset: 'io', legs: inIo };
  const own: Check = {
    kind: 'check',
    table: 'ledger',
    key: ownTransactionKey(signature),
    condition: { equals: { purpose: 'rebalancing', subject_id: rebalancingId } },
  };
  const writes = writesOf({
    transfers: [transfer, other],
    held: hold ? [{ account: 'fx:io', units: -ioUnits }] : [],
    others: [own, ...(hold ? [postHold(hold, ioUnits)] : [])],
  });
  return { transfer, others: [other], writes };
};

/** Gives back the IO of a sale that will not be made. A BugError when it was posted. */
export const planSaleVoid = (hold: SaleHold): Write[] => {
  const { left } = hold;
  assert(hold.state === 'open', `${hold.id} is ${hold.state} and cannot be given back`);
  return writesOf({
    transfers: [],
    held: [{ account: 'fx:io', units: -left }],
    others: [moveHeld(hold, { ...hold, left: 0n, released: left, state: 'void' })],
  });
};

const postHold = (hold: SaleHold, ioUnits: bigint): Update => {
  assert(hold.state !== 'void', `${hold.id} was sold after it was given back`);
  assert(hold.amount === ioUnits, `${hold.id} sold another amount than was held`);
  return moveHeld(hold, { ...hold, left: 0n, posted: ioUnits, state: 'closed' });
};
