/**
 * The product of a round as the specification writes it, operand by operand: slow, plain and independent of
 * the verifier's way to recompute one entry.
 */
import { int5, mix } from '../../../shared/proofs/protocol/arithmetic.ts';
import { chacha8Words } from '../../../shared/proofs/protocol/chacha8.ts';
import { leafBytes, tileSide } from '../../../shared/proofs/protocol/parameters.ts';

/** Rows of operands, n of them, k each. */
export interface Operands {
  readonly a: Int8Array;
  /** The transpose of B. */
  readonly bt: Int8Array;
}

export interface Shape {
  readonly n: number;
  readonly k: number;
}

const rowsOf = (roundSeed: Uint8Array, round: number, side: 0 | 1, { n, k }: Shape): Int8Array => {
  const operands = new Int8Array(n * k);
  const words = new Uint32Array(k / 4);
  const bytes = new Uint8Array(words.buffer);
  for (let row = 0; row < n; row += 1) {
    chacha8Words(roundSeed, round, side, row, words);
    for (let p = 0; p < k; p += 1) operands[row * k + p] = int5(bytes[p] as number);
  }
  return operands;
};

/** A and the transpose of B of a round. */
export const operandsOf = (roundSeed: Uint8Array, round: number, shape: Shape): Operands => ({
  a: rowsOf(roundSeed, round, 0, shape),
  bt: rowsOf(roundSeed, round, 1, shape),
});

/** Four neighbouring entries of a row of the product. */
const four = (operands: Operands, k: number, i: number, j: number, out: Int32Array): void => {
  const { a, bt } = operands;
  let c0 = 0;
  let c1 = 0;
  let c2 = 0;
  let c3 = 0;
  for (let p = 0, at = i * k, b = j * k; p < k; p += 1, at += 1, b += 1) {
    const operand = a[at] as number;
    c0 += operand * (bt[b] as number);
    c1 += operand * (bt[b + k] as number);
    c2 += operand * (bt[b + 2 * k] as number);
    c3 += operand * (bt[b + 3 * k] as number);
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
};

/** One entry. */
export const entryOf = (operands: Operands, { k }: Shape, i: number, j: number): number => {
  let sum = 0;
  for (let p = 0; p < k; p += 1) {
    sum += (operands.a[i * k + p] as number) * (operands.bt[j * k + p] as number);
  }
  return sum;
};

const entries = new Int32Array(4);

/** Writes the mixed entries of a leaf; `result` is what the prover takes for an entry. */
export const fillLeaf = (
  operands: Operands,
  { n, k }: Shape,
  leaf: number,
  bytes: Uint8Array,
  result: (entry: number) => number = (entry) => entry,
): void => {
  const tiles = n / tileSide;
  const top = tileSide * Math.floor(leaf / tiles);
  const left = tileSide * (leaf % tiles);
  for (let at = 0; at < leafBytes; at += 4) {
    four(operands, k, top + (at >> 5), left + (at & 31), entries);
    for (let more = 0; more < 4; more += 1) {
      bytes[at + more] = mix(result(entries[more] as number));
    }
  }
};
