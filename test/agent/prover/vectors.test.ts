/**
 * The prover reproduces the published vectors, bit for bit: with NumPy, alone and shared among processes, and
 * with CUDA where there is a GPU. Where there is none, the CUDA backends say so and nothing else is used.
 */

import { spawnSync } from 'node:child_process';
import { hasWalk, proofVectors, reproduce } from './support/proof-vectors.ts';
import { ProverClient, python, pythonEnvironment } from './support/prover-client.ts';

it('exist for proofs with and without a walk', () => {
  expect(new Set(proofVectors.map(hasWalk))).toEqual(new Set([true, false]));
});

describe.each([1, 3])('NumPy with %i threads', (threads) => {
  let prover: ProverClient;
  beforeAll(() => {
    prover = new ProverClient(['--backend', 'numpy', '--threads', String(threads)]);
  });
  afterAll(() => prover.end());

  it.each(proofVectors)('$name', (vector) => reproduce(prover, vector));
});

/** The compute capability of the first GPU, or in stderr why there is none to be used. */
const gpu = spawnSync(
  python,
  ['-c', 'from prover.cuda_device import capability; print(*capability(0))'],
  { env: pythonEnvironment, encoding: 'utf8' },
);

describe.each([
  ['cuda-int8', 6.1],
  ['cuda-bf16', 8],
] as const)('%s', (backend, leastCapability) => {
  const isHere = gpu.status === 0 && Number(gpu.stdout.trim().replace(' ', '.')) >= leastCapability;

  it('reproduces every proof where there is a GPU, and is refused elsewhere', async () => {
    const prover = new ProverClient(['--backend', backend]);
    if (!isHere) {
      expect(await prover.end()).toBe(1);
      expect(prover.complaint).toMatch(new RegExp(`^prover: ${backend}: \\S.*\n$`));
      process.stdout.write(`not run: no GPU: ${prover.complaint}`);
      return;
    }
    expect(await prover.ask({ id: 1, op: 'self_test' })).toMatchObject({ ok: true, backend });
    for (const vector of proofVectors) await reproduce(prover, vector);
    expect(await prover.end()).toBe(0);
  });
});
