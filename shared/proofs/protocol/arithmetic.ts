/**
 * The three small functions of poc/1 that every prover shares: operands of five bits, the byte that
 * stands for an entry of the product, and the draw of a number below N. Exact, without branches.
 */

const { floor, imul } = Math;

/** The operand that a keystream byte (0..255) stands for: -16..15. */
export const int5 = (byte: number): number => (byte >> 3) - 16;

/**
 * The byte (0..255) that stands for an int32 entry of the product. Non-linear in all 32 bits: nothing
 * linear passes through it, and a wrong entry gives the right byte by chance alone, 1 in 256.
 */
export const mix = (entry: number): number => {
  let c = imul(entry, 0x9e3779b1);
  c ^= c >>> 15;
  c = imul(c, 0x85ebca77);
  c ^= c >>> 13;
  return imul(c, 0xc2b2ae3d) >>> 24;
};

/**
 * floor(x * limit / 2^32): a draw in 0..limit-1 from a word x in 0..2^32-1. Exact for limit = p * 2^d with
 * p < 2^21, also above 2^32, because the product then has at most 53 significant bits.
 */
export const mulhi = (x: number, limit: number): number => floor((x * limit) / 0x1_0000_0000);
