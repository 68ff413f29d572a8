/**
 * One lane of the walk. Its 256 words all decide which leaf is read next and which words are mixed, so a
 * lane can neither be prefetched nor be spread over devices without moving half of its state per step.
 * States are changed in place.
 */
import { chacha8Words } from './chacha8.ts';
import { laneOutBytes } from './parameters.ts';

const { imul } = Math;

/** Words of a lane's state and of a leaf. */
export const laneWords = 256;

const laneNonce = 0x57414c4b;

/** The state that a lane starts with. */
export const laneStart = (walkKey: Uint8Array, lane: number): Uint32Array => {
  const state = new Uint32Array(laneWords);
  chacha8Words(walkKey, laneNonce, lane, 0, state);
  return state;
};

/** The word x of a state, 0..2^32-1. */
export const walkAddress = (state: Uint32Array): number => {
  let x = 0;
  for (let j = 0; j < laneWords; j += 1) {
    const word = state[j] as number;
    x ^= (word << (j & 31)) | (word >>> (-j & 31));
  }
  x = imul(x ^ (x >>> 16), 0x85ebca77);
  return (x ^ (x >>> 13)) >>> 0;
};

const before = new Uint32Array(laneWords);

/** One step: mixes the 256 words of `leaf` into the state, with the partners that `x` chooses. */
export const walkStep = (state: Uint32Array, leaf: Uint32Array, x: number): void => {
  before.set(state);
  const shift = x & 255;
  for (let j = 0; j < laneWords; j += 1) {
    let mixed = imul((before[j] as number) ^ (leaf[j] as number), 0x9e3779b1);
    mixed ^= mixed >>> 15;
    const partner = before[(j + shift) & 255] as number;
    state[j] = mixed + ((partner << 9) | (partner >>> 23));
  }
};

/** The 16 bytes that a lane leaves behind. */
export const laneOut = (state: Uint32Array): Uint8Array => {
  const sums = [0, 0, 0, 0];
  for (let j = 0; j < laneWords; j += 1) {
    const at = j & 3;
    sums[at] = (imul((sums[at] as number) ^ (state[j] as number), 0x01000193) + j) | 0;
  }
  const out = new Uint8Array(laneOutBytes);
  const view = new DataView(out.buffer);
  for (const [at, sum] of sums.entries()) view.setInt32(4 * at, sum, true);
  return out;
};
