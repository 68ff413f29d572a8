/**
 * The dot product of two rows of operands of five bits, straight from the words of their keystreams: exact,
 * two products to a multiplication, without unpacking a row.
 */

const { imul } = Math;

/** Two operands of a word, in the low bits of its halves, still counted from 0. */
const pair = 0x001f001f;

/**
 * The dot product of two rows of operands, four to a word. Operands are counted from 0 (u = operand + 16),
 * and two products are summed by one multiplication: (u0 + u2 << 16) times (w2 + w0 << 16) has
 * u0*w0 + u2*w2 in its upper half. A block of 32 such sums stays below 2^16 and below it nothing carries.
 */
export const dotOfWords = (a: Int32Array, b: Int32Array): number => {
  const words = a.length;
  let products = 0;
  let sums = 0;
  for (let at = 0; at < words; at += 16) {
    let block = 0;
    let blockSums = 0;
    for (let w = at; w < at + 16; w += 1) {
      const u = a[w] as number;
      const v = b[w] as number;
      const even = (u >>> 3) & pair;
      const odd = (u >>> 11) & pair;
      const evenB = (v >>> 3) & pair;
      const oddB = (v >>> 11) & pair;
      block =
        (block +
          imul(even, (evenB << 16) | (evenB >>> 16)) +
          imul(odd, (oddB << 16) | (oddB >>> 16))) |
        0;
      blockSums += even + odd + evenB + oddB;
    }
    products += block >>> 16;
    sums += (blockSums & 0xffff) + (blockSums >>> 16);
  }
  // Sum of (u - 16)(w - 16) = sum of u*w - 16 * sum of (u + w) + 256 for each pair.
  return products - 16 * sums + 1024 * words;
};
