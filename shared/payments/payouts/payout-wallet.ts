/**
 * Where an organisation's earnings are paid: one wallet per asset, proved by its signature. Invariants: a wallet
 * is paid to only after it has stood for the whole cool-down, so that whoever steals a key and names a wallet of
 * his own has to go unseen for that long; a change begins the cool-down anew; what was named is never forgotten.
 * Pure.
 */
import type { Token } from '../../core/chain.ts';
import type { Id } from '../../core/ids.ts';

export const payoutWalletEnds = ['replaced', 'removed'] as const;
export type PayoutWalletEndReason = (typeof payoutWalletEnds)[number];

export interface PayoutWalletEnd {
  readonly atMs: number;
  /** `key_...` or `wal_...` */
  readonly actor: string;
  readonly reason: PayoutWalletEndReason;
}

export interface PayoutWallet {
  readonly id: Id<'pwl'>;
  readonly organisationId: Id<'org'>;
  /** What is paid to it. */
  readonly asset: Token;
  readonly address: string;
  /** The organisation's registration of this address. */
  readonly walletId: Id<'wal'>;
  /** Who named it: `key_...` or `wal_...` */
  readonly actor: string;
  readonly createdAtMs: number;
  /** From then on it is paid to. */
  readonly payableFromMs: number;
  /** Null: it is the one of now. */
  readonly ended: PayoutWalletEnd | null;
}

export type PayoutWalletStatus = 'cooling_down' | 'ready' | 'ended';

export const payoutWalletStatusOf = (wallet: PayoutWallet, nowMs: number): PayoutWalletStatus => {
  if (wallet.ended) return 'ended';
  return nowMs < wallet.payableFromMs ? 'cooling_down' : 'ready';
};

export type PayoutWalletDecision =
  | { readonly outcome: 'ready'; readonly wallet: PayoutWallet }
  | { readonly outcome: 'cooling_down'; readonly wallet: PayoutWallet; readonly untilMs: number }
  | { readonly outcome: 'missing' };

/** Whether earnings may be paid now; `wallet` is the one of the asset, if there is one. */
export const decidePayoutWallet = (
  wallet: PayoutWallet | undefined,
  nowMs: number,
): PayoutWalletDecision => {
  if (!wallet || wallet.ended) return { outcome: 'missing' };
  return payoutWalletStatusOf(wallet, nowMs) === 'ready'
    ? { outcome: 'ready', wallet }
    : { outcome: 'cooling_down', wallet, untilMs: wallet.payableFromMs };
};

/** Whether the wallet is the one that a payout names, and may be paid now. */
export const isPayableTo = (
  wallet: PayoutWallet | undefined,
  address: string,
  nowMs: number,
): boolean => decidePayoutWallet(wallet, nowMs).outcome === 'ready' && wallet?.address === address;
