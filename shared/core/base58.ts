/**
 * Base58 in Bitcoin's alphabet, as Solana writes keys and signatures. Each sequence of bytes has exactly one
 * text. For short values only: the work grows with the square of the length.
 */
import { assert } from './assert.ts';

const alphabet = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const base = BigInt(alphabet.length);
/** Longest value that is read or written; a signature has 64 bytes. */
const bytesMax = 128;
/** A text of so many characters may stand for more bytes. */
const charactersMax = 176;

const countLeading = (text: string, character: string): number => {
  let count = 0;
  while (text[count] === character) count += 1;
  return count;
};

/** The text of at most 128 bytes. */
export const encodeBase58 = (bytes: Uint8Array): string => {
  assert(bytes.length <= bytesMax, 'more bytes than base58 is for');
  const hex = Buffer.from(bytes).toString('hex');
  let text = '';
  for (let rest = BigInt(`0x0${hex}`); rest > 0n; rest /= base) {
    text = alphabet[Number(rest % base)] + text;
  }
  const zeros = bytes.findIndex((byte) => byte !== 0);
  return '1'.repeat(zeros === -1 ? bytes.length : zeros) + text;
};

/** The bytes of a text; undefined when it is not base58, or longer than 128 bytes. */
export const decodeBase58 = (text: string): Uint8Array | undefined => {
  if (text.length > charactersMax) return undefined;
  let value = 0n;
  for (const character of text) {
    const digit = alphabet.indexOf(character);
    if (digit === -1) return undefined;
    value = value * base + BigInt(digit);
  }
  const hex = value === 0n ? '' : value.toString(16);
  const digits = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  const bytes = Buffer.concat([Buffer.alloc(countLeading(text, '1')), digits]);
  return bytes.length > bytesMax ? undefined : new Uint8Array(bytes);
};
