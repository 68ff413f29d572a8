/** The doctor fails exactly where a device would, and always with a remedy. */
import { formatChecks, judge, type MachineFacts } from '../../agent/commands/doctor-checks.ts';

const good: MachineFacts = {
  nodeVersion: '24.21.0',
  ray: { ray: '2.60.0', python: '3.11.7' },
  freePort: 20_000,
  diskMib: 50_000,
  memoryMib: 16_000,
  shmMib: 8_000,
  openFilesMax: 65_536,
  gpus: { gpus: [], problem: null },
  provers: [{ processor: 'cpu', backend: 'numpy', device: 'Intel(R) Xeon(R) Processor' }],
  keyMode: 0o600,
  stateProblem: null,
  platform: { kind: 'answered', skewSeconds: 2 },
};
const failures = (changes: Partial<MachineFacts>) =>
  judge({ ...good, ...changes }).filter((check) => !check.passed);

it('passes a good machine, joined or not, with or without shared memory to look at', () => {
  expect(failures({})).toEqual([]);
  expect(failures({ keyMode: null, platform: { kind: 'unknown' }, shmMib: null })).toEqual([]);
});

it.each<[string, Partial<MachineFacts>]>([
  ['node', { nodeVersion: '20.19.0' }],
  ['python', { ray: { ray: '2.60.0', python: '3.9.2' } }],
  ['python', { ray: { ray: '2.60.0', python: '3.14.0' } }],
  ['ports', { freePort: null }],
  ['disk', { diskMib: 2_047 }],
  ['memory', { memoryMib: 1_024 }],
  ['shared memory', { shmMib: 64 }],
  ['open files', { openFilesMax: 1_024 }],
  ['gpus', { gpus: { gpus: [], problem: 'nvidia-smi failed' } }],
  ['prover (gpu 1)', { provers: [...good.provers, { processor: 'gpu 1', problem: 'no CuPy' }] }],
  ['state', { stateProblem: 'corrupted' }],
  ['key', { keyMode: 0o644 }],
  ['platform', { platform: { kind: 'silent', reason: 'refused' } }],
  ['clock', { platform: { kind: 'answered', skewSeconds: -61 } }],
])('finds a bad %s', (name, changes) => {
  const [found, ...others] = failures(changes);
  expect(others).toEqual([]);
  expect(found).toMatchObject({ check: name, remedy: expect.stringMatching(/\w/) });
  expect(formatChecks(judge({ ...good, ...changes }))).toContain(`FAIL  ${name}`);
});

it('finds a missing Ray, whose Python is then unknown', () => {
  const names = failures({ ray: { problem: 'No executable "ray" was found.' } });
  expect(names.map((check) => check.check)).toEqual(['ray', 'python']);
});
