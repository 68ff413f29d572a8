/**
 * Ed25519 (RFC 8032) over raw bytes: signing with a seed, verifying with a raw public key, and which public
 * keys are accepted at all. A key of small order takes one signature for many messages wherever a library
 * does not look, and a non-canonical key is a second name for a device, so neither may be registered.
 */
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { assert } from '../../core/assert.ts';
import { digestBytes } from './bytes.ts';

export const signatureBytes = 64;

/** The DER headers of PKCS #8 and SPKI before the 32 bytes of the key (RFC 8410). */
const privateHeader = Buffer.from('302e020100300506032b657004220420', 'hex');
const publicHeader = Buffer.from('302a300506032b6570032100', 'hex');

const privateKeyOf = (seed: Uint8Array): KeyObject => {
  assert(seed.length === digestBytes, 'a seed of 32 bytes');
  const key = Buffer.concat([privateHeader, seed]);
  return createPrivateKey({ key, format: 'der', type: 'pkcs8' });
};

/** The public key (32 bytes) of a private seed (32 bytes). */
export const publicKeyOf = (seed: Uint8Array): Uint8Array =>
  createPublicKey(privateKeyOf(seed))
    .export({ format: 'der', type: 'spki' })
    .subarray(publicHeader.length);

/** The signature (64 bytes) of the message by the holder of the seed. Deterministic. */
export const signBytes = (seed: Uint8Array, message: Uint8Array): Uint8Array =>
  sign(null, message, privateKeyOf(seed));

/** Whether the signature of the message is by this key. False, never an error, for bytes of any form. */
export const isSignedBy = (
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean => {
  if (publicKey.length !== digestBytes || signature.length !== signatureBytes) return false;
  const key = Buffer.concat([publicHeader, publicKey]);
  return verify(null, message, createPublicKey({ key, format: 'der', type: 'spki' }), signature);
};

const p = 2n ** 255n - 19n;
/** The curve's constant: -121665 / 121666 modulo p. */
const d = 37095705934669439343138083508754565189542113879843219016388785533085940283555n;

/** y of the points of small order: the neutral one, order 2, order 4, and the two of order 8. */
const smallOrderY: ReadonlySet<bigint> = new Set([
  1n,
  p - 1n,
  0n,
  2707385501144840649318225287225658788936804267575313519463743609750303402022n,
  55188659117513257062467267217118295137698188065244968500265048394206261417927n,
]);

const power = (base: bigint, exponent: bigint): bigint => {
  let result = 1n;
  let square = base % p;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % p;
    square = (square * square) % p;
  }
  return result;
};

/** Whether some x makes (x, y) a point of the curve: (y^2 - 1) / (d y^2 + 1) has a root. */
const isOnCurve = (y: bigint): boolean => {
  const square = (y * y) % p;
  // u/v and u*v are squares or not together, so no inverse is needed.
  const product = ((square - 1n + p) * (d * square + 1n)) % p;
  return product === 0n || power(product, (p - 1n) / 2n) === 1n;
};

/**
 * Whether these bytes may be registered as a device's public key: 32 bytes, the canonical encoding of a
 * point on the curve that is not of small order. About a millisecond.
 */
export const isAcceptablePublicKey = (bytes: Uint8Array): boolean => {
  if (bytes.length !== digestBytes) return false;
  const littleEndian = Buffer.from(bytes).reverse();
  // The highest bit is the sign of x.
  const y = BigInt(`0x${littleEndian.toString('hex')}`) & (2n ** 255n - 1n);
  return y < p && !smallOrderY.has(y) && isOnCurve(y);
};
