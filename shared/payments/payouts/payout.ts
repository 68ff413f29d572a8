/**
 * A payout: matured earnings or rewards of a supplier on their way to its wallet. Invariants: the ledger holds them
 * from the first moment until the payout is paid or has failed, in the very write that makes it so; a payout
 * is in at most one batch that is alive; only a finalized transaction makes it paid, and only one that
 * nothing signed can pay any more fails. Pure.
 */
import { assert } from '../../core/assert.ts';
import type { Token } from '../../core/chain.ts';
import type { Id } from '../../core/ids.ts';
import type { PayoutSource } from '../../ledger/chain/payout-hold.ts';
import type { IoPrice } from '../../ledger/io-price.ts';

/**
 * `awaiting_approval`: a person decides first. `queued`: waits for a batch. `sending`: in a batch. `failed`:
 * what it would have paid is there again.
 */
export const payoutStatuses = ['awaiting_approval', 'queued', 'sending', 'paid', 'failed'] as const;

export type PayoutStatus = (typeof payoutStatuses)[number];

/** What happens to payouts. `outgrow`: it became worth so much that a person decides. */
export type PayoutEvent = 'approve' | 'outgrow' | 'claim' | 'release' | 'refuse' | 'pay';

/** The only lifecycle: what is not here cannot happen. */
const lifecycle: Readonly<Record<PayoutStatus, Partial<Record<PayoutEvent, PayoutStatus>>>> = {
  awaiting_approval: { approve: 'queued', refuse: 'failed' },
  queued: { claim: 'sending', refuse: 'failed', outgrow: 'awaiting_approval' },
  sending: { release: 'queued', refuse: 'failed', pay: 'paid' },
  paid: {},
  failed: {},
};

/** Why a payout was not paid. */
export const payoutReasons = [
  'rejected_by_operator',
  'wallet_denied',
  'wallet_changed',
  'token_account_missing',
  'token_account_frozen',
  'token_account_foreign',
  'recipient_refuses',
] as const;

export type PayoutReason = (typeof payoutReasons)[number];

/**
 * Ways out of the treasury, each with one batch at a time: `bulk` batches expire with their blockhash,
 * `approved` ones stand on a durable nonce, for large amounts that a person let pass.
 */
export const lanes = ['bulk', 'approved'] as const;

export type Lane = (typeof lanes)[number];

/** The price of a payout in IO, and until when it is good while no batch has claimed the payout. */
export interface LockedPrice extends IoPrice {
  readonly untilMs: number;
}

export interface Payout {
  readonly id: Id<'pay'>;
  readonly organisation: string;
  readonly lane: Lane;
  readonly source: PayoutSource;
  /** Rewards are paid in IO alone. */
  readonly token: Token;
  /** What leaves its source, above 0: micro-dollars of earnings, base units of IO of rewards. */
  readonly units: bigint;
  /** Of these, the platform's fee. */
  readonly feeUnits: bigint;
  /** What it counts against limits: micro-dollars; of rewards their worth at `price`. */
  readonly usdUnits: bigint;
  /** What arrives: base units of the token. */
  readonly tokenUnits: bigint;
  /** Of a payout in IO: what earnings are paid at, and rewards are counted at; null for USDC. */
  readonly price: LockedPrice | null;
  /** Address of the wallet that it goes to, as it was when the payout was asked for. */
  readonly wallet: string;
  readonly status: PayoutStatus;
  readonly reason: PayoutReason | null;
  /** The batch that it is in, or was paid by. */
  readonly batchId: string | null;
  /** The transaction that paid it. */
  readonly signature: string | null;
  readonly createdAtMs: number;
  /** Grows by one with each change. */
  readonly version: number;
}

/** Whether nothing can happen to the payout any more. */
export const isOver = ({ status }: Payout): boolean => status === 'paid' || status === 'failed';

/** Whether the event can happen to the payout now. */
export const canMove = ({ status }: Payout, event: PayoutEvent): boolean =>
  lifecycle[status][event] !== undefined;

/** The payout after the event; a BugError for one that cannot happen to it. */
export const movedPayout = (
  payout: Payout,
  event: PayoutEvent,
  changes: Partial<Pick<Payout, 'lane' | 'reason' | 'batchId' | 'signature'>> = {},
): Payout => {
  const status = lifecycle[payout.status][event];
  assert(status !== undefined, `${payout.id} is ${payout.status}: no ${event}`);
  return { ...payout, ...changes, status, version: payout.version + 1 };
};

/** A queued payout in IO at another price: earnings arrive as other IO, rewards are worth other dollars. */
export const repricedPayout = (
  payout: Payout,
  price: LockedPrice,
  changes: Pick<Payout, 'tokenUnits'> | Pick<Payout, 'usdUnits'>,
): Payout => {
  const { id, status, token, source } = payout;
  assert(status === 'queued' && token === 'io', `${id} has no price to change`);
  const changed = source === 'earnings' ? 'tokenUnits' : 'usdUnits';
  assert(changed in changes, `a price changes something else of ${id}`);
  return { ...payout, ...changes, price, version: payout.version + 1 };
};
