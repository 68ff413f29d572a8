/**
 * The WASM engine, built from its source, gives the TypeScript engine's answers bit for bit: on the
 * published vectors and on seeded random inputs of every function. Each of the two meets the vectors.
 */
import { buildVerifierLayer } from '../../../infra/verifier-layer.ts';
import { mix, mulhi } from '../../../shared/proofs/protocol/arithmetic.ts';
import { bytesOfHex, sha256, toHex, u32le } from '../../../shared/proofs/protocol/bytes.ts';
import { chacha8Words } from '../../../shared/proofs/protocol/chacha8.ts';
import type { ProofEngine } from '../../../shared/proofs/protocol/engine.ts';
import { typescriptEngine } from '../../../shared/proofs/protocol/typescript-engine.ts';
import { loadWasmEngine } from '../../../shared/proofs/protocol/wasm-engine.ts';
import { seededRandomness } from '../../support/runtime.ts';
import {
  type Expected,
  expectAll,
  type ProofInputs,
  type Vector,
  vectors,
} from '../protocol/vectors.ts';

const wasmEngine = loadWasmEngine(await buildVerifierLayer());

/** Words as bytes, the lowest byte of each first. */
const wordBytes = (words: Uint32Array): Uint8Array => u32le(...words);

/** Compares what was computed with the vector's fields of these names. */
const expectThese = (computed: Readonly<Record<string, unknown>>, expected: Expected): void =>
  expectAll(
    computed,
    Object.fromEntries(Object.keys(computed).map((name) => [name, expected[name]])),
  );

/** A leaf of a round, entry by entry. */
const leafOf = (
  engine: ProofEngine,
  { inputs: { params }, expected }: Vector<ProofInputs>,
  round: number,
  leaf: number,
): Uint8Array => {
  const seed = bytesOfHex((expected['round_seeds'] as readonly string[])[round] ?? '');
  const tiles = params.n / 32;
  const row = 32 * Math.floor(leaf / tiles);
  const column = 32 * (leaf % tiles);
  return new Uint8Array(1024).map((_, at) =>
    mix(engine.entry(seed, round, row + (at >> 5), column + (at & 31), params.k)),
  );
};

describe.each([typescriptEngine, wasmEngine])('the $name engine', (engine) => {
  it.each(vectors.primitives)('gives the published roots and step %#', ({ inputs, expected }) => {
    const fifth = Buffer.concat(Array(32).fill(sha256(u32le(5))));
    const path = Buffer.from(String(expected['tree8_path_of_5']), 'hex');
    const flatLeaf = new Uint8Array(1024).fill(Number(expected['flat_leaf_byte']));
    const state = new Uint32Array(256);
    chacha8Words(bytesOfHex(inputs.chacha_key), ...inputs.chacha_nonce, state);
    const walk_x = engine.walkAddress(state);
    const leaf = Buffer.concat(Array.from({ length: 32 }, (_, i) => sha256(u32le(i))));
    engine.walkStep(state, leaf, walk_x);
    const computed = {
      tree8_root: engine.root(fifth, 5, path),
      flat_root: engine.root(flatLeaf, 0, new Uint8Array()),
      walk_x,
      walk_state_after: wordBytes(state),
      walk_out: engine.laneOut(state),
    };
    expectThese(computed, expected);
  });

  it.each(vectors.proofs)('gives the entries and leaves of published proof %#', (vector) => {
    const { k } = vector.inputs.params;
    const seed = bytesOfHex((vector.expected['round_seeds'] as readonly string[])[0] ?? '');
    const first = Array.from({ length: 16 }, (_, j) => engine.entry(seed, 0, 0, j, k));
    const computed = {
      c0_first16_i32le: wordBytes(Uint32Array.from(first)),
      leaf0_of_round0: leafOf(engine, vector, 0, 0),
      leaf1_of_round0: leafOf(engine, vector, 0, 1),
    };
    expectThese(computed, vector.expected);
  });

  const walks = vectors.proofs.filter(({ inputs }) => inputs.params.P > 0);

  it.each(walks)('walks the first lane of published proof %#', (vector) => {
    const { n, R, P, S } = vector.inputs.params;
    const leaves = (n * n) / 1024;
    const state = engine.laneStart(bytesOfHex(String(vector.expected['walk_key'])), 0);
    const start = wordBytes(state);
    const steps = Array.from({ length: S }, () => {
      const x = engine.walkAddress(state);
      const address = mulhi(x, P * leaves);
      const round = R - P + Math.floor(address / leaves);
      engine.walkStep(state, leafOf(engine, vector, round, address % leaves), x);
      return { x, address, after: wordBytes(state) };
    });
    const computed = {
      lane0_start: start,
      lane0_x0: steps[0]?.x,
      lane0_addresses: steps.map(({ address }) => address),
      lane0_after_step0: steps[0]?.after,
      lane0_end: wordBytes(state),
      lane0_out: engine.laneOut(state),
    };
    expectThese(computed, vector.expected);
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
