/** Exactness where it is hardest: the longest rows, the largest sums, the highest addresses. */
import { int5, mix, mulhi } from '../../../shared/proofs/protocol/arithmetic.ts';
import { dotOfWords } from '../../../shared/proofs/protocol/dot.ts';
import { typescriptEngine } from '../../../shared/proofs/protocol/typescript-engine.ts';
import { Chance } from '../../support/proofs/chance.ts';
import { entryOf, operandsOf } from '../../support/proofs/product.ts';

const longest = 65_536;
const wordsOf = (byte: number) => new Int32Array(longest / 4).fill(byte * 0x01010101);

/** The dot product as it is written, of the bytes of both rows. */
const plainDot = (a: Int32Array, b: Int32Array): number => {
  const left = new Uint8Array(a.buffer);
  const right = new Uint8Array(b.buffer);
  return left.reduce((sum, byte, at) => sum + int5(byte) * int5(right[at] as number), 0);
};

describe('a dot product of 65536 operands', () => {
  it.each([
    ['all -16', 0x00, 0x00, 2 ** 24],
    ['all 15', 0xff, 0xff, 225 * longest],
    ['-16 against 15', 0x00, 0xff, -240 * longest],
    ['all 0', 0x80, 0xff, 0],
  ])('is exact with operands %s', (_, left, right, sum) => {
    expect(dotOfWords(wordsOf(left), wordsOf(right))).toBe(sum);
  });

  it('is exact with random and with alternating operands', () => {
    const chance = new Chance('dot products');
    const random = () => new Int32Array(chance.bytes(longest).slice().buffer);
    for (let time = 0; time < 20; time += 1) {
      const [a, b] = [random(), random()];
      expect(dotOfWords(a, b)).toBe(plainDot(a, b));
    }
    const alternating = new Int32Array(longest / 4).fill(0x00ff00ff);
    for (const other of [alternating, wordsOf(0xff), random()]) {
      expect(dotOfWords(alternating, other)).toBe(plainDot(alternating, other));
    }
  });
});

it('the engine agrees with the plain product for every inner length of one seed', () => {
  const chance = new Chance('entries');
  for (const k of [64, 128, 1024, 4096]) {
    const seed = chance.bytes(32);
    const round = chance.below(8192);
    const operands = operandsOf(seed, round, { n: 64, k });
    for (let time = 0; time < 20; time += 1) {
      const [i, j] = [chance.below(64), chance.below(64)];
      const expected = entryOf(operands, { n: 64, k }, i, j);
      expect(typescriptEngine.entry(seed, round, i, j, k)).toBe(expected);
    }
  }
});

describe('mulhi', () => {
  it('is exact for every size of pool, against whole numbers of any length', () => {
    const chance = new Chance('mulhi');
    for (let time = 0; time < 20_000; time += 1) {
      const limit = (1 + chance.below(8192)) * 4 ** (1 + chance.below(10));
      const x = time % 4 === 0 ? 2 ** 32 - 1 - chance.below(3) : chance.word();
      expect(mulhi(x, limit)).toBe(Number((BigInt(x) * BigInt(limit)) >> 32n));
    }
  });

  it('stays below its limit, also above 2^32', () => {
    expect(mulhi(2 ** 32 - 1, 2 ** 33)).toBe(2 ** 33 - 2);
    expect(mulhi(0, 2 ** 33)).toBe(0);
  });
});

it('a wrong entry has the right byte by chance alone', () => {
  const chance = new Chance('mix');
  const tries = 100_000;
  for (const off of [1, -1, 2, 256, 65_536]) {
    let same = 0;
    for (let time = 0; time < tries; time += 1) {
      const entry = chance.below(2 ** 25) - 2 ** 24;
      if (mix(entry) === mix(entry + off)) same += 1;
    }
    // 1 in 256 is 390; six standard deviations are 118.
    expect(Math.abs(same - tries / 256)).toBeLessThan(120);
  }
});
