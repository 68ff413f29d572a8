/**
 * The command line of `raymesh-agent`: which commands and options exist. Unknown ones are errors. A
 * join token is never an argument, because other users of the machine can read arguments.
 */
import { parseArgs } from 'node:util';
import { AgentError, messageOf } from './problem.ts';

export const usage = `raymesh-agent <command> [--state <folder>]

  join     make this machine a device; the join token is read from standard input
             --api <url>  --name <name>  [--token-file <file>]  [--address <IPv4>]
             [--agent-port <port>]  [--ports <first>-<last>]  [--ray <path>]
  run      the daemon: heartbeats, commands, Ray nodes, proofs
             [--prover-threads <number>]  [--test-clock]
  doctor   check this machine          [--api <url>] [--ray <path>] [--output json|table]
  status   what the agent knows and runs                   [--output json|table]
  leave    stop every node that this agent started and forget the device's key

In the repository's folder: npx raymesh-agent <command>
`;

const options = {
  join: ['api', 'name', 'token-file', 'address', 'agent-port', 'ports', 'ray'],
  run: ['test-clock', 'prover-threads'],
  doctor: ['api', 'ray', 'output'],
  status: ['output'],
  leave: [],
} as const;

export type CommandName = keyof typeof options;

/** A parsed command line: options by name; `test-clock` is 'true' when given. */
export interface CommandLine {
  readonly command: CommandName;
  readonly options: Readonly<Record<string, string | undefined>>;
}

const wrong = (why: string): AgentError =>
  new AgentError({ what: 'The command line is wrong.', why, next: usage, exitCode: 2 });

const isCommand = (text: string | undefined): text is CommandName =>
  text !== undefined && Object.hasOwn(options, text);

/** Reads the arguments after the program's name. Throws AgentError with exit code 2. */
export const parseCommandLine = (argv: readonly string[]): CommandLine => {
  const [command, ...rest] = argv;
  if (!isCommand(command)) {
    throw wrong(command ? `There is no command "${command}".` : 'No command was given.');
  }
  const names: readonly string[] = [...options[command], 'state'];
  const flags = Object.fromEntries(
    names.map((name) => [name, { type: name === 'test-clock' ? 'boolean' : 'string' } as const]),
  );
  try {
    const { values } = parseArgs({ args: rest, options: flags, strict: true });
    const output = values['output'];
    if (output !== undefined && output !== 'json' && output !== 'table') {
      throw new Error('--output is json or table.');
    }
    return {
      command,
      options: Object.fromEntries(Object.entries(values).map(([k, v]) => [k, String(v)])),
    };
  } catch (thrown) {
    throw wrong(messageOf(thrown));
  }
};

/** The option's value. Throws AgentError with exit code 2 when it is missing. */
export const requireOption = (line: CommandLine, name: string): string => {
  const value = line.options[name];
  if (!value) throw wrong(`${line.command} needs --${name}.`);
  return value;
};

/** A range of ports from "first-last". Throws AgentError with exit code 2. */
export const parsePortRange = (text: string): { first: number; last: number } => {
  const match = /^(\d{4,5})-(\d{4,5})$/.exec(text);
  const first = Number(match?.[1]);
  const last = Number(match?.[2]);
  if (!match || last > 65_535 || last - first < 99) {
    throw wrong('--ports is <first>-<last> with room for at least one block of 100 ports.');
  }
  return { first, last };
};

/** How many threads a prover uses. Throws AgentError with exit code 2. */
export const parseThreads = (text: string): number => {
  const threads = Number(text);
  if (!/^\d{1,4}$/.test(text) || threads < 1 || threads > 1_024) {
    throw wrong(`"${text}" is no number of threads: 1 to 1024.`);
  }
  return threads;
};

/** One port from its digits. Throws AgentError with exit code 2. */
export const parsePort = (text: string): number => {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port < 1 || port > 65_535) {
    throw wrong(`"${text}" is no port: 1 to 65535.`);
  }
  return port;
};
