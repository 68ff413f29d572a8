/**
 * Wallets: Solana addresses whose owner has proved to hold the key. Invariants: an address belongs to one
 * organisation at most; a wallet lets its holder sign in only as the role that somebody entitled gave it;
 * one that earnings are paid to cannot be taken away before the payout wallet is. Pure.
 */
import type { Token } from '../core/chain.ts';
import type { Id } from '../core/ids.ts';
import type { Role } from './permissions.ts';

/** As what the holder of a wallet may sign in; never as the operator. */
export const walletRoles = ['owner', 'admin', 'member', 'billing'] as const satisfies Role[];
export type WalletRole = (typeof walletRoles)[number];

export interface Wallet {
  readonly id: Id<'wal'>;
  readonly organisationId: Id<'org'>;
  readonly address: string;
  /** Null: a known sender or receiver, with which nobody signs in. */
  readonly role: WalletRole | null;
  /** The assets that are paid out to it. */
  readonly payouts: readonly Token[];
  readonly createdAtMs: number;
}

/** What a proof asks of a wallet: that it be there, and more if told. */
export interface WalletWish {
  /** Its id if it is new. */
  readonly id: Id<'wal'>;
  readonly organisationId: Id<'org'>;
  readonly address: string;
  /** Null: the role that it has, none if it is new. */
  readonly role: WalletRole | null;
  /** Left out: the payouts that it has. */
  readonly payout?: Token;
  readonly nowMs: number;
}

export type WalletDecision =
  | { readonly outcome: 'taken' }
  | { readonly outcome: 'registered'; readonly wallet: Wallet; readonly isNew: boolean };

/** What becomes of a wallet whose holder proved it; `existing` is what is known of its address. */
export const decideWallet = (existing: Wallet | undefined, wish: WalletWish): WalletDecision => {
  if (existing && existing.organisationId !== wish.organisationId) return { outcome: 'taken' };
  const { id, organisationId, address, role, payout, nowMs } = wish;
  const before: Wallet = existing ?? {
    id,
    organisationId,
    address,
    role: null,
    payouts: [],
    createdAtMs: nowMs,
  };
  const more = payout === undefined || before.payouts.includes(payout) ? [] : [payout];
  const wallet: Wallet = {
    ...before,
    role: role ?? before.role,
    payouts: [...before.payouts, ...more],
  };
  return { outcome: 'registered', wallet, isNew: existing === undefined };
};

/** An address for people: its first and last four characters. */
export const shortAddress = (address: string): string =>
  `${address.slice(0, 4)}…${address.slice(-4)}`;
