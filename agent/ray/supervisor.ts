/**
 * One node's supervisor: a small process of its own session that owns `ray start --block`. It takes
 * the ports, starts Ray in a process group, and ends the group when it is told to (SIGTERM), when
 * Ray exits, or when the node's paid time (`deadline.json`) is over: also if the agent was killed
 * and nobody restarts it. Run as `node supervisor.ts <node folder> [<clock offset file>]`.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { present } from '../../shared/core/assert.ts';
import { messageOf } from '../problem.ts';
import { waitFor } from '../runtime.ts';
import { readJsonFile, validValue, writeJsonFile } from '../state/json-file.ts';
import {
  deadlineSchema,
  type NodeExit,
  type NodeRecord,
  nodeFiles,
  nodeRecordSchema,
} from '../state/node-folder.ts';
import { identityOf } from '../state/process-identity.ts';
import { removeFolder } from '../state/remove-folder.ts';
import {
  bootstrapConfig,
  limitScript,
  rayArguments,
  rayEnvironment,
  scratchFolders,
} from './launch.ts';
import { machineMonotonicMs } from './monotonic-clock.ts';
import { takeFreeBlock } from './ports.ts';
import { endNodeProcesses } from './process-group.ts';
import { canConnect } from './tcp.ts';

/** How long a worker waits for its head's GCS, and how often it looks. */
const headWaitMs = 60_000;
const headPollMs = 50;
const deadlinePollMs = 1_000;

const [folder = '', clockOffsetFile] = process.argv.slice(2);
const files = nodeFiles(folder);
const record = present(
  validValue(readJsonFile(files.record, nodeRecordSchema)),
  'no valid node.json',
);
const supervisor = present(identityOf(process.pid), 'no identity of this very process');
const end = new AbortController();
let ending: NodeExit | undefined;

/** Names the first reason for the end; later ones do not change it. */
const endBecause = (reason: NodeExit): void => {
  ending ??= reason;
  end.abort();
};

const endAfterFault = (thrown: unknown): void => {
  const detail = `The node could not be kept: ${messageOf(thrown)}`.slice(0, 500);
  endBecause({ reason_code: 'ray_start_failed', detail });
};

const watchDeadline = async (): Promise<void> => {
  let stopAtMs: number | undefined;
  while (!end.signal.aborted) {
    // An unreadable file keeps the last known deadline; none at all ends the node at once.
    stopAtMs =
      validValue(readJsonFile(files.deadline, deadlineSchema))?.stop_at_monotonic_ms ?? stopAtMs;
    if (machineMonotonicMs(clockOffsetFile) >= (stopAtMs ?? 0)) {
      const detail = 'The paid time and its grace are over and nobody extended them.';
      endBecause({ reason_code: 'stop_after_reached', detail });
      return;
    }
    await waitFor(deadlinePollMs, end.signal);
  }
};

const waitForHead = async (head: NonNullable<NodeRecord['head']>): Promise<void> => {
  for (let waited = 0; waited < headWaitMs && !end.signal.aborted; waited += headPollMs) {
    if (await canConnect(head.address, head.gcs_port)) return;
    await waitFor(headPollMs, end.signal);
  }
  if (end.signal.aborted) return;
  const detail = `The head at ${head.address}:${head.gcs_port} did not listen within 60 s.`;
  endBecause({ reason_code: 'ray_start_failed', detail });
};

const startRay = (firstPort: number): ChildProcess => {
  const folders = scratchFolders(record);
  mkdirSync(folders.session, { recursive: true, mode: 0o700 });
  mkdirSync(folders.home, { recursive: true, mode: 0o700 });
  if (record.role === 'head') {
    writeFileSync(
      join(folders.home, 'ray_bootstrap_config.yaml'),
      bootstrapConfig(record.cluster_id),
    );
  }
  const output = openSync(files.log, 'a', 0o600);
  const command = [record.ray_executable, ...rayArguments(record, firstPort)];
  return spawn('/bin/sh', ['-c', limitScript, 'sh', ...command], {
    cwd: folders.home,
    env: rayEnvironment(record, firstPort),
    detached: true,
    stdio: ['ignore', output, output],
  });
};

const readText = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

/** The last words of Ray's output for people, without the token. */
const lastWords = (): string => {
  const text = readText(files.log).replaceAll(record.auth_token, '[token]').trim();
  return text.slice(-400);
};

const superviseRay = async (firstPort: number): Promise<void> => {
  const child = startRay(firstPort);
  const exited = new Promise<void>((resolve) => {
    child.once('error', () => resolve());
    child.once('exit', () => resolve());
  });
  try {
    const ray = child.pid ? (identityOf(child.pid) ?? null) : null;
    writeJsonFile(files.process, { supervisor, first_port: firstPort, ray });
    const aborted = new Promise<void>((resolve) => {
      end.signal.addEventListener('abort', () => resolve(), { once: true });
    });
    if (!end.signal.aborted) await Promise.race([aborted, exited]);
    endBecause({ reason_code: 'ray_exited', detail: `Ray ended by itself: ${lastWords()}` });
  } finally {
    await endNodeProcesses(record.node_id, child.pid, exited);
  }
};

const superviseBlock = async (firstPort: number): Promise<void> => {
  try {
    writeJsonFile(files.process, { supervisor, first_port: firstPort, ray: null });
    // A node whose deadline nobody watches would run for ever.
    watchDeadline().catch(endAfterFault);
    if (record.head) await waitForHead(record.head);
    if (!end.signal.aborted) await superviseRay(firstPort);
  } catch (thrown) {
    endAfterFault(thrown);
  }
};

const supervise = async (): Promise<void> => {
  const block = await takeFreeBlock(record.ports);
  if (block) {
    await superviseBlock(block.first);
    await block.release();
  } else {
    const detail = `No free block of 100 ports in ${record.ports.first}-${record.ports.last}.`;
    endBecause({ reason_code: 'no_free_ports', detail });
  }
  // First the word, then the clean-up: folders may resist, and the agent removes them again.
  writeJsonFile(files.exit, ending);
  const reason = removeFolder(record.scratch_folder);
  if (reason) process.stderr.write(`${record.scratch_folder} was not removed: ${reason}\n`);
};

process.on('SIGTERM', () => endBecause({ reason_code: null, detail: null }));
process.on('SIGINT', () => undefined);
process.on('SIGHUP', () => undefined);
await supervise();
process.exit(0);
