/**
 * BLAKE3 of a tree of full 1 KiB chunks: the chaining value of a chunk, and from there the root along a
 * path of siblings. One compression works on the four columns, then on the four diagonals of its state at
 * once: a vector holds a row of the state, or the message words of one half of a round.
 */

const CHUNK_START: u32 = 1;
const CHUNK_END: u32 = 2;
const PARENT: u32 = 4;
const ROOT: u32 = 8;

const BLOCK_BYTES: u32 = 64;
const CHUNK_BLOCKS: u32 = 16;
const VALUE_BYTES: i32 = 32;

const INITIAL: usize = memory.data<u32>([
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
]);

/** The chaining value that is being computed. */
const VALUE: usize = memory.data(VALUE_BYTES, 16);

/** Two chaining values side by side: what a parent is made of. */
const SIBLINGS: usize = memory.data(2 * VALUE_BYTES, 16);

function right16(v: v128): v128 {
  return i8x16.shuffle(v, v, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);
}

function right12(v: v128): v128 {
  return v128.or(i32x4.shr_u(v, 12), i32x4.shl(v, 20));
}

function right8(v: v128): v128 {
  return i8x16.shuffle(v, v, 1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12);
}

function right7(v: v128): v128 {
  return v128.or(i32x4.shr_u(v, 7), i32x4.shl(v, 25));
}

function turn1(v: v128): v128 {
  return i32x4.shuffle(v, v, 1, 2, 3, 0);
}

function turn2(v: v128): v128 {
  return i32x4.shuffle(v, v, 2, 3, 0, 1);
}

function turn3(v: v128): v128 {
  return i32x4.shuffle(v, v, 3, 0, 1, 2);
}

/** Compresses a block into VALUE, in place. */
function compress(block: usize, counter: u32, flags: u32): void {
  let a = v128.load(VALUE);
  let b = v128.load(VALUE, 16);
  let c = v128.load(INITIAL);
  let d = i32x4.replace_lane(i32x4.splat(0), 0, counter);
  d = i32x4.replace_lane(i32x4.replace_lane(d, 2, BLOCK_BYTES), 3, flags);
  const words0 = v128.load(block);
  const words4 = v128.load(block, 16);
  const words8 = v128.load(block, 32);
  const words12 = v128.load(block, 48);
  // Message words 0 2 4 6, 1 3 5 7, 8 10 12 14 and 9 11 13 15, as the halves of the columns and diagonals read them.
  let m0 = i32x4.shuffle(words0, words4, 0, 2, 4, 6);
  let m1 = i32x4.shuffle(words0, words4, 1, 3, 5, 7);
  let m2 = i32x4.shuffle(words8, words12, 0, 2, 4, 6);
  let m3 = i32x4.shuffle(words8, words12, 1, 3, 5, 7);
  for (let round = 0; round < 7; round++) {
    a = i32x4.add(i32x4.add(a, b), m0);
    d = right16(v128.xor(d, a));
    c = i32x4.add(c, d);
    b = right12(v128.xor(b, c));
    a = i32x4.add(i32x4.add(a, b), m1);
    d = right8(v128.xor(d, a));
    c = i32x4.add(c, d);
    b = turn1(right7(v128.xor(b, c)));
    c = turn2(c);
    d = turn3(d);
    a = i32x4.add(i32x4.add(a, b), m2);
    d = right16(v128.xor(d, a));
    c = i32x4.add(c, d);
    b = right12(v128.xor(b, c));
    a = i32x4.add(i32x4.add(a, b), m3);
    d = right8(v128.xor(d, a));
    c = i32x4.add(c, d);
    b = turn3(right7(v128.xor(b, c)));
    c = turn2(c);
    d = turn1(d);
    // The next round reads words 2 3 7 4, 6 10 0 13, 1 12 9 15 and 11 5 14 8 in these places.
    const w6w10 = i32x4.shuffle(m0, m2, 3, 5, 0, 0);
    const w12w9w15 = i32x4.shuffle(m2, m3, 2, 4, 7, 7);
    const w11w5 = i32x4.shuffle(m3, m1, 1, 6, 1, 6);
    const next0 = i32x4.shuffle(m0, m1, 1, 5, 7, 2);
    const next1 = i32x4.shuffle(w6w10, m3, 0, 1, 2, 6);
    const next2 = i32x4.shuffle(m1, w12w9w15, 0, 4, 5, 6);
    m3 = i32x4.shuffle(w11w5, m2, 0, 1, 7, 4);
    m0 = next0;
    m1 = next1;
    m2 = next2;
  }
  v128.store(VALUE, v128.xor(a, c));
  v128.store(VALUE, v128.xor(b, d), 16);
}

function beginValue(): void {
  v128.store(VALUE, v128.load(INITIAL));
  v128.store(VALUE, v128.load(INITIAL, 16), 16);
}

/**
 * The root of the tree in which the 1024 bytes at `leaf` are chunk `index`, to the 32 bytes at `to`;
 * `depth` siblings stand at `path`, the leaf's own first.
 */
export function rootOf(leaf: usize, index: u32, path: usize, depth: u32, to: usize): void {
  beginValue();
  for (let block: u32 = 0; block < CHUNK_BLOCKS; block++) {
    let flags: u32 = block === 0 ? CHUNK_START : 0;
    if (block === CHUNK_BLOCKS - 1) flags |= depth === 0 ? CHUNK_END | ROOT : CHUNK_END;
    compress(leaf + block * BLOCK_BYTES, index, flags);
  }
  for (let level: u32 = 0; level < depth; level++) {
    const own = index & 1 ? VALUE_BYTES : 0;
    const sibling = path + level * VALUE_BYTES;
    v128.store(SIBLINGS + own, v128.load(VALUE));
    v128.store(SIBLINGS + own, v128.load(VALUE, 16), 16);
    v128.store(SIBLINGS + (VALUE_BYTES - own), v128.load(sibling));
    v128.store(SIBLINGS + (VALUE_BYTES - own), v128.load(sibling, 16), 16);
    beginValue();
    compress(SIBLINGS, 0, level === depth - 1 ? PARENT | ROOT : PARENT);
    index >>= 1;
  }
  v128.store(to, v128.load(VALUE));
  v128.store(to, v128.load(VALUE, 16), 16);
}
