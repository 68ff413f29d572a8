/** What every command does alike: how it reads its words and files, what it answers, how it ends. */
import { readFileSync, statSync } from 'node:fs';
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import type * as z from 'zod';
import { CliError } from './cli-error.ts';

/** What a command prints, and its exit code. */
export interface Outcome {
  readonly text: string;
  readonly code: 0 | 1 | 3;
}

/** The words of a command line; CliError, with the usage, for those that it does not know. */
export const readArguments = <const T extends ParseArgsOptionsConfig>(
  argv: readonly string[],
  options: T,
  usage: string,
) => {
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true });
  } catch (thrown) {
    throw new CliError(`${(thrown as Error).message}\n\n${usage}`);
  }
};

/** The text of a file; CliError for one that cannot be read or is larger than `bytesMax`. */
export const readText = (path: string, bytesMax: number): string => {
  try {
    if (statSync(path).size > bytesMax) throw new Error('it is too large');
    return readFileSync(path, 'utf8');
  } catch (thrown) {
    throw new CliError(`${path} cannot be read: ${(thrown as Error).message}.`);
  }
};

/** Larger than any document: an opening of the largest parameters that are used has two megabytes. */
const documentBytesMax = 64 * 1024 * 1024;

/** The JSON document in a file, called `what`; CliError for a file that has none of this form. */
export const readDocument = <T>(path: string, what: string, schema: z.ZodType<T>): T => {
  const text = readText(path, documentBytesMax);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new CliError(`${path} is no JSON document.`);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue?.path.join('.') || 'the document';
  throw new CliError(`${path} is no ${what}: ${where}: ${issue?.message}.`);
};

/** Runs the command line of this process: prints its outcome, or what is wrong with it and code 2. */
export const runCommandLine = async (
  run: (argv: readonly string[]) => Outcome | Promise<Outcome>,
): Promise<void> => {
  try {
    const { text, code } = await run(process.argv.slice(2));
    process.stdout.write(text);
    process.exitCode = code;
  } catch (thrown) {
    if (!(thrown instanceof CliError)) throw thrown;
    process.stderr.write(`${thrown.message}\n`);
    process.exitCode = 2;
  }
};
