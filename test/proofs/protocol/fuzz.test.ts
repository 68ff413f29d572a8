/** Whatever bytes come: the verifier answers, never throws, and never passes what is not the proof. */
import { layoutOf } from '../../../shared/proofs/protocol/opening.ts';
import type { ProofParams } from '../../../shared/proofs/protocol/parameters.ts';
import { typescriptEngine } from '../../../shared/proofs/protocol/typescript-engine.ts';
import { type OpeningToVerify, verifyOpening } from '../../../shared/proofs/protocol/verify.ts';
import { Chance } from '../../support/proofs/chance.ts';
import { signaturesOf, withBitFlipped, withSwapped } from '../../support/proofs/cheat.ts';
import { play } from '../../support/proofs/play.ts';
import { freshTask, smallFull, withoutWalk } from '../../support/proofs/tasks.ts';

const tiny: ProofParams = { ...smallFull, R: 2, P: 1, K: 4, S: 2, q: 1 };
const shapes = [tiny, withoutWalk(tiny), { ...tiny, n: 128, L: 256, q: 2 }];

/** The verdict in one word; what is no verdict fails the test by what it is. */
const verdictOn = (toVerify: OpeningToVerify): string => {
  const verdict = verifyOpening(toVerify, typescriptEngine);
  return verdict.verdict === 'passed' ? 'passed' : verdict.reason;
};

/** Counts the verdicts of many bodies for each shape, with signatures already checked. */
const tally = (
  seed: string,
  bodies: number,
  mutate: (opening: Uint8Array, chance: Chance, shape: ProofParams) => Uint8Array,
): Readonly<Record<string, number>> => {
  const chance = new Chance(seed);
  const counts: Record<string, number> = {};
  for (const [at, shape] of shapes.entries()) {
    const honest = { ...play(freshTask(chance, shape), chance), signatures: 'checked' as const };
    expect(verdictOn(honest)).toBe('passed');
    const share = Math.floor((bodies + at) / shapes.length);
    for (let body = 0; body < share; body += 1) {
      const opening = mutate(honest.opening, chance, shape);
      if (Buffer.compare(opening, honest.opening) === 0) continue;
      const found = verdictOn({ ...honest, opening });
      counts[found] = (counts[found] ?? 0) + 1;
    }
  }
  return counts;
};

const totalOf = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);

describe('openings that are', () => {
  it('random bytes of any length fail by it', () => {
    const counts = tally('any length', 20_000, (_, chance) => chance.bytes(chance.below(600)));
    expect(Object.keys(counts)).toEqual(['length']);
    expect(totalOf(counts)).toBeGreaterThan(19_900);
  });

  it('random bytes of the right length fail by their roots', () => {
    const noise = new Chance('noise').bytes(1 << 20);
    const counts = tally('right length', 20_000, ({ length }, chance) => {
      const at = chance.below(noise.length - length);
      return noise.subarray(at, at + length);
    });
    expect(counts).toEqual({ roots: 20_000 });
  });

  it('honest but for one bit fail, wherever the bit is', () => {
    const counts = tally('one bit', 40_000, (opening, chance) =>
      withBitFlipped(opening, chance.below(8 * opening.length)),
    );
    expect(counts['passed']).toBeUndefined();
    // Every part of the body was hit; a value is wrong only where its path was made for it.
    const reasons = ['lane_path', 'roots', 'sample_path', 'step_path'];
    expect(Object.keys(counts).sort()).toEqual(reasons);
    expect(totalOf(counts)).toBe(40_000);
  });

  it('honest roots before random bytes fail by the first path', () => {
    const counts = tally('honest roots', 10_000, (opening, chance, shape) => {
      const { rootsBytes } = layoutOf(shape);
      const rest = chance.bytes(64);
      const body = Uint8Array.from(opening);
      body.set(rest, rootsBytes + 32 * chance.below((opening.length - rootsBytes) / 32 - 2));
      return body;
    });
    expect(counts['passed']).toBeUndefined();
    expect(totalOf(counts)).toBe(10_000);
  });

  it('honest with two parts swapped fail', () => {
    const counts = tally('swapped', 10_000, (opening, chance) => {
      const length = 16 << chance.below(5);
      const places = Math.floor(opening.length / length);
      const [a, b] = [chance.below(places), chance.below(places)];
      return withSwapped(opening, a * length, b * length, length);
    });
    expect(counts['passed']).toBeUndefined();
    expect(totalOf(counts)).toBeGreaterThan(9_000);
  });
});

describe('signatures that are', () => {
  it('random bytes of any length, or honest but for one bit, fail', () => {
    const chance = new Chance('signatures');
    const honest = play(freshTask(chance, tiny), chance);
    const signatures = signaturesOf(honest);
    for (let body = 0; body < 1_000; body += 1) {
      const random = chance.bytes(body % 3 === 0 ? chance.below(130) : 64);
      const part = body % 2 === 0 ? 'h1' : 'h2';
      const flipped = withBitFlipped(signatures[part] ?? random, chance.below(512));
      const forged = body % 5 === 0 ? flipped : random;
      const found = verdictOn({ ...honest, signatures: { ...signatures, [part]: forged } });
      expect(found).toBe(`signature_${part}`);
    }
  });

  it('missing where a walk needs one fail', () => {
    const chance = new Chance('missing');
    const honest = play(freshTask(chance, tiny), chance);
    const { h1 } = signaturesOf(honest);
    expect(verdictOn({ ...honest, signatures: { h1, h2: null } })).toBe('signature_h2');
  });

  it('made for a device key that is no key fail', () => {
    const chance = new Chance('no key');
    const honest = play(freshTask(chance, tiny), chance);
    for (const devicePub of [new Uint8Array(32), new Uint8Array(32).fill(255), chance.bytes(31)]) {
      expect(verdictOn({ ...honest, record: { ...honest.record, devicePub } })).toBe(
        'signature_h1',
      );
    }
  });
});
