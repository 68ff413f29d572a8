/**
 * Solana's addresses and signatures as texts, and what can be said of them without a chain: whether an
 * address is a key that one person can sign for, and whether a signature of it is good. An address that
 * anybody could sign for, a point of small order such as the System Program's, is never a wallet.
 */
import { createPublicKey, verify } from 'node:crypto';
import * as z from 'zod';
import { assert } from './assert.ts';
import { decodeBase58 } from './base58.ts';

const addressBytes = 32;
const signatureBytes = 64;

/** The field of curve 25519, and the constant d of its Edwards form -x² + y² = 1 + d·x²·y². */
const prime = 2n ** 255n - 19n;
const curveD = 37095705934669439343138083508754565189542113879843219016388785533085940283555n;

const modulo = (value: bigint): bigint => ((value % prime) + prime) % prime;

const power = (value: bigint, exponent: bigint): bigint => {
  let result = 1n;
  let square = modulo(value);
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = modulo(result * square);
    square = modulo(square * square);
  }
  return result;
};

const divide = (numerator: bigint, denominator: bigint): bigint =>
  modulo(numerator * power(denominator, prime - 2n));

/** What the curve's equation says of x², given y. */
const xSquaredOf = (y: bigint): bigint => divide(y * y - 1n, curveD * y * y + 1n);

/** y of twice the point, by y alone. */
const doubledY = (y: bigint): bigint => {
  const [x2, y2] = [xSquaredOf(y), modulo(y * y)];
  return divide(y2 + x2, 2n - y2 + x2);
};

const littleEndian = (bytes: Uint8Array): bigint =>
  BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);

/** Whether the bytes are a point of the curve of large order, in its one canonical form. */
const isKey = (bytes: Uint8Array): boolean => {
  const y = BigInt.asUintN(255, littleEndian(bytes));
  if (y >= prime) return false;
  const x2 = xSquaredOf(y);
  // The points with x = 0 are of small order as well.
  if (x2 === 0n || power(x2, (prime - 1n) / 2n) !== 1n) return false;
  return doubledY(doubledY(doubledY(y))) !== 1n;
};

const decoded = (text: string, length: number): Uint8Array | undefined => {
  const bytes = decodeBase58(text);
  return bytes?.length === length ? bytes : undefined;
};

/** The 32 bytes of an address that was checked before; anything else is a bug. */
export const addressToBytes = (address: string): Uint8Array => {
  const bytes = decoded(address, addressBytes);
  assert(bytes !== undefined, `${address} is no address`);
  return bytes;
};

/** Whether somebody can hold the private key of this address: never so for accounts of programs. */
export const isWalletAddress = (address: string): boolean => {
  const bytes = decoded(address, addressBytes);
  return bytes !== undefined && isKey(bytes);
};

/** Any address: of a wallet, a token account, a mint, a program. */
export const solanaAddressSchema = z
  .string()
  .regex(/^[1-9A-HJ-NP-Za-km-z]{32,44}$/, 'a Solana address in base58')
  .refine((text) => decoded(text, addressBytes) !== undefined, 'a Solana address of 32 bytes')
  .meta({ example: '9xQeWvG816bUx9EPjHmaT23yvVM2ZWbrrpZb9PusVFin' });

/** An address that is a key on the curve, so that its owner can sign. */
export const walletAddressSchema = solanaAddressSchema.refine(
  isWalletAddress,
  'the address of a wallet that signs with its own key: this one is an account of a program',
);

/** A signature: of a message by a wallet, or the name of a transaction. */
export const solanaSignatureSchema = z
  .string()
  .regex(/^[1-9A-HJ-NP-Za-km-z]{64,88}$/, 'a Solana signature in base58')
  .refine((text) => decoded(text, signatureBytes) !== undefined, 'a Solana signature of 64 bytes')
  .meta({
    example:
      '5VERv8NMvzbJMEkV8xnrLkEaWRtSz9CosKDYjCJjBRnbJLgp8uirBgmQpjKhoR4tjF3ZpRzrFmBV6UjKdiSZkQUW',
  });

/** The header of an Ed25519 public key as SPKI; the 32 bytes of the key follow. */
const spkiHeader = Buffer.from('302a300506032b6570032100', 'hex');

/** Whether `signature` is the wallet's own over `message`; never throws, also on rubbish. */
export const isSignedBy = (
  wallet: string,
  message: Uint8Array,
  signature: string | Uint8Array,
): boolean => {
  const key = decoded(wallet, addressBytes);
  const bytes = typeof signature === 'string' ? decoded(signature, signatureBytes) : signature;
  if (key === undefined || !isKey(key) || bytes?.length !== signatureBytes) return false;
  const spki = Buffer.concat([spkiHeader, key]);
  return verify(null, message, createPublicKey({ key: spki, format: 'der', type: 'spki' }), bytes);
};
