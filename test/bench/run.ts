/**
 * `npm run bench -- <name> [--json]`: runs one benchmark and prints its document, as a table for people
 * or as JSON. Exit codes: 0 measured (also when a goal was missed), 1 broken, 2 wrong command line.
 */
import { parseArgs } from 'node:util';
import { stopAll } from '../../local/supervisor.ts';
import { UserError } from '../../local/user-error.ts';
import { type BenchDocument, documentText, type Findings } from './document.ts';
import { describeCommit, describeMachine } from './machine.ts';

/** Loaded when asked for: none of them needs what the others import. */
const benchmarks: Readonly<Record<string, () => Promise<Findings>>> = {
  'cluster-ready': async () => (await import('./cluster-ready.ts')).benchClusterReady(),
  'cold-start': async () => (await import('./cold-start.ts')).benchColdStart(),
  handlers: async () => (await import('./handlers.ts')).benchHandlers(),
  heartbeat: async () => (await import('./heartbeat.ts')).benchHeartbeat(),
  payments: async () => (await import('./payments.ts')).benchPayments(),
  poc: async () => (await import('./poc.ts')).benchPoc(),
  rewards: async () => (await import('./rewards.ts')).benchRewards(),
  solana: async () => (await import('./solana.ts')).benchSolana(),
  synth: async () => (await import('./synth.ts')).benchSynth(),
};

const usage = `npm run bench -- <name> [--json], where <name> is one of:
${Object.keys(benchmarks)
  .map((name) => `  ${name}`)
  .join('\n')}`;

interface CommandLine {
  readonly name: string;
  readonly json: boolean;
}

const readCommandLine = (argv: readonly string[]): CommandLine => {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      options: { json: { type: 'boolean', default: false } },
      allowPositionals: true,
    });
    const [name = '', ...rest] = positionals;
    if (name === '') throw new Error('Name a benchmark.');
    if (!Object.hasOwn(benchmarks, name)) throw new Error(`There is no benchmark "${name}".`);
    if (rest.length > 0) throw new Error(`One benchmark at a time, not also "${rest.join(' ')}".`);
    return { name, json: values.json };
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    throw new UserError(`${why}\n${usage}`);
  }
};

const run = async ({ name, json }: CommandLine): Promise<void> => {
  const bench = benchmarks[name];
  if (!bench) throw new UserError(usage);
  const findings = await bench();
  const document: BenchDocument = {
    name,
    commit: describeCommit(),
    machine: describeMachine(),
    ...findings,
  };
  process.stdout.write(`${json ? JSON.stringify(document, null, 2) : documentText(document)}\n`);
};

const main = async (argv: readonly string[]): Promise<number> => {
  let line: CommandLine;
  try {
    line = readCommandLine(argv);
  } catch (thrown) {
    process.stderr.write(`${(thrown as UserError).message}\n`);
    return 2;
  }
  try {
    await run(line);
    return 0;
  } catch (thrown) {
    process.stderr.write(
      `${thrown instanceof UserError ? thrown.message : (thrown as Error).stack}\n`,
    );
    return 1;
  } finally {
    await stopAll();
  }
};

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void stopAll().finally(() => process.exit(130)));
}
process.exit(await main(process.argv.slice(2)));
