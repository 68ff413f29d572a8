/**
 * Stripe's own stripe-mock on this machine: built once from its Go module at a pinned version into the
 * project's state folder, then started on a free port of 127.0.0.1. Nothing else needs Go.
 */
import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { paths } from '../../paths.ts';
import { supervise } from '../../supervisor.ts';
import { UserError } from '../../user-error.ts';

const version = 'v0.203.0';
const folder = join(paths.state, 'tools', `stripe-mock-${version}`);
const binary = join(folder, 'stripe-mock');
const buildWithinMs = 300_000;
const readyWithinMs = 30_000;
const lookAgainAfterMs = 50;

const isProgram = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** The Go tool: on the search path, or where its installer puts it. */
const findGo = (): string | undefined => {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/local/go/bin'];
  return folders.map((each) => join(each, 'go')).find(isProgram);
};

const build = async (): Promise<void> => {
  const go = findGo();
  if (go === undefined) {
    throw new UserError(
      'stripe-mock, which checks requests to Stripe, is built with Go, and there is no Go on this machine: install it from https://go.dev/dl, so that it is on the PATH or in /usr/local/go.',
    );
  }
  mkdirSync(folder, { recursive: true });
  const module = `github.com/stripe/stripe-mock@${version}`;
  try {
    await promisify(execFile)(go, ['install', module], {
      // Go's cache of modules is read-only unless told: nobody could throw it away.
      env: { ...process.env, GOBIN: folder, GOFLAGS: '-modcacherw' },
      timeout: buildWithinMs,
    });
  } catch (error) {
    throw new UserError(
      `stripe-mock could not be built; see that this machine reaches Go's module proxy. ${String(error)}`,
    );
  }
};

export interface StripeMock {
  /** http://127.0.0.1:<port> */
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts stripe-mock, and builds it before if need be. Throws a UserError that says what is missing. */
export const startStripeMock = async (): Promise<StripeMock> => {
  if (!existsSync(binary)) await build();
  const logFile = join(paths.logs, `stripe-mock-${process.pid}.log`);
  const program = await supervise({
    command: binary,
    // Without a port it takes a free one, and tells which.
    arguments: ['-http-addr', '127.0.0.1:', '-https-addr', '127.0.0.1:'],
    environment: {},
    logFile,
  });
  let over = false;
  void program.ended.then(() => {
    over = true;
  });
  const deadline = performance.now() + readyWithinMs;
  while (!over && performance.now() < deadline) {
    const address = /HTTP at address: (\S+)/.exec(readFileSync(logFile, 'utf8'))?.[1];
    if (address !== undefined) return { url: `http://${address}`, stop: () => program.stop() };
    await delay(lookAgainAfterMs);
  }
  await program.stop();
  throw new UserError(`stripe-mock did not come up; its last words are in ${logFile}.`);
};
