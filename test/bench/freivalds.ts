/**
 * The scheme that ours is compared with, from its published description (PrimeIntellect-ai/gpu-challenge):
 * the prover commits to the rows of C = A x B by a Merkle tree, the verifier then sends a random vector r,
 * gets C*r and ten rows with their paths, makes A and B again from the seed, and checks C*r = A*(B*r) and
 * every opened row. Our own implementation, kind to it: the quickest generator that we have, operands of a
 * byte, exact integers in place of a tolerance, all rows in one pass over B. One product, no rounds.
 */
import { assert } from '../../shared/core/assert.ts';
import { int5 } from '../../shared/proofs/protocol/arithmetic.ts';
import { sameBytes, sha256 } from '../../shared/proofs/protocol/bytes.ts';
import { chacha8Words } from '../../shared/proofs/protocol/chacha8.ts';
import type { Chance } from '../support/proofs/chance.ts';

/** Rows that are opened and computed again. */
const openedRows = 10;

export interface OpenedRow {
  readonly index: number;
  readonly entries: Int32Array;
  /** Siblings from the row's level upwards. */
  readonly path: readonly Uint8Array[];
}

/** What the verifier has in hand in the end: its own seed and vector, and the prover's answers. */
export interface FreivaldsProof {
  /** Rows and columns, a power of two. */
  readonly n: number;
  readonly seed: Uint8Array;
  readonly root: Uint8Array;
  readonly r: Float64Array;
  readonly productTimesR: Float64Array;
  readonly rows: readonly OpenedRow[];
}

/** A (side 0) or B (side 1), row by row. */
const makeMatrix = (seed: Uint8Array, side: number, n: number): Int8Array => {
  const matrix = new Int8Array(n * n);
  const words = new Uint32Array(n / 4);
  const bytes = new Uint8Array(words.buffer);
  for (let row = 0, at = 0; row < n; row += 1) {
    chacha8Words(seed, 0, side, row, words);
    for (let column = 0; column < n; column += 1, at += 1) {
      matrix[at] = int5(bytes[column] as number);
    }
  }
  return matrix;
};

/** Matrix times vector: exact, for every sum stays below 2^53. */
const times = (matrix: Int8Array, vector: Float64Array): Float64Array => {
  const n = vector.length;
  const product = new Float64Array(n);
  for (let row = 0, at = 0; row < n; row += 1) {
    let sum = 0;
    for (let column = 0; column < n; column += 1, at += 1) {
      sum += (matrix[at] as number) * (vector[column] as number);
    }
    product[row] = sum;
  }
  return product;
};

/** These rows of A x B. */
const rowsOfProduct = (
  a: Int8Array,
  b: Int8Array,
  n: number,
  indexes: readonly number[],
): readonly Int32Array[] => {
  const rows = indexes.map(() => new Int32Array(n));
  for (let k = 0; k < n; k += 1) {
    for (const [at, index] of indexes.entries()) {
      const factor = a[index * n + k] as number;
      const sums = rows[at] as Int32Array;
      for (let column = 0, from = k * n; column < n; column += 1, from += 1) {
        sums[column] = ((sums[column] as number) + Math.imul(factor, b[from] as number)) | 0;
      }
    }
  }
  return rows;
};

const hashOfRow = (entries: Int32Array): Uint8Array => sha256(new Uint8Array(entries.buffer));

/** The root that a row and its path lead to. */
export const rootAbove = ({ index, entries, path }: OpenedRow): Uint8Array =>
  path.reduce(
    (node, sibling, height) =>
      (index >>> height) & 1 ? sha256(sibling, node) : sha256(node, sibling),
    hashOfRow(entries),
  );

const sameNumbers = (left: ArrayLike<number>, right: ArrayLike<number>): boolean => {
  for (let at = 0; at < left.length; at += 1) if (left[at] !== right[at]) return false;
  return left.length === right.length;
};

/** The whole work of the verifier. */
export const verifyFreivalds = ({
  n,
  seed,
  root,
  r,
  productTimesR,
  rows,
}: FreivaldsProof): boolean => {
  const a = makeMatrix(seed, 0, n);
  const b = makeMatrix(seed, 1, n);
  if (!sameNumbers(times(a, times(b, r)), productTimesR)) return false;
  if (!rows.every((row) => sameBytes(rootAbove(row), root))) return false;
  const indexes = rows.map(({ index }) => index);
  const computed = rowsOfProduct(a, b, n, indexes);
  return rows.every(({ entries }, at) => sameNumbers(entries, computed[at] as Int32Array));
};

/**
 * A proof that passes, without the whole product: only the rows that will be opened are computed, and the
 * tree has chance's digests in place of all others. The verifier works on it as on any other.
 */
export const proveFreivalds = (n: number, chance: Chance): FreivaldsProof => {
  assert(n >= openedRows && Number.isInteger(Math.log2(n)), 'a power of two with rows enough');
  const seed = chance.bytes(32);
  const a = makeMatrix(seed, 0, n);
  const b = makeMatrix(seed, 1, n);
  const r = Float64Array.from({ length: n }, () => chance.below(256) - 128);
  const indexes = chance.choose(openedRows, n);
  const computed = rowsOfProduct(a, b, n, indexes);
  const levels: Uint8Array[][] = [Array.from({ length: n }, () => chance.bytes(32))];
  for (const [at, index] of indexes.entries()) {
    (levels[0] as Uint8Array[])[index] = hashOfRow(computed[at] as Int32Array);
  }
  for (let below = levels[0] as Uint8Array[]; below.length > 1; ) {
    const lower = below;
    below = Array.from({ length: lower.length / 2 }, (_, at) =>
      sha256(lower[2 * at] as Uint8Array, lower[2 * at + 1] as Uint8Array),
    );
    levels.push(below);
  }
  const pathOf = (index: number): readonly Uint8Array[] =>
    levels.slice(0, -1).map((level, height) => level[(index >>> height) ^ 1] as Uint8Array);
  return {
    n,
    seed,
    root: (levels.at(-1) as Uint8Array[])[0] as Uint8Array,
    r,
    productTimesR: times(a, times(b, r)),
    rows: indexes.map((index, at) => ({
      index,
      entries: computed[at] as Int32Array,
      path: pathOf(index),
    })),
  };
};
