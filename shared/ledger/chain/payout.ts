/**
 * A payout that the chain has finalized, posted from its holds: whole, once, by one transaction. Invariant:
 * what left for the recipient is what was held less our fee, to the unit, in the asset that left. Pure.
 */
import { assert } from '../../core/assert.ts';
import type { Write } from '../../core/database.ts';
import { ioDetailOf } from '../io-price.ts';
import { writesOf } from '../posting.ts';
import { causeOf, mergeLegs, type Transfer } from '../transfer.ts';
import {
  moveIoHold,
  movePayoutHold,
  type PayoutHolds,
  payoutIoId,
  payoutTransferId,
} from './payout-hold.ts';

export interface PayoutPlan {
  readonly transfer: Transfer;
  /** The IO half of earnings that were paid in IO. */
  readonly others: readonly Transfer[];
  readonly writes: Write[];
}

/** What the chain did for one payout, finalized. */
export interface PayoutFact {
  readonly payoutId: string;
  readonly signature: string;
  /** What reached the recipient by the change of the token account: micro-dollars, or base units of IO. */
  readonly units: bigint;
}

/**
 * Posts a finalized payout from its holds. Told again, the writes are refused by the transfer that is
 * there. A BugError when another amount arrived than was held, or when the holds were given back.
 */
export const planPayout = (
  fact: PayoutFact,
  { hold, ioHold }: PayoutHolds,
  nowMs: number,
): PayoutPlan => {
  const { payoutId, signature, units } = fact;
  const { source, token, amount, feeUnits, account } = hold;
  assert(hold.payoutId === payoutId, `${hold.id} is of another payout`);
  assert(hold.state !== 'void', `${hold.id} was paid out after it was given back`);
  const base = { cause: causeOf({ payout: payoutId, token, signature, units }), atMs: nowMs };
  const id = payoutTransferId(payoutId);
  const named = { ...base, id, external: `${signature}:${payoutId}` };
  const held = [{ account, units: -amount }];
  const closed = movePayoutHold(hold, { ...hold, left: 0n, posted: amount, state: 'closed' });
  if (source === 'rewards') {
    assert(units === amount, `${hold.id} paid ${units}, not its amount`);
    assert(ioHold === undefined, `${hold.id} holds IO of ours`);
    const transfer: Transfer = {
      ...named,
      asset: 'io',
      code: 'reward_payout',
      legs: [
        { account, units: -amount },
        { account: 'ext:io', units },
      ],
    };
    return {
      transfer,
      others: [],
      writes: writesOf({ transfers: [transfer], held, others: [closed] }),
    };
  }
  if (token === 'usdc') {
    assert(units === amount - feeUnits, `${hold.id} paid ${units}, not its amount less the fee`);
    const transfer: Transfer = {
      ...named,
      asset: 'usd',
      code: 'usdc_payout',
      legs: mergeLegs([
        { account, units: -amount },
        { account: 'ext:usdc', units },
        { account: 'rev:payout_fee', units: feeUnits },
      ]),
    };
    const writes = writesOf({ transfers: [transfer], held, others: [closed] });
    return { transfer, others: [], writes };
  }
  assert(ioHold && ioHold.payoutId === payoutId, `${hold.id} holds no IO`);
  assert(ioHold.state !== 'void', `${ioHold.id} was paid out after it was given back`);
  const reserved = ioHold.state === 'open' ? ioHold.left : ioHold.posted;
  assert(units === reserved, `${ioHold.id} paid ${units}, not ${reserved}`);
  const io = ioDetailOf(units, ioHold.price);
  const transfer: Transfer = {
    ...named,
    asset: 'usd',
    code: 'io_payout',
    legs: [
      { account, units: -amount },
      { account: 'fx:usd', units: amount },
    ],
    io,
  };
  const other: Transfer = {
    ...base,
    id: payoutIoId(payoutId),
    asset: 'io',
    code: 'io_payout',
    legs: [
      { account: 'fx:io', units: -units },
      { account: 'ext:io', units },
    ],
    io,
  };
  const next = { ...ioHold, left: 0n, posted: units, state: 'closed' as const };
  const writes = writesOf({
    transfers: [transfer, other],
    held: [...held, { account: 'fx:io', units: -units }],
    others: [closed, moveIoHold(ioHold, next)],
  });
  return { transfer, others: [other], writes };
};
