/**
 * Runs the pinned AWS emulator (MiniStack) on this machine: bound to 127.0.0.1, in a process group of
 * its own, with a state that is thrown away at each start. What it lacks is corrected by launch.py.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { paths, toolPath } from '../paths.ts';
import { type Supervised, supervise } from '../supervisor.ts';
import { UserError } from '../user-error.ts';

const host = '127.0.0.1';
const readyWithinMs = 30_000;
const lookAgainAfterMs = 25;
const launcher = fileURLToPath(new URL('launch.py', import.meta.url));

/** What clients of the emulator sign with; it believes everyone. */
export const emulatorAccount = '000000000000';
export const emulatorRegion = 'us-east-1';
export const emulatorCredentials = { accessKeyId: 'test', secretAccessKey: 'test' } as const;

export interface Emulator {
  /** http://127.0.0.1:<port> */
  readonly endpoint: string;
  readonly process: Supervised;
  /** Settles with a sentence when it has ended, asked or not. */
  readonly ended: Promise<string>;
  /** Where this run's files stand; gone at the next start on the same port. */
  readonly stateDirectory: string;
  /** Holds the whole control plane still, as if it were out of reach; `resume` lets it go on. */
  suspend(): void;
  resume(): void;
  /** From now on every call is held to the policies of its caller; a second time lifts that again. */
  switchIam(): void;
  stop(): Promise<void>;
}

/** Refuses with a sentence when something listens on the port already. */
const requireFreePort = async (port: number): Promise<void> => {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', () =>
      reject(
        new UserError(
          `Port ${port} is in use: stop what listens there, or choose another with npm start -- --port ${port + 1}.`,
        ),
      ),
    );
    server.listen(port, host, resolve);
  });
  await new Promise((resolve) => server.close(resolve));
};

/** A port of 127.0.0.1 that nothing listens on now. */
export const findFreePort = async (): Promise<number> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port to be had');
  return address.port;
};

const environmentOf = (port: number, directory: string): Record<string, string> => ({
  PATH: toolPath,
  HOME: directory,
  LANG: 'C.UTF-8',
  PYTHONDONTWRITEBYTECODE: '1',
  TMPDIR: join(directory, 'tmp'),
  STATE_DIR: join(directory, 'state'),
  S3_DATA_DIR: join(directory, 's3'),
  GATEWAY_PORT: String(port),
  BIND_HOST: host,
  MINISTACK_HOST: host,
  MINISTACK_REGION: emulatorRegion,
  MINISTACK_ACCOUNT_ID: emulatorAccount,
  IOT_MTLS_ENABLED: '0',
  LAMBDA_WARM_TTL_SECONDS: '120',
});

const emptyDirectory = (directory: string): void => {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(join(directory, 'tmp'), { recursive: true });
  // The emulator's Node processes start from CommonJS files in here, below our "type": "module".
  writeFileSync(join(directory, 'tmp', 'package.json'), '{"type":"commonjs"}');
};

const isReady = async (endpoint: string): Promise<boolean> => {
  try {
    const answer = await fetch(`${endpoint}/_ministack/health`, {
      signal: AbortSignal.timeout(1000),
    });
    return answer.ok;
  } catch {
    return false;
  }
};

/**
 * Starts the emulator on a port and waits until it answers. Throws a UserError when the port is taken
 * or when it does not come up.
 */
export const startEmulator = async ({ port }: { readonly port: number }): Promise<Emulator> => {
  await requireFreePort(port);
  const stateDirectory = join(paths.state, String(port));
  emptyDirectory(stateDirectory);
  const logFile = join(paths.logs, `emulator-${port}.log`);
  const program = await supervise({
    command: paths.python,
    arguments: [launcher],
    environment: environmentOf(port, stateDirectory),
    logFile,
  });
  const endpoint = `http://${host}:${port}`;
  let over = false;
  const ended = program.ended.then(({ how }) => {
    over = true;
    return `The emulator ended (${how}); its last words are in ${logFile}.`;
  });
  const deadline = performance.now() + readyWithinMs;
  while (!over && performance.now() < deadline && !(await isReady(endpoint))) {
    await delay(lookAgainAfterMs);
  }
  if (over || performance.now() >= deadline) {
    await program.stop();
    const last = readFileSync(logFile, 'utf8').trim().split('\n').slice(-5).join('\n');
    throw new UserError(`The emulator did not come up; it said:\n${last}`);
  }
  return {
    endpoint,
    process: program,
    ended,
    stateDirectory,
    suspend: () => program.signal('SIGSTOP'),
    resume: () => program.signal('SIGCONT'),
    // To the emulator alone: in the functions' processes the signal means something else.
    switchIam: () => process.kill(program.processId, 'SIGUSR1'),
    async stop() {
      await program.stop();
      rmSync(stateDirectory, { recursive: true, force: true });
    },
  };
};
