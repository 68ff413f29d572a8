/**
 * API keys: `rm_<live|test>_<32 characters of base32><7 of checksum>`. The checksum lets clients and
 * secret scanners tell a mistyped key without asking. Only the SHA-256 of a key is ever stored.
 */
import { sha256Hex } from '../core/hash.ts';
import { base32, type Id, type Randomness } from '../core/ids.ts';
import type { Role, Scope } from './permissions.ts';

/** `live` on stages with real money, else `test`; keys of one mode are refused by the other. */
export type KeyMode = 'live' | 'test';

export interface ApiKey {
  readonly id: Id<'key'>;
  readonly organisationId: Id<'org'>;
  readonly name: string;
  readonly role: Role;
  readonly scopes: readonly Scope[];
  /** SHA-256 of the secret, hexadecimal. */
  readonly secretHash: string;
  /** The secret's last four characters, for people. */
  readonly lastFour: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number | null;
  readonly revokedAtMs: number | null;
  /** Exact to the hour. */
  readonly lastUsedAtMs: number | null;
}

const checksumOf = (body: string): string => sha256Hex(body).slice(0, 7).toUpperCase();

/** A new secret with 160 random bits. */
export const newApiKeySecret = (mode: KeyMode, randomness: Randomness): string => {
  const body = `rm_${mode}_${base32(randomness.bytes(20))}`;
  return `${body}${checksumOf(body)}`;
};

/** Whether a text is a well-formed key of this mode; says nothing about whether it exists. */
export const isApiKeySecret = (text: string, mode: KeyMode): boolean => {
  if (!/^rm_(live|test)_[0-9A-Z]{32}[0-9A-F]{7}$/.test(text)) return false;
  return text.startsWith(`rm_${mode}_`) && checksumOf(text.slice(0, -7)) === text.slice(-7);
};

/** Whether a key may be used now. */
export const isUsable = (key: ApiKey, nowMs: number): boolean =>
  key.revokedAtMs === null && (key.expiresAtMs === null || nowMs < key.expiresAtMs);
