/**
 * The engine in WASM: the module of `layers/poc-verifier` behind the engine's interface, and the choice
 * between it and the TypeScript engine. The module is a package that is resolved by its name when it runs,
 * from a layer, on AWS as on one machine. It is used only after it gave the TypeScript engine's answers.
 */
import { createRequire } from 'node:module';
import { assert } from '../../core/assert.ts';
import { digestBytes, sameBytes, sha256 } from './bytes.ts';
import type { ProofEngine } from './engine.ts';
import { typescriptEngine } from './typescript-engine.ts';

/** The package in the layer. */
const packageName = '@raymesh/poc-verifier';

const leafBytes = 1024;
const pathBytesMax = 1024;
const stateWords = 256;
const laneOutBytes = 16;

/** Where a buffer begins in the module's memory. */
interface BufferStart {
  readonly value: number;
}

/** What the module exports; `layers/poc-verifier/assembly/verifier.ts` says what each of it does. */
interface VerifierModule {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly KEY: BufferStart;
  readonly LEAF: BufferStart;
  readonly PATH: BufferStart;
  readonly STATE: BufferStart;
  readonly ANSWER: BufferStart;
  entry(round: number, i: number, j: number, k: number): number;
  root(index: number, depth: number): void;
  laneStart(lane: number): void;
  walkAddress(): number;
  walkStep(x: number): void;
  laneOut(): void;
}

interface VerifierPackage {
  instantiate(): VerifierModule;
}

/** The engine over an instance; its memory never grows, so the views stay valid. */
const engineOver = (module: VerifierModule): ProofEngine => {
  const { buffer } = module.memory;
  const key = new Uint8Array(buffer, module.KEY.value, digestBytes);
  const leaf = new Uint8Array(buffer, module.LEAF.value, leafBytes);
  const path = new Uint8Array(buffer, module.PATH.value, pathBytesMax);
  const state = new Uint32Array(buffer, module.STATE.value, stateWords);
  const answer = new Uint8Array(buffer, module.ANSWER.value, digestBytes);
  return {
    name: 'wasm',

    entry(roundSeed, round, i, j, k) {
      key.set(roundSeed);
      return module.entry(round, i, j, k);
    },

    root(ownLeaf, index, siblings) {
      leaf.set(ownLeaf);
      path.set(siblings);
      module.root(index, siblings.length / digestBytes);
      return answer.slice();
    },

    laneStart(walkKey, lane) {
      key.set(walkKey);
      module.laneStart(lane);
      return state.slice();
    },

    walkAddress(ownState) {
      state.set(ownState);
      return module.walkAddress() >>> 0;
    },

    walkStep(ownState, ownLeaf, x) {
      state.set(ownState);
      leaf.set(ownLeaf);
      module.walkStep(x);
      ownState.set(state);
    },

    laneOut(ownState) {
      state.set(ownState);
      module.laneOut();
      return answer.slice(0, laneOutBytes);
    },
  };
};

/** One answer of each kind, as one digest: an inner length that fills no vector, and a path that turns. */
const answersOf = (engine: ProofEngine): Uint8Array => {
  const seed = sha256('poc/self-test');
  const leaf = new Uint8Array(leafBytes).map((_, at) => at * 7 + (at >> 8));
  const path = new Uint8Array(3 * digestBytes).map((_, at) => at * 13 + 5);
  const entry = engine.entry(seed, 3, 1, 2, 320);
  const root = engine.root(leaf, 5, path);
  const state = engine.laneStart(seed, 7);
  const x = engine.walkAddress(state);
  engine.walkStep(state, leaf, x);
  return sha256(`${entry}/${x}`, root, engine.laneOut(state));
};

/**
 * The WASM engine. `from`: the package's folder; without it, the package by its name, as in a function
 * that has the layer. Throws when there is no such package, and when its answers are not those of the
 * TypeScript engine.
 */
export const loadWasmEngine = (from: string = packageName): ProofEngine => {
  const load = createRequire(import.meta.url);
  const engine = engineOver((load(from) as VerifierPackage).instantiate());
  assert(sameBytes(answersOf(engine), answersOf(typescriptEngine)), 'engines give other answers');
  return engine;
};

/** Where a warning goes; a logger is one. */
interface WarningLog {
  warn(event: string, fields: Readonly<Record<string, unknown>>): void;
}

/**
 * The engine of a process, chosen once where the process is put together: WASM, or where it cannot be
 * loaded the TypeScript engine, slower and equal, with a warning.
 */
export const loadEngine = (log: WarningLog): ProofEngine => {
  try {
    return loadWasmEngine();
  } catch (cause) {
    log.warn('proof_engine_fallback', { engine: typescriptEngine.name, cause });
    return typescriptEngine;
  }
};
