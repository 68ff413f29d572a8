/**
 * ChaCha8, four blocks at a time: lane l of a vector belongs to block counter + l, and vector w holds
 * word w of the four. Nothing is put back into the order of the stream where that order does not matter,
 * as in the sum of products of two rows.
 *
 * What does not depend on the block counter is computed once for a row: of the first column round, the
 * three columns of four that do not hold the counter.
 */

/** Bytes of a prepared row: its first state, and that state after the first round but for column 0. */
export const ROW_BYTES: i32 = 128;

/** Bytes that a call of `fourBlocks` writes. */
export const FOUR_BLOCKS_BYTES: i32 = 256;

/** "expand 32-byte k" */
const CONSTANTS: usize = memory.data<u32>([0x61707865, 0x3320646e, 0x79622d32, 0x6b206574]);

function quarterOfColumn(row: usize, column: usize): void {
  const from = row + 4 * column;
  let a = load<u32>(from, 0);
  let b = load<u32>(from, 16);
  let c = load<u32>(from, 32);
  let d = load<u32>(from, 48);
  a += b;
  d = rotl<u32>(d ^ a, 16);
  c += d;
  b = rotl<u32>(b ^ c, 12);
  a += b;
  d = rotl<u32>(d ^ a, 8);
  c += d;
  b = rotl<u32>(b ^ c, 7);
  store<u32>(from, a, 64);
  store<u32>(from, b, 80);
  store<u32>(from, c, 96);
  store<u32>(from, d, 112);
}

/** Prepares the stream of a key (32 bytes) and three nonce words. */
export function prepareRow(row: usize, key: usize, n0: u32, n1: u32, n2: u32): void {
  v128.store(row, v128.load(CONSTANTS));
  v128.store(row, v128.load(key), 16);
  v128.store(row, v128.load(key, 16), 32);
  store<u32>(row, 0, 48);
  store<u32>(row, n0, 52);
  store<u32>(row, n1, 56);
  store<u32>(row, n2, 60);
  quarterOfColumn(row, 1);
  quarterOfColumn(row, 2);
  quarterOfColumn(row, 3);
}

function left16(v: v128): v128 {
  return i8x16.shuffle(v, v, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);
}

function left12(v: v128): v128 {
  return v128.or(i32x4.shl(v, 12), i32x4.shr_u(v, 20));
}

function left8(v: v128): v128 {
  return i8x16.shuffle(v, v, 3, 0, 1, 2, 7, 4, 5, 6, 11, 8, 9, 10, 15, 12, 13, 14);
}

function left7(v: v128): v128 {
  return v128.or(i32x4.shl(v, 7), i32x4.shr_u(v, 25));
}

/** Writes blocks `counter` to `counter + 3` of a prepared row to `out`: 16 vectors, one for each word. */
export function fourBlocks(row: usize, counter: u32, out: usize): void {
  const counters = i32x4.add(i32x4.splat(counter), i32x4(0, 1, 2, 3));
  let x0 = v128.load32_splat(row, 0);
  let x1 = v128.load32_splat(row, 68);
  let x2 = v128.load32_splat(row, 72);
  let x3 = v128.load32_splat(row, 76);
  let x4 = v128.load32_splat(row, 16);
  let x5 = v128.load32_splat(row, 84);
  let x6 = v128.load32_splat(row, 88);
  let x7 = v128.load32_splat(row, 92);
  let x8 = v128.load32_splat(row, 32);
  let x9 = v128.load32_splat(row, 100);
  let x10 = v128.load32_splat(row, 104);
  let x11 = v128.load32_splat(row, 108);
  let x12 = counters;
  let x13 = v128.load32_splat(row, 116);
  let x14 = v128.load32_splat(row, 120);
  let x15 = v128.load32_splat(row, 124);
  // Column 0 and the diagonals of the first double round.
  x0 = i32x4.add(x0, x4);
  x12 = left16(v128.xor(x12, x0));
  x8 = i32x4.add(x8, x12);
  x4 = left12(v128.xor(x4, x8));
  x0 = i32x4.add(x0, x4);
  x12 = left8(v128.xor(x12, x0));
  x8 = i32x4.add(x8, x12);
  x4 = left7(v128.xor(x4, x8));
  x0 = i32x4.add(x0, x5);
  x15 = left16(v128.xor(x15, x0));
  x10 = i32x4.add(x10, x15);
  x5 = left12(v128.xor(x5, x10));
  x0 = i32x4.add(x0, x5);
  x15 = left8(v128.xor(x15, x0));
  x10 = i32x4.add(x10, x15);
  x5 = left7(v128.xor(x5, x10));
  x1 = i32x4.add(x1, x6);
  x12 = left16(v128.xor(x12, x1));
  x11 = i32x4.add(x11, x12);
  x6 = left12(v128.xor(x6, x11));
  x1 = i32x4.add(x1, x6);
  x12 = left8(v128.xor(x12, x1));
  x11 = i32x4.add(x11, x12);
  x6 = left7(v128.xor(x6, x11));
  x2 = i32x4.add(x2, x7);
  x13 = left16(v128.xor(x13, x2));
  x8 = i32x4.add(x8, x13);
  x7 = left12(v128.xor(x7, x8));
  x2 = i32x4.add(x2, x7);
  x13 = left8(v128.xor(x13, x2));
  x8 = i32x4.add(x8, x13);
  x7 = left7(v128.xor(x7, x8));
  x3 = i32x4.add(x3, x4);
  x14 = left16(v128.xor(x14, x3));
  x9 = i32x4.add(x9, x14);
  x4 = left12(v128.xor(x4, x9));
  x3 = i32x4.add(x3, x4);
  x14 = left8(v128.xor(x14, x3));
  x9 = i32x4.add(x9, x14);
  x4 = left7(v128.xor(x4, x9));
  for (let double = 1; double < 4; double++) {
    x0 = i32x4.add(x0, x4);
    x12 = left16(v128.xor(x12, x0));
    x8 = i32x4.add(x8, x12);
    x4 = left12(v128.xor(x4, x8));
    x0 = i32x4.add(x0, x4);
    x12 = left8(v128.xor(x12, x0));
    x8 = i32x4.add(x8, x12);
    x4 = left7(v128.xor(x4, x8));
    x1 = i32x4.add(x1, x5);
    x13 = left16(v128.xor(x13, x1));
    x9 = i32x4.add(x9, x13);
    x5 = left12(v128.xor(x5, x9));
    x1 = i32x4.add(x1, x5);
    x13 = left8(v128.xor(x13, x1));
    x9 = i32x4.add(x9, x13);
    x5 = left7(v128.xor(x5, x9));
    x2 = i32x4.add(x2, x6);
    x14 = left16(v128.xor(x14, x2));
    x10 = i32x4.add(x10, x14);
    x6 = left12(v128.xor(x6, x10));
    x2 = i32x4.add(x2, x6);
    x14 = left8(v128.xor(x14, x2));
    x10 = i32x4.add(x10, x14);
    x6 = left7(v128.xor(x6, x10));
    x3 = i32x4.add(x3, x7);
    x15 = left16(v128.xor(x15, x3));
    x11 = i32x4.add(x11, x15);
    x7 = left12(v128.xor(x7, x11));
    x3 = i32x4.add(x3, x7);
    x15 = left8(v128.xor(x15, x3));
    x11 = i32x4.add(x11, x15);
    x7 = left7(v128.xor(x7, x11));
    x0 = i32x4.add(x0, x5);
    x15 = left16(v128.xor(x15, x0));
    x10 = i32x4.add(x10, x15);
    x5 = left12(v128.xor(x5, x10));
    x0 = i32x4.add(x0, x5);
    x15 = left8(v128.xor(x15, x0));
    x10 = i32x4.add(x10, x15);
    x5 = left7(v128.xor(x5, x10));
    x1 = i32x4.add(x1, x6);
    x12 = left16(v128.xor(x12, x1));
    x11 = i32x4.add(x11, x12);
    x6 = left12(v128.xor(x6, x11));
    x1 = i32x4.add(x1, x6);
    x12 = left8(v128.xor(x12, x1));
    x11 = i32x4.add(x11, x12);
    x6 = left7(v128.xor(x6, x11));
    x2 = i32x4.add(x2, x7);
    x13 = left16(v128.xor(x13, x2));
    x8 = i32x4.add(x8, x13);
    x7 = left12(v128.xor(x7, x8));
    x2 = i32x4.add(x2, x7);
    x13 = left8(v128.xor(x13, x2));
    x8 = i32x4.add(x8, x13);
    x7 = left7(v128.xor(x7, x8));
    x3 = i32x4.add(x3, x4);
    x14 = left16(v128.xor(x14, x3));
    x9 = i32x4.add(x9, x14);
    x4 = left12(v128.xor(x4, x9));
    x3 = i32x4.add(x3, x4);
    x14 = left8(v128.xor(x14, x3));
    x9 = i32x4.add(x9, x14);
    x4 = left7(v128.xor(x4, x9));
  }
  v128.store(out, i32x4.add(x0, v128.load32_splat(row, 0)), 0);
  v128.store(out, i32x4.add(x1, v128.load32_splat(row, 4)), 16);
  v128.store(out, i32x4.add(x2, v128.load32_splat(row, 8)), 32);
  v128.store(out, i32x4.add(x3, v128.load32_splat(row, 12)), 48);
  v128.store(out, i32x4.add(x4, v128.load32_splat(row, 16)), 64);
  v128.store(out, i32x4.add(x5, v128.load32_splat(row, 20)), 80);
  v128.store(out, i32x4.add(x6, v128.load32_splat(row, 24)), 96);
  v128.store(out, i32x4.add(x7, v128.load32_splat(row, 28)), 112);
  v128.store(out, i32x4.add(x8, v128.load32_splat(row, 32)), 128);
  v128.store(out, i32x4.add(x9, v128.load32_splat(row, 36)), 144);
  v128.store(out, i32x4.add(x10, v128.load32_splat(row, 40)), 160);
  v128.store(out, i32x4.add(x11, v128.load32_splat(row, 44)), 176);
  v128.store(out, i32x4.add(x12, counters), 192);
  v128.store(out, i32x4.add(x13, v128.load32_splat(row, 52)), 208);
  v128.store(out, i32x4.add(x14, v128.load32_splat(row, 56)), 224);
  v128.store(out, i32x4.add(x15, v128.load32_splat(row, 60)), 240);
}
