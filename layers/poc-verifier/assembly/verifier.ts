/**
 * What the module exports: the work of the verifier in bulk, over buffers at fixed places in one page of
 * memory. A caller copies what it has to the places named here, calls, and copies the answer out. No call
 * keeps anything for the next one, allocates, or imports; the same bytes always give the same bytes.
 */
import { rootOf } from './blake3';
import { entryOf } from './product';
import { addressOf, outOf, startLane, stepLane } from './walk';

/** 32 bytes: a round's seed, or the key of the walk. */
export const KEY: usize = memory.data(32, 16);

/** 1024 bytes: a leaf. */
export const LEAF: usize = memory.data(1024, 16);

/** Up to 32 chaining values of 32 bytes: the siblings from a leaf's level upwards. */
export const PATH: usize = memory.data(1024, 16);

/** 1024 bytes: a lane's state, 256 words. */
export const STATE: usize = memory.data(1024, 16);

/** 32 bytes: a root, or in the first 16 what a lane leaves behind. */
export const ANSWER: usize = memory.data(32, 16);

/** Entry (i, j) of the product of `round` under the seed in KEY; `k`: a multiple of 64 up to 65536. */
export function entry(round: u32, i: u32, j: u32, k: u32): i32 {
  return entryOf(KEY, round, i, j, k);
}

/** The root above LEAF as chunk `index` with `depth` siblings in PATH, to ANSWER. */
export function root(index: u32, depth: u32): void {
  rootOf(LEAF, index, PATH, depth, ANSWER);
}

/** The state that `lane` starts with under the key in KEY, to STATE. */
export function laneStart(lane: u32): void {
  startLane(KEY, lane, STATE);
}

/** The word x of STATE. */
export function walkAddress(): u32 {
  return addressOf(STATE);
}

/** One step: LEAF into STATE, with the partners that `x` chooses. */
export function walkStep(x: u32): void {
  stepLane(STATE, LEAF, x);
}

/** What STATE leaves behind, to the first 16 bytes of ANSWER. */
export function laneOut(): void {
  outOf(STATE, ANSWER);
}
