/** The parts of the NumPy prover: exact at the bounds, equal to the vectors, bounded in memory. */
import { type CheckResults, runChecks, vectorsFile } from './support/python-checks.ts';

const checks = [
  ['chacha8', 'the generator gives the published stream'],
  ['operand_rows', 'fast rows hold the operands of the plain generator'],
  ['mixed_bytes', 'floats are mixed as the integers that they stand for'],
  ['largest_sum', 'k = 65536 with all operands -16 sums to 2^24 exactly'],
  ['tree', 'nodes of a tree are the published ones'],
  ['walk_step', 'a step of the walk is the published one'],
  ['made_again', 'leaves made again equal the pool’s'],
  ['memory_bounded', 'rounds leave nothing behind, stripes keep their bound'],
  ['lost_worker', 'a lost worker is an error, and leaves nobody behind'],
  ['self_test', 'the self-test finds products, hashes, pools and walks that are wrong'],
  ['draws', 'draws stay in range'],
] as const;

let results: CheckResults;
beforeAll(() => {
  results = runChecks('checks.py', [vectorsFile]);
});

it('every check ran', () => {
  expect(Object.keys(results)).toEqual(checks.map(([name]) => name));
});

it.each(checks)('%s: %s', (name) => {
  expect(results[name]).toBeNull();
});
