/**
 * The Python prover as a process of its own, one per processor: started when it is first needed, kept for
 * the next proof, started anew after a crash. It is asked in lines of JSON, one request at a time, and
 * runs at a low priority. It ends with the agent, however the agent ends: its standard input closes.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import { bytesOfHex, toHex } from '../../shared/proofs/protocol/bytes.ts';
import { messageOf } from '../problem.ts';
import type { AgentRuntime } from '../runtime.ts';
import { killGroup } from '../state/process-identity.ts';
import { type Prover, ProverFailed } from './prover.ts';

/** Lower than the owner's own programs, above nothing. */
const niceness = '10';
/** Roots of 8192 rounds are half a megabyte of hex. */
const lineBytesMax = 4 * 1024 * 1024;
/** Compiling the kernels of a GPU for the first time takes its while. */
const selfTestMs = 180_000;
const dropMs = 10_000;
const complaintBytesMax = 2_000;

const hex32 = z.string().regex(/^[0-9a-f]{64}$/);
const envelopeSchema = z.looseObject({
  id: z.int(),
  ok: z.boolean(),
  error: z.string().optional(),
});
const begunSchema = z.object({ roots: z.array(hex32).max(8_192) });
const walkedSchema = z.object({ lane_root: hex32 });
const openedSchema = z.object({ bytes: z.int().min(0) });
const selfTestSchema = z.object({ backend: z.string(), device: z.string() });

export interface ProverProcessOptions {
  /** The interpreter, absolute. */
  readonly python: string;
  /** The folder that holds the package `prover`. */
  readonly agentFolder: string;
  /** Where the GPU stands in the driver's list; null for the CPU. */
  readonly gpuIndex: number | null;
  /** Threads of the CPU's part; all cores unless given. */
  readonly threads?: number | undefined;
  /** A folder of this prover's own; made when it is missing, private to this user. */
  readonly folder: string;
}

/** A request that waits for its answer. */
interface Pending {
  readonly id: number;
  settle(answer: Record<string, unknown>): void;
  fail(error: ProverFailed): void;
}

interface Running {
  readonly child: ChildProcessWithoutNullStreams;
  pending: Pending | undefined;
}

/** The whole environment of the process: nothing of the agent's own but where programs and CUDA lie. */
const environmentOf = (runtime: AgentRuntime, options: ProverProcessOptions) => ({
  ...runtime.cudaEnvironment,
  PATH: `${dirname(options.python)}:${runtime.path}`,
  HOME: homedir(),
  LANG: 'C.UTF-8',
  PYTHONPATH: options.agentFolder,
  PYTHONUNBUFFERED: '1',
  // The folder of the agent's own code may not be writable, and is no place for what a run leaves.
  PYTHONPYCACHEPREFIX: join(options.folder, 'pycache'),
  CUPY_CACHE_DIR: join(options.folder, 'kernels'),
  // Without it CUDA counts the fastest GPU first, and indexes would name other processors.
  CUDA_DEVICE_ORDER: 'PCI_BUS_ID',
});

const argumentsOf = ({ gpuIndex, threads }: ProverProcessOptions): readonly string[] => [
  ...['-m', 'prover', 'serve', '--backend', gpuIndex === null ? 'numpy' : 'auto'],
  ...(gpuIndex === null ? [] : ['--gpu', String(gpuIndex)]),
  ...(threads === undefined ? [] : ['--threads', String(threads)]),
];

/** Hands each whole line to `take`; `overflow` when one is longer than any answer. */
const readLines = (
  child: ChildProcessWithoutNullStreams,
  take: (line: string) => void,
  overflow: () => void,
): void => {
  let rest = '';
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) take(line);
    if (rest.length > lineBytesMax) overflow();
  });
};

const readOpening = (path: string): Uint8Array => {
  try {
    return readFileSync(path);
  } catch (thrown) {
    throw new ProverFailed(`The opening cannot be read: ${messageOf(thrown)}`, false);
  }
};

/** A prover whose process is started by its first request. */
export const createProverProcess = (
  runtime: AgentRuntime,
  options: ProverProcessOptions,
): Prover => {
  let running: Running | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let count = 0;
  let hasEnded = false;

  /** Kills a process that cannot be relied on any more; the next request starts another. */
  const discard = (process: Running | undefined): void => {
    if (running === process) running = undefined;
    // Its helpers run in its group; a group of its own, which is what `detached` makes.
    if (process?.child.pid !== undefined) killGroup(process.child.pid);
  };

  const start = (): Running => {
    mkdirSync(options.folder, { recursive: true, mode: 0o700 });
    chmodSync(options.folder, 0o700);
    const command = ['-n', niceness, options.python, ...argumentsOf(options)];
    const child = spawn('nice', command, {
      cwd: options.agentFolder,
      env: environmentOf(runtime, options),
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    });
    const mine: Running = { child, pending: undefined };
    let complaint = '';
    child.stderr.setEncoding('utf8');
    child.stderr.on('data', (text: string) => {
      complaint = (complaint + text).slice(-complaintBytesMax);
    });
    // A process that is gone cannot be written to; its end is told below.
    child.stdin.on('error', () => undefined);
    let isOver = false;
    const over = (why: string): void => {
      if (isOver) return;
      isOver = true;
      if (running === mine) running = undefined;
      const words = complaint.trim().split('\n').at(-1) ?? '';
      if (!hasEnded) {
        const facts = { reason: `${why}${words && `: ${words}`}`.slice(0, 500) };
        runtime.log.warn('prover_ended', { ...facts, ...(child.pid ? { pid: child.pid } : {}) });
      }
      mine.pending?.fail(new ProverFailed(`The prover ended: ${why}. ${words}`.trim(), true));
      mine.pending = undefined;
    };
    child.once('error', (error) => over(messageOf(error)));
    child.once('close', (code, signal) => over(signal ?? `exit code ${code}`));
    readLines(
      child,
      (line) => takeLine(mine, line),
      () => discard(mine),
    );
    running = mine;
    if (child.pid) runtime.log.info('prover_started', { pid: child.pid });
    return mine;
  };

  const takeLine = (from: Running, line: string): void => {
    let answer: z.infer<typeof envelopeSchema>;
    try {
      answer = envelopeSchema.parse(JSON.parse(line));
    } catch {
      // What it says cannot be trusted any more; the request fails with the process.
      discard(from);
      return;
    }
    const { pending } = from;
    if (pending?.id !== answer.id) return;
    from.pending = undefined;
    if (answer.ok) pending.settle(answer);
    else pending.fail(new ProverFailed(answer.error ?? 'The prover gave no reason.', false));
  };

  /** One request to one process; a process that does not answer in time is killed. */
  const askNow = async (
    request: Record<string, unknown>,
    limitMs: number,
  ): Promise<Record<string, unknown>> => {
    if (hasEnded) throw new ProverFailed('The prover was ended.', true);
    const target = running ?? start();
    count += 1;
    const id = count;
    const answered = new AbortController();
    try {
      return await new Promise((settle, fail) => {
        target.pending = { id, settle, fail };
        void runtime.wait(limitMs, answered.signal).then(() => {
          if (target.pending?.id !== id) return;
          target.pending = undefined;
          discard(target);
          fail(new ProverFailed(`The prover gave no answer within ${limitMs} ms.`, true));
        });
        target.child.stdin.write(`${JSON.stringify({ id, ...request })}\n`);
      });
    } finally {
      answered.abort();
    }
  };

  const ask = <T>(schema: z.ZodType<T>, request: Record<string, unknown>, limitMs: number) => {
    const mine = last.then(async () => {
      const read = schema.safeParse(await askNow(request, limitMs));
      if (read.success) return read.data;
      discard(running);
      throw new ProverFailed(`The prover answered in an unknown form: ${read.error.message}`, true);
    });
    last = mine.catch(() => undefined);
    return mine;
  };

  return {
    begin: async ({ seed, devicePub, h0, params }, limitMs) => {
      const request = {
        op: 'begin',
        seed: toHex(seed),
        device_pub: toHex(devicePub),
        h0: toHex(h0),
        params,
      };
      const { roots } = await ask(begunSchema, request, limitMs);
      return bytesOfHex(roots.join(''), 32 * roots.length);
    },
    walk: async (walkSeed, limitMs) => {
      const request = { op: 'walk', walk_seed: toHex(walkSeed) };
      return bytesOfHex((await ask(walkedSchema, request, limitMs)).lane_root);
    },
    open: async ({ sampleSeed, h2 }, limitMs) => {
      const path = join(options.folder, `opening-${toHex(runtime.randomness.bytes(8))}`);
      const request = { op: 'open', sample_seed: toHex(sampleSeed), h2: toHex(h2), path };
      try {
        const { bytes } = await ask(openedSchema, request, limitMs);
        const opening = readOpening(path);
        if (opening.length === bytes) return opening;
        throw new ProverFailed(`The opening has ${opening.length} bytes, not ${bytes}.`, false);
      } finally {
        rmSync(path, { force: true });
      }
    },
    drop: async () => {
      // A prover that does not run holds nothing.
      if (running) await ask(z.unknown(), { op: 'drop' }, dropMs);
    },
    isRunning: () => running !== undefined,
    selfTest: () => ask(selfTestSchema, { op: 'self_test' }, selfTestMs),
    end: () => {
      hasEnded = true;
      discard(running);
    },
  };
};
