/**
 * The prover's process: one request at a time, ended when it hangs or talks nonsense, started anew for the
 * next request, and never told a secret. The program is a stand-in; the real one runs in proof-flow.test.ts.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createProverProcess } from '../../../agent/proofs/prover-process.ts';
import { waitFor } from '../../../agent/runtime.ts';
import { makeDeviceKey } from '../../../agent/state/device-key.ts';
import {
  identityOf,
  isRunning,
  type ProcessIdentity,
} from '../../../agent/state/process-identity.ts';
import { waitFor as until } from '../../../local/demo/wait.ts';
import { present } from '../../../shared/core/assert.ts';
import { toHex } from '../../../shared/proofs/protocol/bytes.ts';
import type { ProofParams } from '../../../shared/proofs/protocol/parameters.ts';
import { temporaryFolder } from '../support/folders.ts';
import { testRuntime } from '../support/runtime.ts';
import { python, standIn } from './support/stand-in.ts';

const params: ProofParams = {
  ...{ profile: 2, n: 64, k: 64, R: 3, P: 2, L: 64, S: 1, K: 1, q: 1 },
};
/** Long enough for any machine: a test that reaches it has failed. */
const patientMs = 120_000;
const bytes = (first: number) => new Uint8Array(32).fill(7).fill(first, 0, 1);
const startOf = (first: number) => ({
  seed: bytes(first),
  devicePub: bytes(8),
  h0: bytes(9),
  params,
});
/** What the first byte of a seed makes the stand-in do. */
const how = { sound: 0, exits: 1, babbles: 2, hangs: 3, refuses: 4, misfits: 5 } as const;

const untilGone = (process: ProcessIdentity | undefined) =>
  until(
    'the process to end',
    async () => (isRunning(present(process, 'it never ran')) ? undefined : true),
    { seconds: 60, everyMs: 10 },
  );

const opened: { end(): void }[] = [];
afterEach(() => {
  for (const prover of opened.splice(0)) prover.end();
});

const setup = (options: { threads?: number; gpuIndex?: number | null } = {}) => {
  const { runtime, lines } = testRuntime({ wait: waitFor });
  const folder = join(temporaryFolder(), 'prover');
  const { gpuIndex = null, ...rest } = options;
  const prover = createProverProcess(runtime, {
    ...{ python, agentFolder: standIn, gpuIndex, folder },
    ...rest,
  });
  opened.push(prover);
  /** What the stand-in noted of this kind. */
  const notes = (kind: string): readonly unknown[] =>
    readFileSync(join(folder, 'notes.jsonl'), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as { kind: string; value: unknown })
      .filter((note) => note.kind === kind)
      .map(({ value }) => value);
  const pids = () => notes('niceness').length;
  return { prover, lines, folder, notes, pids, runtime };
};

it('answers all calls of a proof from one process, at a low priority', async () => {
  const { prover, notes, pids } = setup();
  const roots = await prover.begin(startOf(how.sound), patientMs);
  const root = (t: number) =>
    createHash('sha256')
      .update(`${toHex(bytes(how.sound))} ${t}`)
      .digest('hex');
  expect(toHex(roots)).toBe(root(0) + root(1) + root(2));
  expect(await prover.walk(bytes(1), patientMs)).toHaveLength(32);
  const opening = await prover.open({ sampleSeed: bytes(1), h2: bytes(2) }, patientMs);
  expect(opening).toHaveLength(160);
  await prover.drop();
  expect(pids()).toBe(1);
  expect(notes('niceness')).toEqual([10]);
});

it('is asked in the words of its protocol', async () => {
  const { prover, notes } = setup();
  await prover.selfTest();
  await prover.begin(startOf(how.sound), patientMs);
  await prover.walk(bytes(3), patientMs);
  await prover.open({ sampleSeed: bytes(4), h2: bytes(5) }, patientMs);
  const said = notes('line').map((line) => JSON.parse(String(line)));
  expect(said).toEqual([
    { id: 1, op: 'self_test' },
    {
      ...{ id: 2, op: 'begin', params },
      ...{ seed: toHex(bytes(0)), device_pub: toHex(bytes(8)), h0: toHex(bytes(9)) },
    },
    { id: 3, op: 'walk', walk_seed: toHex(bytes(3)) },
    {
      ...{ id: 4, op: 'open', sample_seed: toHex(bytes(4)), h2: toHex(bytes(5)) },
      path: expect.any(String),
    },
  ]);
});

it.each([
  ['a CPU on all cores', {}, ['serve', '--backend', 'numpy']],
  ['a CPU on two', { threads: 2 }, ['serve', '--backend', 'numpy', '--threads', '2']],
  ['a GPU', { gpuIndex: 3 }, ['serve', '--backend', 'auto', '--gpu', '3']],
])('is started for %s', async (_, options, expected) => {
  const { prover, notes } = setup(options);
  await prover.selfTest();
  expect((notes('argv')[0] as readonly string[]).slice(1)).toEqual(expected);
});

it('keeps openings to itself and leaves none behind', async () => {
  const { prover, folder, notes } = setup();
  await prover.open({ sampleSeed: bytes(1), h2: bytes(2) }, patientMs);
  const { path } = JSON.parse(String(notes('line')[0])) as { path: string };
  expect(path.startsWith(`${folder}/`)).toBe(true);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(existsSync(path)).toBe(false);
  const missing = prover.open({ sampleSeed: bytes(6), h2: bytes(2) }, patientMs);
  await expect(missing).rejects.toMatchObject({ name: 'ProverFailed', hasCrashed: false });
  expect(readdirSync(folder).filter((name) => name.startsWith('opening'))).toEqual([]);
});

it.each([
  ['ends', how.exits, 'exit code 3. out of memory'],
  ['talks nonsense', how.babbles, 'SIGKILL'],
  ['answers in another form', how.misfits, 'unknown form'],
])('that %s fails its request, and is started anew by the next', async (_, first, words) => {
  const { prover, pids } = setup();
  const failed = prover.begin(startOf(first), patientMs);
  await expect(failed).rejects.toMatchObject({
    ...{ name: 'ProverFailed', hasCrashed: true, message: expect.stringContaining(words) },
  });
  expect(await prover.begin(startOf(how.sound), patientMs)).toHaveLength(96);
  expect(pids()).toBe(2);
});

it('that hangs is killed when its answer is worth nothing any more', async () => {
  const { prover } = setup();
  const { device } = await prover.selfTest();
  const process = identityOf(Number(device));
  const late = prover.begin(startOf(how.hangs), 1);
  await expect(late).rejects.toMatchObject({
    hasCrashed: true,
    message: expect.stringContaining('1 ms'),
  });
  expect((await prover.selfTest()).device).not.toBe(device);
  await untilGone(process);
});

it('that refuses is believed and kept', async () => {
  const { prover, pids } = setup();
  const refused = prover.begin(startOf(how.refuses), patientMs);
  await expect(refused).rejects.toMatchObject({
    ...{ hasCrashed: false, message: 'the engine is wrong' },
  });
  await prover.selfTest();
  expect(pids()).toBe(1);
});

it('is asked one thing after the other, whoever asks', async () => {
  const { prover, notes } = setup();
  const all = [prover.selfTest(), prover.walk(bytes(1), patientMs), prover.selfTest()];
  await Promise.all(all);
  expect(notes('line').map((line) => JSON.parse(String(line)).op)).toEqual([
    ...['self_test', 'walk', 'self_test'],
  ]);
});

it('tells why when there is no interpreter', async () => {
  const { runtime, lines } = testRuntime({ wait: waitFor });
  const folder = join(temporaryFolder(), 'prover');
  const options = { python: '/nowhere/python', agentFolder: standIn, gpuIndex: null, folder };
  const prover = createProverProcess(runtime, options);
  await expect(prover.selfTest()).rejects.toMatchObject({ name: 'ProverFailed', hasCrashed: true });
  expect(lines.map(({ event }) => event)).toEqual(['prover_started', 'prover_ended']);
  expect(lines[1]?.fields.reason).toContain('/nowhere/python');
});

it('is asked nothing after its end, and holds nothing when it never ran', async () => {
  const { prover, folder } = setup();
  await prover.drop();
  prover.end();
  await expect(prover.selfTest()).rejects.toMatchObject({ name: 'ProverFailed' });
  expect(existsSync(folder)).toBe(false);
});

it('is never given the device’s private key: not in its arguments, environment or requests', async () => {
  const { runtime } = testRuntime({ wait: waitFor });
  const key = makeDeviceKey(runtime.stateFolder);
  const folder = join(runtime.stateFolder, 'prover');
  const options = { python, agentFolder: standIn, gpuIndex: null, folder };
  const prover = createProverProcess(runtime, options);
  opened.push(prover);
  await prover.begin(startOf(how.sound), patientMs);
  await prover.walk(bytes(1), patientMs);
  await prover.open({ sampleSeed: bytes(1), h2: bytes(2) }, patientMs);
  const { device } = await prover.selfTest();
  const given = [
    readFileSync(join(folder, 'notes.jsonl'), 'utf8'),
    readFileSync(`/proc/${device}/environ`, 'utf8'),
    readFileSync(`/proc/${device}/cmdline`, 'utf8'),
  ].join('\n');
  const secret = Buffer.from(key.privateKeyPem.split('\n')[1] ?? '', 'base64').subarray(-32);
  expect(secret).toHaveLength(32);
  for (const form of ['hex', 'base64', 'base64url'] as const) {
    expect(given).not.toContain(secret.toString(form));
  }
  expect(given).not.toContain('PRIVATE KEY');
  expect(given).not.toContain('device-key.pem');
});

it('ends when the agent is killed', async () => {
  const folder = join(temporaryFolder(), 'prover');
  const script = join(import.meta.dirname, 'support/start-prover.ts');
  const agent = spawn(process.execPath, [script, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  const pid = await new Promise<number>((resolve) => {
    createInterface(agent.stdout).once('line', (line) => resolve(Number(line)));
  });
  const identity = identityOf(pid);
  const gone = new Promise((resolve) => agent.once('exit', resolve));
  agent.kill('SIGKILL');
  await gone;
  await untilGone(identity);
});
