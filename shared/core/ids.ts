/**
 * Identifiers: a prefix that says what it names, then 26 characters of Crockford base32, 48 bits of
 * time and 80 of randomness, so that ids sort by the time of their making. Randomness is passed in.
 */
import * as z from 'zod';
import { assert } from './assert.ts';

/** Every prefix and the noun that owns it. */
export const idPrefixes = {
  org: 'identity: organisation',
  key: 'identity: API key',
  adt: 'identity: audit event',
  wal: 'identity: wallet',
  lgn: 'identity: login',
  wmg: 'identity: message for a wallet to sign',
  site: 'devices: site',
  jtk: 'devices: join token',
  dev: 'devices: device',
  spt: 'devices: speed test',
  cmd: 'clusters: command to a device',
  quo: 'market: quote',
  clu: 'clusters: cluster',
  nod: 'clusters: node',
  grt: 'ledger: grant',
  inv: 'payments: invoice',
  bud: 'payments: budget, derived from what it limits',
  top: 'payments: top-up',
  rfd: 'payments: refund to a card',
  pwl: 'payments: payout wallet',
  pay: 'payments: payout',
  pbt: 'payments: batch of payouts',
  dep: 'payments: deposit, asked for on Solana',
  prc: 'proofs: processor, derived from its device',
  poc: 'proofs: proof, derived from its source and processor',
  chl: 'proofs: challenge',
  stk: 'rewards: stake, put on a device',
  ust: 'rewards: stake asked back',
  req: 'kit: request',
} as const;

export type IdPrefix = keyof typeof idPrefixes;

/** An id of one kind, for example `clu_01J...`. */
export type Id<P extends IdPrefix> = `${P}_${string}`;

/** Where new ids and secrets come from; tests pass a seeded one. */
export interface Randomness {
  /** `count` random bytes from a generator fit for secrets. */
  bytes(count: number): Uint8Array;
}

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** Crockford base32 of the bytes, most significant bit first, padded with zero bits at the end. */
export const base32 = (bytes: Uint8Array): string => {
  let text = '';
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = (value << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += alphabet[(value >>> bits) & 31];
    }
    value &= (1 << bits) - 1;
  }
  return bits > 0 ? text + alphabet[(value << (5 - bits)) & 31] : text;
};

/** A new id: sorts by `nowMs`, unguessable by its 80 random bits. */
export const newId = <P extends IdPrefix>(
  prefix: P,
  nowMs: number,
  randomness: Randomness,
): Id<P> => {
  assert(Number.isSafeInteger(nowMs) && nowMs >= 0 && nowMs < 2 ** 48, 'a time outside 48 bits');
  let time = '';
  for (let rest = nowMs, digit = 0; digit < 10; digit += 1) {
    time = alphabet[rest % 32] + time;
    rest = Math.floor(rest / 32);
  }
  return `${prefix}_${time}${base32(randomness.bytes(10))}`;
};

/** The id of another kind that belongs to this one for ever (an invoice to its cluster). */
export const siblingId = <P extends IdPrefix>(prefix: P, id: string): Id<P> =>
  `${prefix}_${id.slice(id.indexOf('_') + 1)}`;

/** Accepts exactly the ids of one kind. */
export const idSchema = <P extends IdPrefix>(prefix: P): z.ZodType<Id<P>, Id<P>> =>
  z
    .string()
    .regex(new RegExp(`^${prefix}_[0-9A-HJKMNP-TV-Z]{26}$`), `an id that starts with ${prefix}_`)
    .meta({ example: `${prefix}_01KA0ZZ9ZZ8Y7X6W5V4T3S2R1Q` }) as unknown as z.ZodType<
    Id<P>,
    Id<P>
  >;
