/**
 * What is held for a payout. Of matured earnings: its dollars from when it is asked for, and for one in IO
 * the IO as well, at a price that may be renewed until it is sent. Of rewards: the supplier's own IO, which
 * needs no price. Invariants: no payout holds what is not there, in any account; a hold of our IO never
 * outlives that of the dollars. Pure.
 */
import { assert } from '../../core/assert.ts';
import type { Token } from '../../core/chain.ts';
import type { Check, Update, Write } from '../../core/database.ts';
import { mulDivCeil } from '../../core/money.ts';
import {
  type HeldAccount,
  type SupplierAccount,
  type SupplierIoAccount,
  supplierAccount,
  supplierIoAccount,
} from '../account.ts';
import type { Balance } from '../balance.ts';
import { type HeldUnits, moveHeld, openAsRead, openHeld } from '../held-credit.ts';
import { type IoPrice, ioOfMicros } from '../io-price.ts';
import { holdKey } from '../keys.ts';
import { writesOf } from '../posting.ts';
import { ioHalf } from './deposit.ts';

/** The fee of a payout in USDC, in hundredths of a percent; IO has none. */
const payoutFeeBps = 200n;
const bpsOfWhole = 10_000n;

/** What a payout pays out: matured earnings, in dollars, or rewards, in IO. */
export const payoutSources = ['earnings', 'rewards'] as const;
export type PayoutSource = (typeof payoutSources)[number];

/** What is reserved of a supplier for one payout: base units of its source's asset. */
export interface PayoutHold extends HeldUnits {
  readonly account: SupplierAccount | SupplierIoAccount;
  readonly organisation: string;
  readonly payoutId: string;
  readonly source: PayoutSource;
  /** Rewards are paid in IO alone. */
  readonly token: Token;
  /** Our fee within `amount`; rewards have none. */
  readonly feeUnits: bigint;
}

/** Our IO that is reserved for one payout, at the last price; `left` is what it takes while it is open. */
export interface PayoutIoHold extends HeldUnits {
  readonly account: 'fx:io';
  readonly payoutId: string;
  readonly price: IoPrice;
}

/** The holds of a payout as read; of our IO only where earnings are paid in IO. */
export interface PayoutHolds {
  readonly hold: PayoutHold;
  readonly ioHold: PayoutIoHold | undefined;
}

export interface PayoutRequest {
  readonly payoutId: string;
  readonly organisation: string;
  readonly source: PayoutSource;
  readonly token: Token;
  /** Base units of the source's asset, above 0, our fee included. */
  readonly units: bigint;
}

/** Our position in IO is short; base units. */
export interface IoUnavailable {
  readonly outcome: 'payout_asset_unavailable';
  readonly needed: bigint;
  readonly available: bigint;
}

export type PayoutIoDecision =
  | { readonly outcome: 'held'; readonly ioHold: PayoutIoHold; readonly writes: Write[] }
  | IoUnavailable;

export type PayoutReserveDecision =
  | ({ readonly outcome: 'held'; readonly writes: Write[] } & PayoutHolds)
  /** The source is short; base units of its asset. */
  | { readonly outcome: 'balance_short'; readonly available: bigint }
  | IoUnavailable;

/** A price to hold IO at, and `fx:io` as read. */
export interface IoSource {
  readonly price: IoPrice;
  readonly position: Balance;
}

/** The id of a payout's transfer and of its hold. */
export const payoutTransferId = (payoutId: string): string => `pay:${payoutId}`;
export const payoutIoId = (payoutId: string): string => ioHalf(payoutTransferId(payoutId));

/** The account that a payout is made from. */
export const payoutAccount = (
  source: PayoutSource,
  organisation: string,
): SupplierAccount | SupplierIoAccount =>
  source === 'earnings' ? supplierAccount(organisation) : supplierIoAccount(organisation);

/** The fee of a payout of these micro-dollars: rounded up, never above the amount; none for IO. */
export const payoutFee = (token: Token, units: bigint): bigint =>
  token === 'io' ? 0n : mulDivCeil(units, payoutFeeBps, bpsOfWhole);

/**
 * Holds what a payout takes from its source, and with `io` our IO for it as well, or says what is missing. Conditions: no such
 * hold yet, available as needed. Answers writes only: the payout's own item belongs into their transaction.
 */
export const planPayoutReserve = (
  request: PayoutRequest & {
    /** The account of the source, as read. */
    readonly supplier: Balance;
    /** Only of earnings paid in IO; without it the IO is held later, by `planPayoutIoReserve`. */
    readonly io?: IoSource | undefined;
    readonly nowMs: number;
  },
): PayoutReserveDecision => {
  const { payoutId, organisation, source, token, units, supplier, nowMs } = request;
  const account = payoutAccount(source, organisation);
  assert(units > 0n, `${payoutId} pays nothing`);
  assert(source === 'earnings' || token === 'io', `${payoutId} pays rewards in ${token}`);
  assert(!payoutId.includes(':'), `${payoutId} cannot name a transfer`);
  assert(supplier.account === account, 'the balance of somebody else');
  const { available } = supplier;
  if (available < units) return { outcome: 'balance_short', available };
  const hold: PayoutHold = {
    id: payoutTransferId(payoutId),
    account,
    organisation,
    payoutId,
    source,
    token,
    feeUnits: payoutFee(token, units),
    amount: units,
    left: units,
    posted: 0n,
    released: 0n,
    state: 'open',
    version: 1,
    openedAtMs: nowMs,
  };
  const attributes = { organisation, source, token, fee_units: hold.feeUnits };
  const writes = writesOf({
    transfers: [],
    held: [{ account, units }],
    others: [openHeld(hold, attributes)],
  });
  if (!request.io) return { outcome: 'held', hold, ioHold: undefined, writes };
  const decision = reserveIo({ ...request.io, hold, ioHold: undefined, nowMs });
  if (decision.outcome !== 'held') return decision;
  const { ioHold } = decision;
  return { outcome: 'held', hold, ioHold, writes: [...writes, ...decision.writes] };
};

/**
 * Holds the IO of a payout at this price, or moves what is held to it; says what is missing. Conditions: the
 * holds as read, available as needed. Nothing to write when it is held at this price already.
 */
export const planPayoutIoReserve = (input: IoReserve): PayoutIoDecision => {
  const decision = reserveIo(input);
  if (decision.outcome !== 'held' || decision.writes.length === 0) return decision;
  return { ...decision, writes: [...decision.writes, stillOpen(input.hold)] };
};

interface IoReserve extends IoSource {
  /** Open, of earnings that are paid in IO. */
  readonly hold: PayoutHold;
  /** What was held for it before, also when it was released. */
  readonly ioHold: PayoutIoHold | undefined;
  readonly nowMs: number;
}

const reserveIo = (input: IoReserve): PayoutIoDecision => {
  const { hold, ioHold, price, position, nowMs } = input;
  const { payoutId } = hold;
  const needsIo = hold.state === 'open' && hold.source === 'earnings' && hold.token === 'io';
  assert(needsIo, `${hold.id} needs no IO of ours`);
  assert(position.account === 'fx:io', 'the position is another account');
  const needed = ioOfMicros(hold.amount, price);
  assert(needed > 0n, `${hold.id} is worth no IO`);
  const left = ioHold?.left ?? 0n;
  if (ioHold?.state === 'open' && ioHold.price.id === price.id && left === needed) {
    return { outcome: 'held', ioHold, writes: [] };
  }
  const { available } = position;
  if (needed - left > available) {
    return { outcome: 'payout_asset_unavailable', needed, available: available + left };
  }
  const next: PayoutIoHold = {
    id: payoutIoId(payoutId),
    account: 'fx:io',
    payoutId,
    price,
    // What was held before counts as released: each price is a hold of its own on the same item.
    amount: (ioHold?.amount ?? 0n) + needed,
    left: needed,
    posted: 0n,
    released: (ioHold?.released ?? 0n) + left,
    state: 'open',
    version: (ioHold?.version ?? 0) + 1,
    openedAtMs: ioHold?.openedAtMs ?? nowMs,
  };
  const write = ioHold ? moveIoHold(ioHold, next) : openHeld(next, pricedAt(price));
  const writes = writesOf({
    transfers: [],
    held: heldBy('fx:io', needed - left),
    others: [write],
  });
  return { outcome: 'held', ioHold: next, writes };
};

/** Gives back the IO of a payout that goes on waiting, for its price is over. Condition: as read. */
export const planPayoutIoRelease = (ioHold: PayoutIoHold): Write[] => {
  assert(ioHold.state === 'open', `${ioHold.id} is ${ioHold.state}`);
  return writesOf({
    transfers: [],
    held: heldBy('fx:io', -ioHold.left),
    others: [moveIoHold(ioHold, releasedWhole(ioHold))],
  });
};

/** Gives back what is held for a payout that will not be made. A BugError when it was posted. */
export const planPayoutVoid = ({ hold, ioHold }: PayoutHolds): Write[] => {
  assert(hold.state === 'open', `${hold.id} is ${hold.state} and cannot be given back`);
  const openIo = ioHold?.state === 'open' ? ioHold : undefined;
  return writesOf({
    transfers: [],
    held: [...heldBy(hold.account, -hold.left), ...heldBy('fx:io', -(openIo?.left ?? 0n))],
    others: [
      movePayoutHold(hold, releasedWhole(hold)),
      ...(openIo ? [moveIoHold(openIo, releasedWhole(openIo))] : []),
    ],
  });
};

const heldBy = (account: HeldAccount, units: bigint) => (units === 0n ? [] : [{ account, units }]);

const releasedWhole = <Held extends HeldUnits>(hold: Held): Held => ({
  ...hold,
  left: 0n,
  released: hold.released + hold.left,
  state: 'void',
});

/** Moves the source's hold from what was read to what it becomes. */
export const movePayoutHold = (asRead: PayoutHold, next: PayoutHold): Update =>
  moveHeld(asRead, next);

/** Unlike other holds it may come back from void, when a payout that waited gets a new price. */
export const moveIoHold = (asRead: PayoutIoHold, next: PayoutIoHold): Update => ({
  ...moveHeld(asRead, next, pricedAt(next.price)),
  condition: { equals: { v: asRead.version, state: asRead.state } },
});

/** A hold of IO is only moved while its dollars are held. */
const stillOpen = (hold: PayoutHold): Check => ({
  kind: 'check',
  table: 'ledger',
  key: holdKey(hold.id),
  condition: openAsRead(hold),
});

const pricedAt = (price: IoPrice) => ({
  price_id: price.id,
  nano_usd_per_io: price.nanoUsdPerIo,
  price_at_ms: price.atMs,
});
