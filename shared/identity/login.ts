/**
 * Logins: what a wallet's signature buys. A secret for an hour, `rm_login_<live|test>_<32 characters of base32><7
 * of checksum>`, of which only the SHA-256 is stored. A login stands on the registration of its wallet: it has the
 * role that the wallet has at each request, and ends when the wallet is taken away, also if it comes back. Pure.
 */
import { sha256Hex } from '../core/hash.ts';
import { base32, type Id, type Randomness } from '../core/ids.ts';
import { hourMs } from '../core/time.ts';
import type { KeyMode } from './api-key.ts';
import type { Wallet, WalletRole } from './wallet.ts';

export const loginLivesMs = hourMs;

export interface Login {
  readonly id: Id<'lgn'>;
  /** The registration that it stands on. */
  readonly walletId: Id<'wal'>;
  readonly address: string;
  /** SHA-256 of the secret, hexadecimal. */
  readonly secretHash: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
}

const prefix = 'rm_login_';

const checksumOf = (body: string): string => sha256Hex(body).slice(0, 7).toUpperCase();

/** A new secret with 160 random bits. */
export const newLoginSecret = (mode: KeyMode, randomness: Randomness): string => {
  const body = `${prefix}${mode}_${base32(randomness.bytes(20))}`;
  return `${body}${checksumOf(body)}`;
};

/** Whether a text means to be a login's secret rather than an API key. */
export const looksLikeLogin = (text: string): boolean => text.startsWith(prefix);

/** Whether a text is a well-formed secret of this mode; says nothing about whether it exists. */
export const isLoginSecret = (text: string, mode: KeyMode): boolean => {
  if (!/^rm_login_(live|test)_[0-9A-Z]{32}[0-9A-F]{7}$/.test(text)) return false;
  const isOfMode = text.startsWith(`${prefix}${mode}_`);
  return isOfMode && checksumOf(text.slice(0, -7)) === text.slice(-7);
};

export type LoginDecision =
  | { readonly outcome: 'open'; readonly wallet: Wallet; readonly role: WalletRole }
  | { readonly outcome: 'ended' };

/** Whether a login may be used now; `wallet` is what is registered of its address. */
export const decideLogin = (
  login: Login,
  wallet: Wallet | undefined,
  nowMs: number,
): LoginDecision => {
  if (nowMs >= login.expiresAtMs) return { outcome: 'ended' };
  if (!wallet || wallet.id !== login.walletId || wallet.role === null) return { outcome: 'ended' };
  return { outcome: 'open', wallet, role: wallet.role };
};
