/**
 * Merkle trees of RFC 6962 (section 2.1) with SHA-256: a leaf is hashed behind the byte 0, a node behind the byte
 * 1, so that no node can pose as a leaf. Hashes of a whole level lie behind one another in one buffer.
 */
import { hash } from 'node:crypto';
import { assert } from '../core/assert.ts';

const hashBytes = 32;
const leafMark = Buffer.of(0);

/** The hash of a leaf. */
export const leafHashOf = (leaf: string | Uint8Array): Uint8Array =>
  hash('sha256', Buffer.concat([leafMark, Buffer.from(leaf)]), 'buffer');

const nodeHashOf = (left: Uint8Array, right: Uint8Array): Uint8Array => {
  const bytes = Buffer.alloc(1 + 2 * hashBytes, 1);
  bytes.set(left, 1);
  bytes.set(right, 1 + hashBytes);
  return hash('sha256', bytes, 'buffer');
};

/** The hashes of all leaves of a tree, added one by one. */
export class MerkleTree {
  readonly #leaves: Buffer;
  #size = 0;

  /** A tree of at most so many leaves. */
  constructor(capacity: number) {
    assert(Number.isSafeInteger(capacity) && capacity >= 0, 'a number of leaves');
    this.#leaves = Buffer.alloc(capacity * hashBytes);
  }

  get size(): number {
    return this.#size;
  }

  add(leaf: string | Uint8Array): void {
    this.addHash(leafHashOf(leaf));
  }

  /** Adds the root of a tree in the place of a leaf: trees of 2^n leaves but the last make one tree so. */
  addHash(root: Uint8Array): void {
    assert(this.#size * hashBytes < this.#leaves.length, 'a leaf more than the tree was made for');
    assert(root.length === hashBytes, 'a hash of another length');
    this.#leaves.set(root, this.#size * hashBytes);
    this.#size += 1;
  }

  /** The root; that of a tree without leaves is the hash of nothing. */
  root(): Uint8Array {
    const [root] = this.#climb(-1);
    return root ?? hash('sha256', '', 'buffer');
  }

  /** The hashes that lead from the leaf at this place, from 0, to the root; the lowest first. */
  pathOf(place: number): readonly Uint8Array[] {
    assert(Number.isSafeInteger(place) && place >= 0 && place < this.#size, `no leaf ${place}`);
    return this.#climb(place).slice(1);
  }

  /** The root, and behind it the siblings of the place on the way up. */
  #climb(place: number): readonly Uint8Array[] {
    const level = Buffer.from(this.#leaves.subarray(0, this.#size * hashBytes));
    const at = (index: number) => level.subarray(index * hashBytes, (index + 1) * hashBytes);
    const path: Uint8Array[] = [];
    let followed = place;
    for (let count = this.#size; count > 1; count = Math.ceil(count / 2)) {
      const sibling = followed % 2 === 0 ? followed + 1 : followed - 1;
      if (place >= 0 && sibling < count) path.push(Buffer.from(at(sibling)));
      followed = Math.floor(followed / 2);
      for (let left = 0; left < count; left += 2) {
        // A hash without a sibling goes up as it is.
        const up = left + 1 < count ? nodeHashOf(at(left), at(left + 1)) : at(left);
        level.set(up, (left / 2) * hashBytes);
      }
    }
    return this.#size === 0 ? [] : [Buffer.from(at(0)), ...path];
  }
}

/** What an inclusion proof claims: that the leaf stands at this place of a tree of this size. */
export interface Inclusion {
  readonly leaf: string | Uint8Array;
  /** From 0. */
  readonly place: number;
  readonly size: number;
  /** The lowest first. */
  readonly path: readonly Uint8Array[];
}

/** The root that the proof leads to; undefined for one whose path has another length than its place needs. */
export const rootOfInclusion = ({ leaf, place, size, path }: Inclusion): Uint8Array | undefined => {
  if (!Number.isSafeInteger(size) || !Number.isSafeInteger(place)) return undefined;
  if (place < 0 || place >= size) return undefined;
  let root = leafHashOf(leaf);
  let used = 0;
  let at = place;
  for (let count = size; count > 1; count = Math.ceil(count / 2), at = Math.floor(at / 2)) {
    const isAlone = at % 2 === 0 && at + 1 === count;
    if (isAlone) continue;
    const sibling = path[used];
    if (sibling?.length !== hashBytes) return undefined;
    root = at % 2 === 0 ? nodeHashOf(root, sibling) : nodeHashOf(sibling, root);
    used += 1;
  }
  return used === path.length ? root : undefined;
};
