/**
 * The WASM engine, built from its source, gives the TypeScript engine's answers bit for bit: on the
 * published vectors and on seeded random inputs of every function. Each of the two meets the vectors.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { buildVerifierLayer } from '../../../infra/verifier-layer.ts';
import { present } from '../../../shared/core/assert.ts';
import { mix, mulhi } from '../../../shared/proofs/protocol/arithmetic.ts';
import { sha256, toHex, u32le } from '../../../shared/proofs/protocol/bytes.ts';
import { chacha8Words } from '../../../shared/proofs/protocol/chacha8.ts';
import type { ProofEngine } from '../../../shared/proofs/protocol/engine.ts';
import { typescriptEngine } from '../../../shared/proofs/protocol/typescript-engine.ts';
import { loadWasmEngine } from '../../../shared/proofs/protocol/wasm-engine.ts';
import { seededRandomness } from '../../support/runtime.ts';

const wasmEngine = loadWasmEngine(await buildVerifierLayer());

interface ProofVector {
  readonly inputs: { readonly params: Readonly<Record<'n' | 'k' | 'R' | 'P', number>> };
  readonly expected: {
    readonly round_seeds: readonly string[];
    readonly c0_first16_i32le: string;
    readonly leaf0_of_round0: string;
    readonly leaf1_of_round0: string;
    readonly walk_key?: string;
    readonly lane0_start?: string;
    readonly lane0_x0?: number;
    readonly lane0_addresses?: readonly number[];
    readonly lane0_after_step0?: string;
    readonly lane0_end?: string;
    readonly lane0_out?: string;
  };
}

interface Vectors {
  readonly primitives: readonly [
    {
      readonly expected: Readonly<
        Record<
          'tree8_path_of_5' | 'tree8_root' | 'flat_root' | 'walk_state_after' | 'walk_out',
          string
        >
      > & { readonly flat_leaf_byte: number; readonly walk_x: number };
      readonly inputs: {
        readonly chacha_key: string;
        readonly chacha_nonce: readonly [number, number, number];
      };
    },
  ];
  readonly proofs: readonly ProofVector[];
}

const vectors = JSON.parse(
  readFileSync(
    fileURLToPath(new URL('../../contracts/poc1-vectors.json', import.meta.url)),
    'utf8',
  ),
) as Vectors;

const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));

/** Words as bytes, the lowest byte of each first. */
const wordBytes = (words: Uint32Array): Uint8Array => u32le(...words);

/** Bytes in the form of an expected value: in full, or as their SHA-256. */
const inFormOf = (expected: string, value: Uint8Array): string =>
  expected.startsWith('sha256:') ? `sha256:${toHex(sha256(value))}` : toHex(value);

/** A leaf of a round, entry by entry. */
const leafOf = (
  engine: ProofEngine,
  { inputs, expected }: ProofVector,
  round: number,
  leaf: number,
): Uint8Array => {
  const { n, k } = inputs.params;
  const seed = bytes(present(expected.round_seeds[round], 'no such round'));
  const row = 32 * Math.floor(leaf / (n / 32));
  const column = 32 * (leaf % (n / 32));
  return new Uint8Array(1024).map((_, entry) =>
    mix(engine.entry(seed, round, row + (entry >> 5), column + (entry & 31), k)),
  );
};

describe.each([typescriptEngine, wasmEngine])('the $name engine', (engine) => {
  const [{ inputs, expected }] = vectors.primitives;

  it('gives the roots of the published trees', () => {
    const leaf = new Uint8Array(Buffer.concat(Array(32).fill(sha256(u32le(5)))));
    expect(toHex(engine.root(leaf, 5, bytes(expected.tree8_path_of_5)))).toBe(expected.tree8_root);
    const flat = new Uint8Array(1024).fill(expected.flat_leaf_byte);
    expect(toHex(engine.root(flat, 0, new Uint8Array()))).toBe(expected.flat_root);
  });

  it('takes the published step of a walk', () => {
    const leaf = new Uint8Array(
      Buffer.concat(Array.from({ length: 32 }, (_, i) => sha256(u32le(i)))),
    );
    const state = new Uint32Array(256);
    const [n0, n1, n2] = inputs.chacha_nonce;
    chacha8Words(bytes(inputs.chacha_key), n0, n1, n2, state);
    const x = engine.walkAddress(state);
    expect(x).toBe(expected.walk_x);
    engine.walkStep(state, leaf, x);
    const after = expected.walk_state_after;
    expect(inFormOf(after, wordBytes(state))).toBe(after);
    expect(toHex(engine.laneOut(state))).toBe(expected.walk_out);
  });

  it.each(vectors.proofs)('gives the entries and leaves of published proof %#', (vector) => {
    const { k } = vector.inputs.params;
    const seed = bytes(present(vector.expected.round_seeds[0], 'a first round'));
    const first = Array.from({ length: 16 }, (_, j) => engine.entry(seed, 0, 0, j, k));
    expect(toHex(wordBytes(Uint32Array.from(first)))).toBe(vector.expected.c0_first16_i32le);
    for (const [index, text] of [
      vector.expected.leaf0_of_round0,
      vector.expected.leaf1_of_round0,
    ].entries()) {
      expect(inFormOf(text, leafOf(engine, vector, 0, index))).toBe(text);
    }
  });

  const walks = vectors.proofs.filter(({ expected: { walk_key } }) => walk_key !== undefined);

  it.each(walks)('walks the first lane of published proof %#', (vector) => {
    const { n, R, P } = vector.inputs.params;
    const lane = vector.expected;
    const leaves = (n * n) / 1024;
    const state = engine.laneStart(bytes(present(lane.walk_key, 'a walk')), 0);
    const starts = present(lane.lane0_start, 'a start');
    expect(inFormOf(starts, wordBytes(state))).toBe(starts);
    expect(engine.walkAddress(state)).toBe(lane.lane0_x0);
    for (const [step, address] of present(lane.lane0_addresses, 'addresses').entries()) {
      const x = engine.walkAddress(state);
      expect(mulhi(x, P * leaves)).toBe(address);
      const round = R - P + Math.floor(address / leaves);
      engine.walkStep(state, leafOf(engine, vector, round, address % leaves), x);
      const after = present(lane.lane0_after_step0, 'a state');
      if (step === 0) expect(inFormOf(after, wordBytes(state))).toBe(after);
    }
    const ends = present(lane.lane0_end, 'an end');
    expect(inFormOf(ends, wordBytes(state))).toBe(ends);
    expect(toHex(engine.laneOut(state))).toBe(lane.lane0_out);
  });
});

describe('both engines agree', () => {
  const inputs = 10_000;
  const random = seededRandomness('engines agree');
  const wordsOf = (count: number): Uint32Array => {
    const source = Buffer.from(random.bytes(4 * count));
    return Uint32Array.from({ length: count }, (_, at) => source.readUInt32LE(4 * at));
  };

  /** Calls both with the same fresh inputs and counts the differences. */
  const differences = (answer: (engine: ProofEngine) => string | number): number =>
    answer(typescriptEngine) === answer(wasmEngine) ? 0 : 1;

  const countDifferences = (
    count: number,
    draw: () => (engine: ProofEngine) => string | number,
  ): number => {
    let different = 0;
    for (let input = 0; input < count; input += 1) different += differences(draw());
    return different;
  };

  it(`on ${inputs} entries of any inner length`, () => {
    const draw = (blocksMax: number) => () => {
      const seed = random.bytes(32);
      const [round = 0, i = 0, j = 0, x = 0] = wordsOf(4);
      const k = 64 * (1 + (x % blocksMax));
      return (engine: ProofEngine) => engine.entry(seed, round, i, j, k);
    };
    expect(countDifferences(inputs, draw(12))).toBe(0);
    expect(countDifferences(100, draw(1_024))).toBe(0);
    const seed = random.bytes(32);
    expect(differences((engine) => engine.entry(seed, 8_191, 32_767, 0, 65_536))).toBe(0);
  });

  it(`on ${inputs} roots above any leaf at any depth`, () => {
    const draw = () => {
      const leaf = random.bytes(1_024);
      const [x = 0, y = 0] = wordsOf(2);
      const depth = x % 26;
      const index = y % 2 ** depth;
      const path = random.bytes(32 * depth);
      return (engine: ProofEngine) => toHex(engine.root(leaf, index, path));
    };
    expect(countDifferences(inputs, draw)).toBe(0);
  });

  it(`on ${inputs} starts of lanes`, () => {
    const draw = () => {
      const key = random.bytes(32);
      const [lane = 0] = wordsOf(1);
      return (engine: ProofEngine) => wordBytes(engine.laneStart(key, lane)).toString();
    };
    expect(countDifferences(inputs, draw)).toBe(0);
  });

  it(`on the address, the step and the end of ${inputs} states`, () => {
    const draw = () => {
      const start = wordsOf(256);
      const leaf = random.bytes(1_024);
      return (engine: ProofEngine) => {
        const state = start.slice();
        const x = engine.walkAddress(state);
        engine.walkStep(state, leaf, x);
        return `${x} ${toHex(engine.laneOut(state))} ${state.join()}`;
      };
    };
    expect(countDifferences(inputs, draw)).toBe(0);
  });
});
