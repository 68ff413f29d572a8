/**
 * Starts long-running programs, each as the leader of a process group of its own, and ends exactly
 * those groups: TERM, then KILL. A program holds the reading end of a pipe as its standard input, so
 * that it can notice when we are gone; groups still alive when this process exits are killed.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { paths } from './paths.ts';

/** How long a group may take to end after TERM, in milliseconds. */
const patienceMs = 10_000;

export interface Program {
  readonly command: string;
  /** The repository's root unless told. */
  readonly directory?: string;
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Takes standard output and error; written anew at each start. */
  readonly logFile: string;
}

/** How a program ended. */
export interface Ending {
  readonly succeeded: boolean;
  /** In a few words. */
  readonly how: string;
}

export interface Supervised {
  readonly processId: number;
  /** Settles when the program itself has ended; its group may still have members. */
  readonly ended: Promise<Ending>;
  /** Sends a signal to the whole group; nothing happens when it is gone. */
  signal(name: NodeJS.Signals): void;
  /** Ends the whole group; resolves when its leader is gone. Can be called again. */
  stop(): Promise<void>;
}

const running = new Map<number, Supervised>();

const signalGroup = (leader: number, name: NodeJS.Signals): void => {
  try {
    process.kill(-leader, name);
  } catch {
    // The group is gone, which is what every caller wants.
  }
};

process.on('exit', () => {
  for (const leader of running.keys()) signalGroup(leader, 'SIGKILL');
});

/** Starts a program. Throws when its command cannot be run. */
export const supervise = async (program: Program): Promise<Supervised> => {
  mkdirSync(dirname(program.logFile), { recursive: true });
  const log = openSync(program.logFile, 'w');
  const child = spawn(program.command, program.arguments, {
    cwd: program.directory ?? paths.root,
    detached: true,
    env: { ...program.environment },
    stdio: ['pipe', log, log],
  });
  const ended = new Promise<Ending>((resolve) => {
    child.once('exit', (code, signal) =>
      resolve({ succeeded: code === 0, how: signal ? `ended by ${signal}` : `exit code ${code}` }),
    );
  });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  const processId = child.pid;
  if (processId === undefined) throw new Error(`${program.command} has no process id`);
  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    signalGroup(processId, 'SIGTERM');
    // A suspended group takes no TERM before it runs again.
    signalGroup(processId, 'SIGCONT');
    await Promise.race([ended, delay(patienceMs, undefined, { ref: false })]);
    signalGroup(processId, 'SIGKILL');
    await ended;
    running.delete(processId);
  };
  const supervised: Supervised = {
    processId,
    ended,
    signal: (name) => signalGroup(processId, name),
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
  };
  running.set(processId, supervised);
  return supervised;
};

/** What has to be done before the programs are ended, by name; the last named first. */
const cleanups = new Map<string, () => Promise<void>>();

/** Has this done before everything ends; the same name again replaces what was to be done. */
export const atEnd = (name: string, cleanup: () => Promise<void>): void => {
  cleanups.set(name, cleanup);
};

/** Does what was asked for the end, then ends everything that still runs, the last started first. */
export const stopAll = async (): Promise<void> => {
  const asked = [...cleanups.values()].reverse();
  cleanups.clear();
  const outcomes = await Promise.allSettled(asked.map((cleanup) => cleanup()));
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') console.error(String(outcome.reason));
  }
  for (const program of [...running.values()].reverse()) await program.stop();
};
