/**
 * Bytes of the protocol: joining, little-endian words, SHA-256, and the one spelling of bytes in JSON,
 * lower-case hexadecimal. Nothing here knows what the bytes mean.
 */
import { hash } from 'node:crypto';
import { assert } from '../../core/assert.ts';

/** Length of every digest, seed and public key. */
export const digestBytes = 32;

/** The UTF-8 bytes of a text. */
export const utf8 = (text: string): Uint8Array => Buffer.from(text, 'utf8');

/** Each number as four bytes, the lowest first. Numbers are in 0..2^32-1. */
export const u32le = (...values: readonly number[]): Uint8Array => {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  for (const [at, value] of values.entries()) view.setUint32(4 * at, value, true);
  return bytes;
};

/** SHA-256 of the parts, one after the other; texts as UTF-8. */
export const sha256 = (...parts: readonly (string | Uint8Array)[]): Uint8Array => {
  const bytes = parts.map((part) => (typeof part === 'string' ? utf8(part) : part));
  return hash('sha256', Buffer.concat(bytes), 'buffer');
};

/** The first four bytes of a digest as a little-endian number in 0..2^32-1. */
export const first4 = (digest: Uint8Array): number =>
  new DataView(digest.buffer, digest.byteOffset, 4).getUint32(0, true);

/** Whether both hold the same bytes. Nothing compared here is secret. */
export const sameBytes = (left: Uint8Array, right: Uint8Array): boolean =>
  Buffer.compare(left, right) === 0;

/** The bytes as lower-case hexadecimal. */
export const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** The bytes of a hexadecimal text of exactly `count` bytes in lower case; undefined for any other text. */
export const fromHex = (text: string, count: number): Uint8Array | undefined =>
  text.length === 2 * count && /^[0-9a-f]*$/.test(text) ? Buffer.from(text, 'hex') : undefined;

/** As `fromHex`, for texts that were checked before; BugError otherwise. */
export const bytesOfHex = (text: string, count: number = digestBytes): Uint8Array => {
  const bytes = fromHex(text, count);
  assert(bytes !== undefined, `not ${count} bytes in lower-case hexadecimal`);
  return bytes;
};
