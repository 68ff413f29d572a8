/**
 * Join tokens: `rm_join_<32 characters of base32><7 of checksum>`. One lets a bounded number of machines
 * into one site for at most a day. Only its SHA-256 is stored.
 */
import type { ErrorCode } from '../core/error-catalogue.ts';
import { sha256Hex } from '../core/hash.ts';
import { base32, type Id, type Randomness } from '../core/ids.ts';
import { hourMs } from '../core/time.ts';

export interface JoinToken {
  readonly id: Id<'jtk'>;
  readonly organisationId: Id<'org'>;
  readonly siteId: Id<'site'>;
  readonly name: string;
  /** SHA-256 of the secret, hexadecimal. */
  readonly secretHash: string;
  /** The secret's last four characters, for people. */
  readonly lastFour: string;
  readonly usesMax: number;
  readonly uses: number;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  readonly revokedAtMs: number | null;
}

export const joinTokenHoursMax = 24;
export const joinTokenUsesMax = 1000;

/** A new secret with 160 random bits. */
export const newJoinTokenSecret = (randomness: Randomness): string => {
  const body = `rm_join_${base32(randomness.bytes(20))}`;
  return `${body}${sha256Hex(body).slice(0, 7).toUpperCase()}`;
};

/** When a token made now ends. `hours` is 1 to 24. */
export const joinTokenEndMs = (nowMs: number, hours: number): number => nowMs + hours * hourMs;

/** Why the token lets nobody in, or undefined when it does. */
export const joinTokenRefusal = (
  token: JoinToken | undefined,
  nowMs: number,
): Extract<ErrorCode, `join_token.${string}`> | undefined => {
  if (!token) return 'join_token.unknown';
  if (token.revokedAtMs !== null) return 'join_token.revoked';
  if (nowMs >= token.expiresAtMs) return 'join_token.expired';
  return token.uses >= token.usesMax ? 'join_token.used_up' : undefined;
};
