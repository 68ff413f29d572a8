/**
 * A request to be paid on Solana: a reference that a wallet puts into its transaction, a memo for those that
 * cannot, and for IO a price that holds until the request expires, unless it is to be staked: then no price is
 * needed. All that arrives is credited, too much, too little or too late; the request only says how the two compare. Where it stands follows from what was
 * credited and the time, so nothing has to move it. Pure.
 */
import { assert } from '../../core/assert.ts';
import { encodeBase58 } from '../../core/base58.ts';
import type { Token } from '../../core/chain.ts';
import { sha256Hex } from '../../core/hash.ts';
import type { Id } from '../../core/ids.ts';
import { minuteMs } from '../../core/time.ts';
import type { PriceLock } from '../prices/price-lock.ts';

export const depositStatuses = ['open', 'seen', 'partial', 'paid', 'late', 'expired'] as const;
export type DepositStatus = (typeof depositStatuses)[number];

/** A payment that was credited for a request. */
export interface DepositPayment {
  /** Of the transaction. */
  readonly signature: string;
  /** Base units of the token. */
  readonly units: bigint;
  /** Micro-dollars. */
  readonly creditUnits: bigint;
  readonly feeUnits: bigint;
  /** Base units of IO that were staked. */
  readonly stakedUnits: bigint;
  /** When its block was made. */
  readonly atMs: number;
}

/** A payment that a node has confirmed and that may still be undone. */
export interface SeenPayment {
  readonly signature: string;
  readonly units: bigint;
  /** Believed until then, unless it is seen again. */
  readonly untilMs: number;
}

export interface DepositRequest {
  readonly id: Id<'dep'>;
  readonly organisation: string;
  readonly token: Token;
  /** Base units of the token that are asked for; null: any. */
  readonly expectedUnits: bigint | null;
  /** A key in base58 that follows from the id and that nobody can sign for. */
  readonly reference: string;
  /** Where it is to be paid: the treasury's wallet, and the token's mint. */
  readonly payTo: { readonly wallet: string; readonly mint: string };
  /** The device that IO is to be staked on; null: it is to be credit. */
  readonly stakeDeviceId: Id<'dev'> | null;
  /** The price that was promised; null: of USDC, which counts at par, and of what is staked. */
  readonly lock: PriceLock | null;
  /** Base units of IO that were attributed to the lock. */
  readonly lockUsedUnits: bigint;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  /** Sums of all payments, also of those that are not listed any more. */
  readonly receivedUnits: bigint;
  readonly creditUnits: bigint;
  readonly feeUnits: bigint;
  readonly stakedUnits: bigint;
  /** Of these, what came after the end. */
  readonly lateUnits: bigint;
  /** The newest payments, oldest first. */
  readonly payments: readonly DepositPayment[];
  readonly seen: SeenPayment | null;
  readonly version: number;
}

/** How long a request without a price is open, one with a price as long as that; references work for ever. */
const unpricedOpenMs = 60 * minuteMs;
/** A confirmed payment that is not seen again for so long has been undone. */
export const seenMs = 3 * minuteMs;
const paymentsMax = 20;

/** The same for one id always, so that a creation that is resumed makes the same request. */
const referenceOf = (requestId: string): string =>
  encodeBase58(Buffer.from(sha256Hex(`deposit reference ${requestId}`), 'hex'));

export const newDepositRequest = (
  order: Pick<
    DepositRequest,
    | ('id' | 'organisation' | 'token' | 'expectedUnits')
    | ('payTo' | 'stakeDeviceId' | 'lock' | 'createdAtMs')
  >,
): DepositRequest => {
  const isPriced = order.token === 'io' && order.stakeDeviceId === null;
  assert((order.lock !== null) === isPriced, 'a price is of IO that becomes credit, alone');
  assert(order.stakeDeviceId === null || order.token === 'io', 'IO alone is staked');
  assert(order.expectedUnits === null || order.expectedUnits > 0n, 'a request for nothing');
  return {
    ...order,
    reference: referenceOf(order.id),
    lockUsedUnits: 0n,
    expiresAtMs: order.lock?.expiresAtMs ?? order.createdAtMs + unpricedOpenMs,
    receivedUnits: 0n,
    creditUnits: 0n,
    feeUnits: 0n,
    stakedUnits: 0n,
    lateUnits: 0n,
    payments: [],
    seen: null,
    version: 1,
  };
};

/** The request with so much more of its price used up; what is attributed at once uses it once. */
export const useLock = (request: DepositRequest, units: bigint): DepositRequest => ({
  ...request,
  lockUsedUnits: request.lockUsedUnits + units,
  version: request.version + 1,
});

/** The request with a payment more. Call once for each: the caller's write sees to that. */
export const addPayment = (request: DepositRequest, payment: DepositPayment): DepositRequest => {
  assert(payment.units > 0n && payment.creditUnits >= 0n && payment.feeUnits >= 0n, 'no payment');
  assert(payment.stakedUnits >= 0n && payment.stakedUnits <= payment.units, 'no stake');
  const isLate = payment.atMs >= request.expiresAtMs;
  return {
    ...request,
    receivedUnits: request.receivedUnits + payment.units,
    creditUnits: request.creditUnits + payment.creditUnits,
    feeUnits: request.feeUnits + payment.feeUnits,
    stakedUnits: request.stakedUnits + payment.stakedUnits,
    lateUnits: request.lateUnits + (isLate ? payment.units : 0n),
    payments: [...request.payments, payment].slice(-paymentsMax),
    seen: request.seen?.signature === payment.signature ? null : request.seen,
    version: request.version + 1,
  };
};

/** The request with a confirmed payment; undefined when that is no news. */
export const seePayment = (
  request: DepositRequest,
  payment: Pick<SeenPayment, 'signature' | 'units'>,
  nowMs: number,
): DepositRequest | undefined => {
  const { signature, units } = payment;
  if (request.payments.some((each) => each.signature === signature)) return undefined;
  const { seen } = request;
  // Renewed before it ends, not with every look.
  if (seen?.signature === signature && seen.untilMs - nowMs > seenMs / 2) return undefined;
  const renewed = { signature, units, untilMs: nowMs + seenMs };
  return { ...request, seen: renewed, version: request.version + 1 };
};

/** Where the request stands. What came is told before what is still under way. */
export const statusOf = (request: DepositRequest, nowMs: number): DepositStatus => {
  const { expectedUnits, receivedUnits, lateUnits, seen, expiresAtMs } = request;
  const wanted = expectedUnits ?? 1n;
  // In time is what was complete before the end; more that comes later does not change that.
  if (receivedUnits - lateUnits >= wanted) return 'paid';
  if (receivedUnits >= wanted) return 'late';
  if (seen !== null && seen.untilMs > nowMs) return 'seen';
  if (receivedUnits > 0n) return 'partial';
  return nowMs >= expiresAtMs ? 'expired' : 'open';
};

const decimalPlaces: Readonly<Record<Token, number>> = { usdc: 6, io: 8 };

/** Base units as people and wallets write them: `12.5`. */
export const decimalOf = (token: Token, units: bigint): string => {
  const places = decimalPlaces[token];
  const digits = units.toString().padStart(places + 1, '0');
  const fraction = digits.slice(-places).replace(/0+$/, '');
  return `${digits.slice(0, -places)}${fraction === '' ? '' : `.${fraction}`}`;
};

/** What a wallet reads from a link or a QR code (Solana Pay, a transfer request). */
export const payUrl = (
  request: Pick<DepositRequest, 'id' | 'token' | 'expectedUnits' | 'reference' | 'payTo'>,
): string => {
  const { id, token, expectedUnits, reference, payTo } = request;
  const query = new URLSearchParams({
    ...(expectedUnits === null ? {} : { amount: decimalOf(token, expectedUnits) }),
    'spl-token': payTo.mint,
    reference,
    label: 'Raymesh',
    memo: id,
  });
  return `solana:${payTo.wallet}?${query}`;
};
