/** Bounds of parameters, what follows from them, and the hash that binds them. */
import { canonicalJson } from '../../../shared/proofs/protocol/canonical-json.ts';
import { canonicalClaim, claimHashOf } from '../../../shared/proofs/protocol/claim.ts';
import { openingBytesOf } from '../../../shared/proofs/protocol/opening.ts';
import {
  brokenBound,
  laneDepth,
  leafDepth,
  leavesInPool,
  leavesPerRound,
  operationsOf,
  type ProofParams,
  paramsHashOf,
} from '../../../shared/proofs/protocol/parameters.ts';
import { testDevice } from '../../support/proofs/device.ts';
import { smallFull, smallLight } from '../../support/proofs/tasks.ts';

const largest: ProofParams = {
  profile: 2,
  n: 32_768,
  k: 65_536,
  R: 8_192,
  P: 8_192,
  L: 2 ** 31,
  S: 64,
  K: 65_536,
  q: 8,
};

describe('parameters', () => {
  it('of the protocol keep their bounds', () => {
    for (const params of [smallFull, smallLight, { ...smallLight, profile: 0 as const }, largest]) {
      expect(brokenBound(params)).toBeUndefined();
    }
  });

  it.each<[keyof ProofParams, readonly number[]]>([
    ['n', [0, 32, 63, 65, 96, 65_536, 64.5, Number.NaN, -64]],
    ['k', [0, 63, 65, 32, 65_600, 96.5]],
    ['R', [0, 8_193, 1.5, -1]],
    ['P', [5, -1, 0.5]],
    ['L', [0, 32, 63, 96, 2 ** 32]],
    ['S', [0, -1, 65_537]],
    ['K', [0, 65_537, -1]],
    ['q', [0, -1, 65_537]],
    ['profile', [-1, 3, 0.5]],
  ])('break the bound of %s', (letter, values) => {
    for (const value of values) {
      const params = { ...smallFull, [letter]: value } as ProofParams;
      expect(brokenBound(params)).toContain(letter);
    }
  });

  it('without a pool have no walk', () => {
    for (const letter of ['L', 'S', 'q'] as const) {
      expect(brokenBound({ ...smallLight, [letter]: 64 })).toContain('without a pool');
    }
  });

  it('have the sizes of the classes', () => {
    const classes = { XL: 32_768, L: 16_384, M: 8_192, S: 4_096, XS: 2_048 };
    const leaves = Object.values(classes).map((n) => leavesPerRound({ n }));
    expect(leaves).toEqual([1_048_576, 262_144, 65_536, 16_384, 4_096]);
    expect(leafDepth({ n: 16_384 })).toBe(18);
    expect([laneDepth({ L: 64 }), laneDepth({ L: 2 ** 31 })]).toEqual([0, 25]);
    expect(leavesInPool(largest)).toBe(2 ** 33);
    expect(operationsOf({ n: 32_768, k: 32_768, R: 1 })).toBe(70_368_744_177_664n);
    expect(operationsOf(largest)).toBe(2n ** 60n);
  });

  it('say how long an opening is, to the byte', () => {
    const light = { ...smallLight, K: 3 };
    expect(openingBytesOf(light)).toBe(32 * 4 + 3 * (1024 + 2 * 32));
    const walk = { ...smallFull, K: 1, L: 256, S: 5, q: 2 };
    const step = 1024 + 2 * 32;
    expect(openingBytesOf(walk)).toBe(32 * 4 + step + 2 * (1024 + 2 * 32 + 5 * step));
    // Class L without its roots, as the specification has it: 1.18 MiB.
    const classL = { ...largest, n: 16_384, R: 1, P: 1, L: 2 ** 15, K: 256 };
    expect(openingBytesOf(classL) / 2 ** 20).toBeCloseTo(1.18, 2);
  });

  it('have a hash that every letter changes', () => {
    const letters = ['profile', 'n', 'k', 'R', 'P', 'L', 'S', 'K', 'q'] as const;
    const changed = letters.map((letter) => ({ ...smallFull, [letter]: smallFull[letter] + 1 }));
    const hashes = [smallFull, ...changed].map((params) =>
      Buffer.from(paramsHashOf(params as ProofParams)).toString('hex'),
    );
    expect(new Set(hashes).size).toBe(10);
  });
});

describe('claims and canonical JSON', () => {
  const { claim } = testDevice('claims');

  it('write names in order, without a space, whatever order they come in', () => {
    const reversed = Object.fromEntries(Object.entries(claim).reverse()) as typeof claim;
    expect(canonicalClaim(reversed)).toBe(canonicalClaim(claim));
    expect(canonicalClaim(claim)).toMatch(/^\{"backend":"test","driver":"","gpu_uuid":"","kind":/);
  });

  it('take nothing but the eight fields into the hash', () => {
    const more = { ...claim, more: 'field' };
    expect(claimHashOf(more)).toEqual(claimHashOf(claim));
  });

  it('change the hash with every field', () => {
    const names = Object.keys(claim) as (keyof typeof claim)[];
    const hashes = names.map((name) => {
      const other = typeof claim[name] === 'number' ? claim[name] + 1 : `${claim[name]}x`;
      return Buffer.from(claimHashOf({ ...claim, [name]: other })).toString('hex');
    });
    expect(new Set([...hashes, Buffer.from(claimHashOf(claim)).toString('hex')]).size).toBe(9);
  });

  it('follow RFC 8785', () => {
    const text = canonicalJson({ '\u20ac': 'Euro', '\r': 'a\u000f\n"\\', b: -0, '1': 2 ** 53 - 1 });
    expect(text).toBe('{"\\r":"a\\u000f\\n\\"\\\\","1":9007199254740991,"b":0,"\u20ac":"Euro"}');
    // Names sort by UTF-16 units: a surrogate pair before U+FB33.
    expect(canonicalJson({ '\ufb33': 1, '\u{1f600}': 2 })).toBe('{"\u{1f600}":2,"\ufb33":1}');
  });

  it('refuse what has no canonical form', () => {
    for (const value of [0.5, 2 ** 53, Number.NaN, '\ud800']) {
      expect(() => canonicalJson({ value })).toThrow('value is no');
    }
  });
});
