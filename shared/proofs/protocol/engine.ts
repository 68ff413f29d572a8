/**
 * What the verifier computes in bulk, behind one interface: entries of a product, roots of paths, and the
 * steps of a lane. Two engines keep it, TypeScript and WASM, equal bit for bit; the verifier's own code
 * is the same for both. An engine keeps no state between calls but scratch memory of constant size, and
 * never keeps or returns a view of what it was given.
 */

export interface ProofEngine {
  readonly name: 'typescript' | 'wasm';

  /**
   * Entry (i, j) of the product of a round, as an int32: the dot product of row i of A and row j of the
   * transpose of B, `k` operands each, from ChaCha8(roundSeed, (round, 0, i)) and (round, 1, j).
   * `roundSeed`: 32 bytes; `k`: a multiple of 64 up to 65536.
   */
  entry(roundSeed: Uint8Array, round: number, i: number, j: number, k: number): number;

  /**
   * The BLAKE3 root of the complete tree in which the 1024 bytes of `leaf` are chunk `index` and `path`
   * holds the siblings' chaining values from the leaf's level upwards, 32 bytes each. An empty path: the
   * leaf is the whole message. Answers 32 new bytes.
   */
  root(leaf: Uint8Array, index: number, path: Uint8Array): Uint8Array;

  /** The 256 words that the lane starts with: ChaCha8(walkKey, (0x57414c4b, lane, 0)). A new array. */
  laneStart(walkKey: Uint8Array, lane: number): Uint32Array;

  /** The word x (0..2^32-1) of a lane's state (256 words): it chooses the leaf and the partner words. */
  walkAddress(state: Uint32Array): number;

  /** One step, in place: mixes the 1024 bytes of `leaf` into the state; `x` is the state's address word. */
  walkStep(state: Uint32Array, leaf: Uint8Array, x: number): void;

  /** The 16 bytes that the lane leaves behind. A new array. */
  laneOut(state: Uint32Array): Uint8Array;
}
