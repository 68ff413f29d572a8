/**
 * One lane of the walk: 256 words that choose which leaf is read next and that take it in. Four words at
 * a time; a state is followed by a copy of itself, so that partners are read without a turn at its end.
 */
import { FOUR_BLOCKS_BYTES, fourBlocks, prepareRow, ROW_BYTES } from './chacha8';

const LANE_NONCE: u32 = 0x57414c4b;

/** Bytes of a state and of a leaf. */
export const STATE_BYTES: usize = 1024;

const ROW: usize = memory.data(ROW_BYTES, 16);
const BLOCKS: usize = memory.data(FOUR_BLOCKS_BYTES, 16);
const TWICE: usize = memory.data(2 * 1024, 16);

/** Four rows of four words become four columns; vector c of `to` holds word c of every row. */
function transpose4(to: usize, r0: v128, r1: v128, r2: v128, r3: v128): void {
  const low01 = i32x4.shuffle(r0, r1, 0, 4, 1, 5);
  const low23 = i32x4.shuffle(r2, r3, 0, 4, 1, 5);
  const high01 = i32x4.shuffle(r0, r1, 2, 6, 3, 7);
  const high23 = i32x4.shuffle(r2, r3, 2, 6, 3, 7);
  v128.store(to, i64x2.shuffle(low01, low23, 0, 2));
  v128.store(to, i64x2.shuffle(low01, low23, 1, 3), 16);
  v128.store(to, i64x2.shuffle(high01, high23, 0, 2), 32);
  v128.store(to, i64x2.shuffle(high01, high23, 1, 3), 48);
}

/** The first 16 blocks of the lane's stream, in their order, to `state`. */
export function startLane(key: usize, lane: u32, state: usize): void {
  prepareRow(ROW, key, LANE_NONCE, lane, 0);
  for (let block: u32 = 0; block < 16; block += 4) {
    fourBlocks(ROW, block, BLOCKS);
    // Vectors w to w + 3 hold four words of four blocks: turned, they are 16 bytes of each block.
    for (let quarter: usize = 0; quarter < 64; quarter += 16) {
      const words = BLOCKS + 4 * quarter;
      const r0 = v128.load(words);
      const r1 = v128.load(words, 16);
      const r2 = v128.load(words, 32);
      const r3 = v128.load(words, 48);
      transpose4(words, r0, r1, r2, r3);
      const to = state + 64 * block + quarter;
      v128.store(to, v128.load(words));
      v128.store(to, v128.load(words, 16), 64);
      v128.store(to, v128.load(words, 32), 128);
      v128.store(to, v128.load(words, 48), 192);
    }
  }
}

/** The word x of a state: all words, each turned by its place modulo 32, folded and mixed. */
export function addressOf(state: usize): u32 {
  let folded: u32 = 0;
  for (let place: u32 = 0; place < 32; place += 4) {
    const at = state + 4 * place;
    let words = v128.load(at);
    for (let more: usize = 128; more < STATE_BYTES; more += 128) {
      words = v128.xor(words, v128.load(at + more));
    }
    folded ^= rotl<u32>(i32x4.extract_lane(words, 0), place);
    folded ^= rotl<u32>(i32x4.extract_lane(words, 1), place + 1);
    folded ^= rotl<u32>(i32x4.extract_lane(words, 2), place + 2);
    folded ^= rotl<u32>(i32x4.extract_lane(words, 3), place + 3);
  }
  folded = (folded ^ (folded >>> 16)) * 0x85ebca77;
  return folded ^ (folded >>> 13);
}

/** Takes the leaf into the state; x chooses how far away each word's partner stands. */
export function stepLane(state: usize, leaf: usize, x: u32): void {
  memory.copy(TWICE, state, STATE_BYTES);
  memory.copy(TWICE + STATE_BYTES, state, STATE_BYTES);
  const partners = TWICE + 4 * (x & 255);
  const factor = i32x4.splat(0x9e3779b1);
  for (let at: usize = 0; at < STATE_BYTES; at += 16) {
    const mixed = i32x4.mul(v128.xor(v128.load(TWICE + at), v128.load(leaf + at)), factor);
    const partner = v128.load(partners + at);
    const turned = v128.or(i32x4.shl(partner, 9), i32x4.shr_u(partner, 23));
    v128.store(state + at, i32x4.add(v128.xor(mixed, i32x4.shr_u(mixed, 15)), turned));
  }
}

/** What a lane leaves behind: four words, each made of every fourth word of the state; to `out`. */
export function outOf(state: usize, out: usize): void {
  const factor = i32x4.splat(0x01000193);
  const four = i32x4.splat(4);
  let places = i32x4(0, 1, 2, 3);
  let sums = i32x4.splat(0);
  for (let at: usize = 0; at < STATE_BYTES; at += 16) {
    sums = i32x4.add(i32x4.mul(v128.xor(sums, v128.load(state + at)), factor), places);
    places = i32x4.add(places, four);
  }
  v128.store(out, sums);
}
