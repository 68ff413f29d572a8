/**
 * A batch: payouts that one transaction pays, or none of them. Its transaction is signed again only when the
 * one before it is proven dead, so that at most one ever lands. Invariants: members change only while nothing
 * signed can land; an attempt is stored before it is sent; a lane has one batch at a time. Pure.
 */
import { assert } from '../../core/assert.ts';
import type { Token } from '../../core/chain.ts';
import type { Id } from '../../core/ids.ts';
import type { Lane } from './payout.ts';

/**
 * `open`: nothing signed can land. `signed`: its last attempt may land. `landed`: that attempt is finalized,
 * and is being posted. `done`: posted. `dissolved`: nobody was left in it.
 */
export const batchStatuses = ['open', 'signed', 'landed', 'done', 'dissolved'] as const;

export type BatchStatus = (typeof batchStatuses)[number];

export type BatchEvent = 'sign' | 'die' | 'land' | 'post' | 'dissolve';

/** The only lifecycle: what is not here cannot happen. */
const lifecycle: Readonly<Record<BatchStatus, Partial<Record<BatchEvent, BatchStatus>>>> = {
  open: { sign: 'signed', dissolve: 'dissolved' },
  signed: { die: 'open', land: 'landed' },
  landed: { post: 'done' },
  done: {},
  dissolved: {},
};

/** A payout's place in a batch. */
export interface Member {
  readonly payoutId: Id<'pay'>;
  readonly organisation: string;
  /** Wallet that it goes to, and that wallet's account of the token. */
  readonly wallet: string;
  readonly tokenAccount: string;
  /** Base units of the batch's token, above 0. */
  readonly units: bigint;
  /** What it takes from the supplier: micro-dollars, for limits alone. */
  readonly usdUnits: bigint;
}

export interface Batch {
  readonly id: Id<'pbt'>;
  readonly lane: Lane;
  readonly token: Token;
  readonly status: BatchStatus;
  readonly members: readonly Member[];
  /** How many attempts were signed; the last of them is the one that may land. */
  readonly attempts: number;
  readonly openedAtMs: number;
  readonly version: number;
}

/** How long an attempt can land: to the end of its blockhash, or until its nonce has moved. */
export type Lifetime =
  | { readonly kind: 'blockhash'; readonly lastValidBlockHeight: bigint }
  | { readonly kind: 'nonce'; readonly account: string; readonly value: string };

/** One signed transaction of a batch, written before it was sent. */
export interface Attempt {
  readonly batchId: string;
  /** From 1. */
  readonly number: number;
  readonly signature: string;
  /** Base64 of the bytes to send; empty where the transaction was found on the chain, not made here. */
  readonly wire: string;
  readonly lifetime: Lifetime;
  /** Sum of the members' units. */
  readonly units: bigint;
  readonly signedAtMs: number;
}

/** The batch after the event; a BugError for one that cannot happen to it. */
export const movedBatch = (
  batch: Batch,
  event: BatchEvent,
  changes: Partial<Pick<Batch, 'attempts'>> = {},
): Batch => {
  const status = lifecycle[batch.status][event];
  assert(status !== undefined, `${batch.id} is ${batch.status}: no ${event}`);
  return { ...batch, ...changes, status, version: batch.version + 1 };
};

/** The batch with other members; only while nothing signed can land. */
export const withMembers = (batch: Batch, members: readonly Member[]): Batch => {
  assert(batch.status === 'open', `${batch.id} is ${batch.status}: its members are fixed`);
  const ids = members.map(({ payoutId }) => payoutId);
  assert(new Set(ids).size === ids.length, `a payout stands twice in ${batch.id}`);
  return { ...batch, members, version: batch.version + 1 };
};

/** What a batch takes out of the treasury: base units of its token. */
export const batchUnits = ({ members }: Pick<Batch, 'members'>): bigint =>
  members.reduce((sum, { units }) => sum + units, 0n);

/** The text that the batch's transactions carry, by which they are known on the chain. */
export const batchMemo = (batchId: string): string => `pay:${batchId}`;
