/**
 * BLAKE3 as far as the protocol needs it: chaining values of full 1 KiB chunks and of parents in complete
 * trees, 32 bytes of output. Own code, because libraries hash whole messages and do not give the nodes of
 * the tree, and because the one written in JavaScript is more than ten times slower than this. Chaining
 * values are eight words; blocks are always full.
 */
import { assert } from '../../core/assert.ts';

/** Words of a chunk and of a chaining value. */
export const chunkWords = 256;
export const chainingWords = 8;

const chunkStart = 1;
const chunkEnd = 2;
const parent = 4;
const root = 8;

const initial = Uint32Array.of(
  0x6a09e667,
  0xbb67ae85,
  0x3c6ef372,
  0xa54ff53a,
  0x510e527f,
  0x9b05688c,
  0x1f83d9ab,
  0x5be0cd19,
);

/** Compresses the 16 words of `block` from `at` into the chaining value `cv`, in place. */
const compress = (
  cv: Uint32Array,
  block: Uint32Array,
  at: number,
  counter: number,
  flags: number,
): void => {
  let m0 = block[at] as number;
  let m1 = block[at + 1] as number;
  let m2 = block[at + 2] as number;
  let m3 = block[at + 3] as number;
  let m4 = block[at + 4] as number;
  let m5 = block[at + 5] as number;
  let m6 = block[at + 6] as number;
  let m7 = block[at + 7] as number;
  let m8 = block[at + 8] as number;
  let m9 = block[at + 9] as number;
  let m10 = block[at + 10] as number;
  let m11 = block[at + 11] as number;
  let m12 = block[at + 12] as number;
  let m13 = block[at + 13] as number;
  let m14 = block[at + 14] as number;
  let m15 = block[at + 15] as number;
  let v0 = cv[0] as number;
  let v1 = cv[1] as number;
  let v2 = cv[2] as number;
  let v3 = cv[3] as number;
  let v4 = cv[4] as number;
  let v5 = cv[5] as number;
  let v6 = cv[6] as number;
  let v7 = cv[7] as number;
  let v8 = 0x6a09e667;
  let v9 = 0xbb67ae85;
  let v10 = 0x3c6ef372;
  let v11 = 0xa54ff53a;
  let v12 = counter;
  let v13 = 0;
  let v14 = 64;
  let v15 = flags;
  for (let round = 0; round < 7; round += 1) {
    v0 = (v0 + v4 + m0) | 0;
    v12 ^= v0;
    v12 = (v12 >>> 16) | (v12 << 16);
    v8 = (v8 + v12) | 0;
    v4 ^= v8;
    v4 = (v4 >>> 12) | (v4 << 20);
    v0 = (v0 + v4 + m1) | 0;
    v12 ^= v0;
    v12 = (v12 >>> 8) | (v12 << 24);
    v8 = (v8 + v12) | 0;
    v4 ^= v8;
    v4 = (v4 >>> 7) | (v4 << 25);
    v1 = (v1 + v5 + m2) | 0;
    v13 ^= v1;
    v13 = (v13 >>> 16) | (v13 << 16);
    v9 = (v9 + v13) | 0;
    v5 ^= v9;
    v5 = (v5 >>> 12) | (v5 << 20);
    v1 = (v1 + v5 + m3) | 0;
    v13 ^= v1;
    v13 = (v13 >>> 8) | (v13 << 24);
    v9 = (v9 + v13) | 0;
    v5 ^= v9;
    v5 = (v5 >>> 7) | (v5 << 25);
    v2 = (v2 + v6 + m4) | 0;
    v14 ^= v2;
    v14 = (v14 >>> 16) | (v14 << 16);
    v10 = (v10 + v14) | 0;
    v6 ^= v10;
    v6 = (v6 >>> 12) | (v6 << 20);
    v2 = (v2 + v6 + m5) | 0;
    v14 ^= v2;
    v14 = (v14 >>> 8) | (v14 << 24);
    v10 = (v10 + v14) | 0;
    v6 ^= v10;
    v6 = (v6 >>> 7) | (v6 << 25);
    v3 = (v3 + v7 + m6) | 0;
    v15 ^= v3;
    v15 = (v15 >>> 16) | (v15 << 16);
    v11 = (v11 + v15) | 0;
    v7 ^= v11;
    v7 = (v7 >>> 12) | (v7 << 20);
    v3 = (v3 + v7 + m7) | 0;
    v15 ^= v3;
    v15 = (v15 >>> 8) | (v15 << 24);
    v11 = (v11 + v15) | 0;
    v7 ^= v11;
    v7 = (v7 >>> 7) | (v7 << 25);
    v0 = (v0 + v5 + m8) | 0;
    v15 ^= v0;
    v15 = (v15 >>> 16) | (v15 << 16);
    v10 = (v10 + v15) | 0;
    v5 ^= v10;
    v5 = (v5 >>> 12) | (v5 << 20);
    v0 = (v0 + v5 + m9) | 0;
    v15 ^= v0;
    v15 = (v15 >>> 8) | (v15 << 24);
    v10 = (v10 + v15) | 0;
    v5 ^= v10;
    v5 = (v5 >>> 7) | (v5 << 25);
    v1 = (v1 + v6 + m10) | 0;
    v12 ^= v1;
    v12 = (v12 >>> 16) | (v12 << 16);
    v11 = (v11 + v12) | 0;
    v6 ^= v11;
    v6 = (v6 >>> 12) | (v6 << 20);
    v1 = (v1 + v6 + m11) | 0;
    v12 ^= v1;
    v12 = (v12 >>> 8) | (v12 << 24);
    v11 = (v11 + v12) | 0;
    v6 ^= v11;
    v6 = (v6 >>> 7) | (v6 << 25);
    v2 = (v2 + v7 + m12) | 0;
    v13 ^= v2;
    v13 = (v13 >>> 16) | (v13 << 16);
    v8 = (v8 + v13) | 0;
    v7 ^= v8;
    v7 = (v7 >>> 12) | (v7 << 20);
    v2 = (v2 + v7 + m13) | 0;
    v13 ^= v2;
    v13 = (v13 >>> 8) | (v13 << 24);
    v8 = (v8 + v13) | 0;
    v7 ^= v8;
    v7 = (v7 >>> 7) | (v7 << 25);
    v3 = (v3 + v4 + m14) | 0;
    v14 ^= v3;
    v14 = (v14 >>> 16) | (v14 << 16);
    v9 = (v9 + v14) | 0;
    v4 ^= v9;
    v4 = (v4 >>> 12) | (v4 << 20);
    v3 = (v3 + v4 + m15) | 0;
    v14 ^= v3;
    v14 = (v14 >>> 8) | (v14 << 24);
    v9 = (v9 + v14) | 0;
    v4 ^= v9;
    v4 = (v4 >>> 7) | (v4 << 25);
    // The next round reads the message permuted.
    const held0 = m0;
    m0 = m2;
    m2 = m3;
    m3 = m10;
    m10 = m12;
    m12 = m9;
    m9 = m11;
    m11 = m5;
    m5 = held0;
    const held1 = m1;
    m1 = m6;
    m6 = m4;
    m4 = m7;
    m7 = m13;
    m13 = m14;
    m14 = m15;
    m15 = m8;
    m8 = held1;
  }
  cv[0] = v0 ^ v8;
  cv[1] = v1 ^ v9;
  cv[2] = v2 ^ v10;
  cv[3] = v3 ^ v11;
  cv[4] = v4 ^ v12;
  cv[5] = v5 ^ v13;
  cv[6] = v6 ^ v14;
  cv[7] = v7 ^ v15;
};

/**
 * The chaining value of a chunk of 256 words, written to `out` from `outAt`. `index`: the chunk's place in
 * the message; `isRoot`: it is the whole message.
 */
export const chunkCv = (
  words: Uint32Array,
  index: number,
  isRoot: boolean,
  out: Uint32Array,
): void => {
  assert(words.length === chunkWords, 'a full chunk');
  out.set(initial);
  compress(out, words, 0, index, chunkStart);
  for (let at = 16; at < chunkWords - 16; at += 16) compress(out, words, at, index, 0);
  compress(out, words, chunkWords - 16, index, isRoot ? chunkEnd | root : chunkEnd);
};

/** The chaining value of the parent of two, given side by side in the 16 words of `block` from `at`. */
export const parentCv = (
  block: Uint32Array,
  at: number,
  isRoot: boolean,
  out: Uint32Array,
): void => {
  out.set(initial);
  compress(out, block, at, 0, isRoot ? parent | root : parent);
};
