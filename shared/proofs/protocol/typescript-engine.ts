/**
 * The engine in TypeScript: the definition that the WASM engine is compared with, and the fallback where
 * that one cannot be loaded. It keeps a fixed 130 KiB of scratch memory and allocates only its answers.
 */
import { chainingWords, chunkCv, chunkWords, parentCv } from './blake3.ts';
import { digestBytes } from './bytes.ts';
import { chacha8Words } from './chacha8.ts';
import type { ProofEngine } from './engine.ts';
import { laneOut, laneStart, walkAddress, walkStep } from './walk.ts';

const { imul } = Math;

const operandsMax = 65_536;
const rowA = new Int32Array(operandsMax / 4);
const rowB = new Int32Array(operandsMax / 4);

/** Two operands of a word, in the low bits of its halves, still counted from 0. */
const pair = 0x001f001f;

/**
 * The dot product of two rows of operands, four to a word. Operands are counted from 0 (u = operand + 16),
 * and two products are summed by one multiplication: (u0 + u2 << 16) times (w2 + w0 << 16) has
 * u0*w0 + u2*w2 in its upper half. A block of 32 such sums stays below 2^16 and below it nothing carries.
 */
const dot = (a: Int32Array, b: Int32Array, words: number): number => {
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

const chunk = new Uint8Array(4 * chunkWords);
const chunkAsWords = new Uint32Array(chunk.buffer);
const cv = new Uint32Array(chainingWords);
const siblings = new Uint8Array(8 * chainingWords);
const siblingsAsWords = new Uint32Array(siblings.buffer);

const cvBytes = new Uint8Array(cv.buffer);

export const typescriptEngine: ProofEngine = {
  name: 'typescript',

  entry(roundSeed, round, i, j, k) {
    const words = k / 4;
    const a = rowA.subarray(0, words);
    const b = rowB.subarray(0, words);
    chacha8Words(roundSeed, round, 0, i, a);
    chacha8Words(roundSeed, round, 1, j, b);
    return dot(a, b, words);
  },

  root(leaf, index, path) {
    chunk.set(leaf);
    chunkCv(chunkAsWords, index, path.length === 0, cv);
    for (let at = 0, node = index; at < path.length; at += digestBytes, node >>>= 1) {
      const sibling = path.subarray(at, at + digestBytes);
      const isRight = (node & 1) === 1;
      siblings.set(sibling, isRight ? 0 : digestBytes);
      siblings.set(cvBytes, isRight ? digestBytes : 0);
      parentCv(siblingsAsWords, 0, at + digestBytes === path.length, cv);
    }
    return cvBytes.slice();
  },

  laneStart,
  walkAddress,

  walkStep(state, leaf, x) {
    chunk.set(leaf);
    walkStep(state, chunkAsWords, x);
  },

  laneOut,
};
