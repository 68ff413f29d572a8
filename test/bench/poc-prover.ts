/**
 * What the prover spends outside of its matrix products, as a share of a commitment's whole time: the real
 * process, asked as the agent asks it. On the CPU in the size of CPUs; on a GPU, where there is one, in the
 * size of its model, with the share of its int8 peak that the products reach.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import * as z from 'zod';
import { detectGpus } from '../../agent/hardware/detect.ts';
import { paths, toolPath } from '../../local/paths.ts';
import { type CatalogueModel, recogniseGpu } from '../../shared/market/catalogue.ts';
import { toHex } from '../../shared/proofs/protocol/bytes.ts';
import { operationsOf, type ProofParams } from '../../shared/proofs/protocol/parameters.ts';
import { ownSizeClassOf } from '../../shared/proofs/reference-table.ts';
import { type SizeClass, shapes } from '../../shared/proofs/size-class.ts';
import { Chance } from '../support/proofs/chance.ts';
import { type Figure, type Findings, lowerIsBetter, type NotRun, rounded } from './document.ts';

const begins = 4;
const withinMs = 600_000;

const begunSchema = z.object({ ok: z.literal(true), gemm_ms: z.number(), total_ms: z.number() });

/** One commitment. */
interface Begun {
  readonly gemmMs: number;
  readonly totalMs: number;
}

const paramsOf = (size: SizeClass, R: number): ProofParams => ({
  profile: 2,
  ...shapes[size],
  R,
  P: R,
  L: 1_024,
  S: 64,
  K: 256,
  q: 8,
});

/** Commits some times with one prover process; the first, which also fills caches, is not counted. */
const commitments = (args: readonly string[], params: ProofParams): readonly Begun[] => {
  const chance = new Chance('bench prover');
  const requests = Array.from({ length: begins + 1 }, (_, id) => {
    const [seed, device_pub, h0] = [0, 1, 2].map(() => toHex(chance.bytes(32)));
    return `${JSON.stringify({ id, op: 'begin', seed, device_pub, h0, params })}\n`;
  });
  const folder = join(paths.root, 'agent');
  const answers = execFileSync(paths.python, ['-m', 'prover', 'serve', ...args], {
    cwd: folder,
    env: {
      ...process.env,
      PATH: toolPath,
      PYTHONPATH: folder,
      PYTHONDONTWRITEBYTECODE: '1',
      CUDA_DEVICE_ORDER: 'PCI_BUS_ID',
    },
    input: requests.join(''),
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: withinMs,
  });
  const lines = answers.trim().split('\n');
  return lines.slice(1).map((line) => {
    const { gemm_ms, total_ms } = begunSchema.parse(JSON.parse(line));
    return { gemmMs: gemm_ms, totalMs: total_ms };
  });
};

const overheadsOf = (begun: readonly Begun[]): readonly number[] =>
  begun.map(({ gemmMs, totalMs }) => (100 * (totalMs - gemmMs)) / totalMs);

const rowsOf = (what: string, params: ProofParams, begun: readonly Begun[]) =>
  begun.map(({ gemmMs, totalMs }) => ({
    what,
    gemm_ms: rounded(gemmMs),
    total_ms: rounded(totalMs),
    gops: rounded(Number(operationsOf(params)) / (totalMs * 1e6)),
  }));

const overheadFigure = (id: string, goal: number | null, samples: readonly number[]): Figure =>
  lowerIsBetter({ id, unit: '%', goal, samples });

const benchCpu = (): Findings => {
  const params = paramsOf('XS', 8);
  const begun = commitments(['--backend', 'numpy'], params);
  return {
    figures: [overheadFigure('prover_overhead_cpu_pct', null, overheadsOf(begun))],
    rows: rowsOf('prover, NumPy, class XS', params, begun),
  };
};

const benchGpu = ({ model, peakTops }: CatalogueModel): Findings => {
  const size = ownSizeClassOf(model) ?? 'L';
  const params = paramsOf(size, 8);
  const begun = commitments(['--backend', 'cuda-int8', '--gpu', '0'], params);
  const overhead = overheadFigure('prover_overhead_cuda_pct', 12, overheadsOf(begun));
  const rows = rowsOf(`prover, CUDA int8, ${model}, class ${size}`, params, begun);
  if (peakTops === null) {
    const reason = `the catalogue knows no peak of ${model}`;
    return { figures: [overhead], rows, not_run: [{ id: 'int8_peak_pct', reason }] };
  }
  // 10^12 operations a second are 10^9 a millisecond.
  const operations = Number(operationsOf(params));
  const samples = begun.map(({ gemmMs }) => (100 * operations) / (gemmMs * 1e9 * peakTops));
  const peak = lowerIsBetter({ id: 'int8_peak_pct', unit: '%', goal: 65, samples });
  return { figures: [overhead, { ...peak, better: 'higher' }], rows };
};

const cudaNotRun = (reason: string): readonly NotRun[] =>
  ['prover_overhead_cuda_pct', 'int8_peak_pct'].map((id) => ({ id, reason }));

const benchCuda = async (): Promise<Findings> => {
  const { gpus, problem } = await detectGpus(toolPath);
  const model = gpus.map(recogniseGpu)[0];
  const notRun = (reason: string): Findings => ({
    figures: [],
    rows: [],
    not_run: cudaNotRun(reason),
  });
  if (!model) {
    const found = gpus[0] ? `the catalogue does not know ${gpus[0].name}` : 'no NVIDIA GPU here';
    return notRun(problem ?? found);
  }
  try {
    return benchGpu(model);
  } catch (thrown) {
    // Most often what CUDA needs is not installed; the prover's last line says so.
    return notRun((thrown as Error).message.trim().split('\n').at(-1) ?? 'the prover failed');
  }
};

export const benchProver = async (): Promise<Findings> => {
  const [cpu, cuda] = [benchCpu(), await benchCuda()];
  return {
    figures: [...cpu.figures, ...cuda.figures],
    rows: [...cpu.rows, ...cuda.rows],
    not_run: cuda.not_run ?? [],
  };
};
