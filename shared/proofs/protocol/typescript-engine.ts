/**
 * The engine in TypeScript: the definition that the WASM engine is compared with, and the fallback where
 * that one cannot be loaded. It keeps a fixed 130 KiB of scratch memory and allocates only its answers.
 */
import { chainingWords, chunkCv, chunkWords, parentCv } from './blake3.ts';
import { digestBytes } from './bytes.ts';
import { chacha8Words } from './chacha8.ts';
import { dotOfWords } from './dot.ts';
import type { ProofEngine } from './engine.ts';
import { laneOut, laneStart, walkAddress, walkStep } from './walk.ts';

/** The longest row. */
const operandsMax = 65_536;
const rowA = new Int32Array(operandsMax / 4);
const rowB = new Int32Array(operandsMax / 4);

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
    return dotOfWords(a, b);
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
