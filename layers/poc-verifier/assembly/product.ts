/**
 * An entry of the product of two matrices whose rows are ChaCha8 streams, five bits of each byte: both
 * rows are made four blocks at a time and multiplied while they are in the nearest cache. Exact: the sum
 * is at most 2^24 in size.
 */
import { FOUR_BLOCKS_BYTES, fourBlocks, prepareRow, ROW_BYTES } from './chacha8';

const ROW_A: usize = memory.data(ROW_BYTES, 16);
const ROW_B: usize = memory.data(ROW_BYTES, 16);
const BLOCKS_A: usize = memory.data(FOUR_BLOCKS_BYTES, 16);
const BLOCKS_B: usize = memory.data(FOUR_BLOCKS_BYTES, 16);

/** The sum of the four lanes. */
function sumOfLanes(v: v128): i32 {
  const pairs = i32x4.add(v, i32x4.shuffle(v, v, 2, 3, 0, 1));
  return i32x4.extract_lane(pairs, 0) + i32x4.extract_lane(pairs, 1);
}

/**
 * The sum of the products of four blocks each, of which those count whose lane of `counted` is all ones.
 * The operand of a byte b is (b >> 3) - 16: with its top bit flipped, its upper five bits as a signed
 * number. Bytes are taken apart into those at odd and those at even places, 16 bits to each.
 */
function multiplyBlocks(counted: v128): v128 {
  const flip = i8x16.splat(-128);
  let odd = i32x4.splat(0);
  let even = i32x4.splat(0);
  for (let at = 0; at < FOUR_BLOCKS_BYTES; at += 16) {
    const a = v128.and(v128.xor(v128.load(BLOCKS_A + at), flip), counted);
    const b = v128.xor(v128.load(BLOCKS_B + at), flip);
    odd = i32x4.add(odd, i32x4.dot_i16x8_s(i16x8.shr_s(a, 11), i16x8.shr_s(b, 11)));
    const evenA = i16x8.shr_s(i16x8.shl(a, 8), 11);
    const evenB = i16x8.shr_s(i16x8.shl(b, 8), 11);
    even = i32x4.add(even, i32x4.dot_i16x8_s(evenA, evenB));
  }
  return i32x4.add(odd, even);
}

/** Entry (i, j) of the product of a round with the seed at `key`; `k` operands, a multiple of 64. */
export function entryOf(key: usize, round: u32, i: u32, j: u32, k: u32): i32 {
  prepareRow(ROW_A, key, round, 0, i);
  prepareRow(ROW_B, key, round, 1, j);
  const blocks = k >> 6;
  let sum = i32x4.splat(0);
  for (let block: u32 = 0; block < blocks; block += 4) {
    fourBlocks(ROW_A, block, BLOCKS_A);
    fourBlocks(ROW_B, block, BLOCKS_B);
    const counted = i32x4.lt_u(i32x4(0, 1, 2, 3), i32x4.splat(blocks - block));
    sum = i32x4.add(sum, multiplyBlocks(counted));
  }
  return sumOfLanes(sum);
}
