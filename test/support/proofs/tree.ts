/** The tree over the leaves of a round, or over the outs of lanes: its root, and the path of any leaf. */
import {
  chainingWords,
  chunkCv,
  chunkWords,
  parentCv,
} from '../../../shared/proofs/protocol/blake3.ts';

export class Tree {
  /** Chaining values, eight words each: of the leaves, of their parents, up to the root's children. */
  readonly #levels: Uint32Array[] = [];
  readonly root: Uint8Array;

  /** `words`: the leaves, 256 words each; their number is a power of two. */
  constructor(words: Uint32Array) {
    const leaves = words.length / chunkWords;
    const top = new Uint32Array(chainingWords);
    let level = new Uint32Array(leaves * chainingWords);
    for (let leaf = 0; leaf < leaves; leaf += 1) {
      const chunk = words.subarray(leaf * chunkWords, (leaf + 1) * chunkWords);
      chunkCv(chunk, leaf, leaves === 1, level.subarray(leaf * chainingWords));
    }
    if (leaves === 1) top.set(level);
    else this.#levels.push(level);
    while (level.length > 2 * chainingWords) {
      const parents = new Uint32Array(level.length / 2);
      for (let at = 0; at < parents.length; at += chainingWords) {
        parentCv(level, 2 * at, false, parents.subarray(at));
      }
      this.#levels.push(parents);
      level = parents;
    }
    if (leaves > 1) parentCv(level, 0, true, top);
    this.root = new Uint8Array(top.buffer);
  }

  /** The chaining value of a leaf. */
  cv(leaf: number): Uint8Array {
    return this.#node(0, leaf);
  }

  /** Siblings from the leaf's level up to the root's children. */
  path(leaf: number): Uint8Array {
    return Buffer.concat(
      this.#levels.map((_, height) => this.#node(height, (leaf >>> height) ^ 1)),
    );
  }

  #node(height: number, at: number): Uint8Array {
    const level = this.#levels[height] ?? new Uint32Array(chainingWords);
    return new Uint8Array(level.buffer, 4 * chainingWords * at, 4 * chainingWords);
  }
}
