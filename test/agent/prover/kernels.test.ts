/**
 * The CUDA backends without a GPU: the very source that NVRTC compiles runs here on fibers, under the engine
 * that a GPU would get. It shows that results are right and that no barrier is missing; it says nothing
 * about speed, the driver or cuBLASLt. Where there is no g++ one test stands for them and says so.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { temporaryFolder } from '../support/folders.ts';
import { type CheckResults, runChecks, vectorsFile } from './support/python-checks.ts';

const checks = [
  ['vectors', 'both backends reproduce the published proofs, in any order of threads'],
  ['operands', 'operands are int5 of the stream, as int8 and as bfloat16'],
  ['leaves', 'products at the ends of their range are mixed and hashed'],
  ['large_tree', 'a tree of more nodes than one launch reduces has the right root'],
  ['agree', 'roots, groups, leaves and walks are those of NumPy, over stripes of any size'],
  ['self_test', 'the self-test passes, and fails when products lose bits'],
  ['all_kernels', 'no kernel was left out'],
] as const;

const emulator = join(import.meta.dirname, 'support/emulator.cpp');
const flags = ['-std=c++20', '-O2', '-Wall', '-Wextra', '-Wno-unknown-pragmas', '-shared', '-fPIC'];

// Nobody is promised to need a compiler; one that is there has to work.
const compilerFault = spawnSync('g++', ['--version']).error;

const runKernels = (): CheckResults => {
  const library = join(temporaryFolder(), 'kernels.so');
  const built = spawnSync('g++', [...flags, emulator, '-o', library], { encoding: 'utf8' });
  expect(built.stderr).toBe('');
  return runChecks('cuda_checks.py', [library, vectorsFile]);
};

if (compilerFault === undefined) {
  let results: CheckResults = {};
  beforeAll(() => {
    results = runKernels();
  });

  it('every check ran, and no other', () => {
    expect(Object.keys(results)).toEqual(checks.map(([name]) => name));
  });

  it.each(checks)('%s: %s', (name) => {
    expect(results).toMatchObject({ [name]: null });
  });
} else {
  it('NOT RUN: the kernels of the CUDA backends in their emulator, for there is no g++', () => {
    process.stdout.write(`${checks.length} checks of the CUDA kernels did not run: install g++\n`);
    expect(compilerFault).toMatchObject({ code: 'ENOENT' });
  });
}
