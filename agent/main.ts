#!/usr/bin/env node
/**
 * The entry of `raymesh-agent`: the only place of the agent that reads the environment, the clock,
 * randomness and signals. Exit codes: 0 done, 1 failed, 2 wrong command line, 3 unreadable state.
 */
import { randomBytes } from 'node:crypto';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { type CommandLine, parseCommandLine, parseThreads, usage } from './command-line.ts';
import { examineMachine } from './commands/doctor.ts';
import { formatChecks } from './commands/doctor-checks.ts';
import { joinNetwork } from './commands/join.ts';
import { leaveNetwork } from './commands/leave.ts';
import { runAgent } from './commands/run.ts';
import { describeStatus, formatStatus } from './commands/status.ts';
import { createLog } from './log.ts';
import { AgentError } from './problem.ts';
import { machineMonotonicMs, waitByClock } from './ray/monotonic-clock.ts';
import { type AgentRuntime, waitFor } from './runtime.ts';

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const cudaEnvironment = (): Record<string, string> =>
  Object.fromEntries(
    ['LD_LIBRARY_PATH', 'CUDA_PATH', 'CUDA_HOME'].flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value] as const];
    }),
  );

/** The machine's monotonic clock, and for tests one that can be moved. */
const createClock = (line: CommandLine, stateFolder: string) => {
  if (line.options['test-clock'] !== 'true') {
    return { monotonicMs: () => machineMonotonicMs(), wait: waitFor };
  }
  const clockOffsetFile = join(stateFolder, 'clock-offset-ms');
  const monotonicMs = () => machineMonotonicMs(clockOffsetFile);
  return { clockOffsetFile, monotonicMs, wait: waitByClock(monotonicMs, waitFor) };
};

const createRuntime = (line: CommandLine): AgentRuntime => {
  const stateFolder = resolve(line.options['state'] ?? join(homedir(), '.raymesh-agent'));
  const clock = { nowMs: () => Date.now() };
  return {
    clock,
    stateFolder,
    ...createClock(line, stateFolder),
    randomness: { bytes: (count) => randomBytes(count) },
    log: createLog(clock, print),
    path: process.env['PATH'] ?? '',
    cudaEnvironment: cudaEnvironment(),
  };
};

const signalOfEnd = (): AbortSignal => {
  const end = new AbortController();
  process.once('SIGINT', () => end.abort());
  process.once('SIGTERM', () => end.abort());
  return end.signal;
};

/** JSON unless a person reads it, or as asked. */
const show = (line: CommandLine, document: unknown, table: string): void => {
  const wanted = line.options['output'] ?? (process.stdout.isTTY ? 'table' : 'json');
  print(wanted === 'json' ? JSON.stringify(document, null, 2) : table);
};

const readInput = (): Promise<string> => {
  if (process.stdin.isTTY) process.stderr.write('Paste the join token, then press Ctrl-D.\n');
  return text(process.stdin);
};

const execute = async (line: CommandLine): Promise<number> => {
  const runtime = createRuntime(line);
  switch (line.command) {
    case 'join': {
      const { device } = await joinNetwork(runtime, line, readInput);
      print(`Joined as ${device.device_id}. Next: raymesh-agent run`);
      return 0;
    }
    case 'run': {
      const threads = line.options['prover-threads'];
      const proverThreads = threads === undefined ? undefined : parseThreads(threads);
      await runAgent(runtime, signalOfEnd(), { proverThreads });
      return 0;
    }
    case 'doctor': {
      const { api, ray } = line.options;
      const checks = await examineMachine(runtime, { api: api?.replace(/\/+$/, ''), ray });
      show(line, { checks }, formatChecks(checks));
      return checks.every((check) => check.passed) ? 0 : 1;
    }
    case 'status': {
      const status = describeStatus(runtime);
      show(line, status, formatStatus(status));
      return 0;
    }
    case 'leave': {
      const { deviceId, nodesStopped } = await leaveNetwork(runtime);
      print(`Stopped ${nodesStopped} nodes and forgot the key of ${deviceId ?? 'this machine'}.`);
      if (deviceId)
        print(`Next: its owner terminates it with POST /v1/devices/${deviceId}/terminate`);
      return 0;
    }
  }
};

const main = async (argv: readonly string[]): Promise<number> => {
  if (argv.includes('--help') || argv.length === 0) {
    print(usage);
    return argv.length === 0 ? 2 : 0;
  }
  try {
    return await execute(parseCommandLine(argv));
  } catch (thrown) {
    if (!(thrown instanceof AgentError)) throw thrown;
    process.stderr.write(`${thrown.text}\n`);
    return thrown.exitCode;
  }
};

process.exitCode = await main(process.argv.slice(2));
