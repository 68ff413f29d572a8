/**
 * The CUDA backends without a GPU: the very source that NVRTC compiles runs here on fibers, under the engine
 * that a GPU would get. It shows that results are right and that no barrier is missing; it says nothing
 * about speed, the driver or cuBLASLt. Not run where there is no g++.
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

const hasCompiler = spawnSync('g++', ['--version']).status === 0;

let results: CheckResults | undefined;
beforeAll(() => {
  if (!hasCompiler) {
    process.stdout.write('not run: the kernels of the CUDA backends in their emulator: no g++\n');
    return;
  }
  const library = join(temporaryFolder(), 'kernels.so');
  const built = spawnSync('g++', [...flags, emulator, '-o', library], { encoding: 'utf8' });
  expect(built.stderr).toBe('');
  results = runChecks('cuda_checks.py', [library, vectorsFile]);
});

it('every check ran, unless there is no compiler', () => {
  expect(results === undefined ? [] : Object.keys(results)).toEqual(
    hasCompiler ? checks.map(([name]) => name) : [],
  );
});

it.each(checks)('%s: %s', (name) => {
  expect(results?.[name] ?? null).toBeNull();
});
