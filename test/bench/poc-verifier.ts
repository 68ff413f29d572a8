/**
 * What a verification costs: time with each engine, memory, the opening's size, and how many times more the
 * scheme with Freivalds and row checks costs its verifier. The openings are of full size; that of class L
 * would take a GPU seconds to make, so its leaves are filler and an engine that does all the real work
 * then answers what lets the verifier go on to its end (test/support/proofs/full-size.ts).
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { buildVerifierLayer } from '../../infra/verifier-layer.ts';
import { assert } from '../../shared/core/assert.ts';
import type { ProofEngine } from '../../shared/proofs/protocol/engine.ts';
import { openingBytesOf } from '../../shared/proofs/protocol/opening.ts';
import type { ProofParams } from '../../shared/proofs/protocol/parameters.ts';
import { typescriptEngine } from '../../shared/proofs/protocol/typescript-engine.ts';
import { verifyOpening } from '../../shared/proofs/protocol/verify.ts';
import { loadWasmEngine } from '../../shared/proofs/protocol/wasm-engine.ts';
import { Chance } from '../support/proofs/chance.ts';
import { classL, fullSizeProof, measuredEngine } from '../support/proofs/full-size.ts';
import { type Findings, higherIsBetter, lowerIsBetter, rounded } from './document.ts';
import { proveFreivalds, verifyFreivalds } from './freivalds.ts';
import { median } from './statistics.ts';

const warmUps = 8;
const verifications = 41;
const pairs = 7;
const heapRuns = 3;

/** The size at which the schemes are compared. */
const classS: ProofParams = { ...classL, n: 4_096, k: 8_192, R: 200, P: 64 };
/** Other sizes, for the rows. */
const otherSizes: Readonly<Record<string, ProofParams>> = {
  XL: { ...classL, n: 32_768, R: 100, P: 64 },
  M: { ...classL, n: 8_192, k: 16_384 },
  S: classS,
};

/** A verification of these parameters, ready to be timed. */
const verificationOf = (params: ProofParams, engine: ProofEngine): (() => void) => {
  const proof = fullSizeProof(params);
  const measured = measuredEngine(engine, proof);
  return () => {
    const { verdict } = verifyOpening(proof, measured);
    assert(verdict === 'passed', 'a verification that stopped early');
  };
};

const millisecondsOf = (work: () => void): number => {
  const sinceMs = performance.now();
  work();
  return performance.now() - sinceMs;
};

/** Times several works in turn, so that a busy moment of the machine does not fall on one alone. */
const timeInTurn = (works: readonly (() => void)[], rounds: number): readonly number[][] => {
  for (let round = 0; round < warmUps; round += 1) for (const work of works) work();
  const samples = works.map((): number[] => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [at, work] of works.entries()) samples[at]?.push(millisecondsOf(work));
  }
  return samples;
};

/** MiB that a process of its own holds after verifying one opening after the other. */
const heapMib = (engineFolder: string): number => {
  const child = fileURLToPath(new URL('poc-heap.ts', import.meta.url));
  return Number(execFileSync(process.execPath, [child, engineFolder], { encoding: 'utf8' }));
};

const sizeRow = (size: string, params: ProofParams, engines: readonly ProofEngine[]) => {
  const [slow = [], quick = []] = timeInTurn(
    engines.map((engine) => verificationOf(params, engine)),
    15,
  );
  return {
    what: `verify class ${size}`,
    ts_ms: rounded(median(slow)),
    wasm_ms: rounded(median(quick)),
    opening_kib: rounded(openingBytesOf(params) / 1024),
  };
};

/** Pairs of the two schemes, one after the other; like for like: both in TypeScript. */
const compareSchemes = (wasmEngine: ProofEngine) => {
  const theirs = proveFreivalds(classS.n, new Chance('freivalds'));
  const ours = verificationOf(classS, typescriptEngine);
  const oursInWasm = verificationOf(classS, wasmEngine);
  const check = () => assert(verifyFreivalds(theirs), 'a proof that should pass');
  check();
  for (let round = 0; round < warmUps; round += 1) {
    ours();
    oursInWasm();
  }
  return Array.from({ length: pairs }, (_, at) => {
    const theirsMs = millisecondsOf(check);
    const oursMs = millisecondsOf(ours);
    return {
      what: `Freivalds and 10 rows, n = ${classS.n}, pair ${at + 1}`,
      theirs_ms: rounded(theirsMs),
      ts_ms: rounded(oursMs),
      wasm_ms: rounded(millisecondsOf(oursInWasm)),
      ratio: rounded(theirsMs / oursMs),
    };
  });
};

export const benchVerifier = async (): Promise<Findings> => {
  const folder = await buildVerifierLayer();
  const wasmEngine = loadWasmEngine(folder);
  const engines = [typescriptEngine, wasmEngine];
  const [slow = [], quick = []] = timeInTurn(
    engines.map((engine) => verificationOf(classL, engine)),
    verifications,
  );
  const heaps = Array.from({ length: heapRuns }, () => [heapMib(folder), heapMib('')]).flat();
  const compared = compareSchemes(wasmEngine);
  return {
    figures: [
      lowerIsBetter({ id: 'verify_ts_ms', unit: 'ms', goal: 40, samples: slow }),
      lowerIsBetter({ id: 'verify_wasm_ms', unit: 'ms', goal: 15, samples: quick }),
      lowerIsBetter({
        id: 'verify_heap_mib',
        unit: 'MiB',
        goal: 64,
        samples: heaps,
        value: Math.max(...heaps),
      }),
      lowerIsBetter({
        id: 'opening_kib',
        unit: 'KiB',
        goal: null,
        samples: [openingBytesOf(classL) / 1024],
      }),
      higherIsBetter({
        id: 'freivalds_ratio',
        unit: '',
        goal: null,
        samples: compared.map(({ ratio }) => ratio),
      }),
    ],
    rows: [
      ...Object.entries(otherSizes).map(([size, params]) => sizeRow(size, params, engines)),
      ...compared,
    ],
  };
};
