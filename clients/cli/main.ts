#!/usr/bin/env node
/**
 * `npm run proof -- <command>`: checks proofs and receipts on any machine, without the platform, and prints
 * the reference table. Reads the files that it is given, and nothing else: no network, no clock, no state.
 * Exit codes stand in `usage`.
 */
import { checkProof, checkReceipt } from './check-proof.ts';
import { CliError } from './cli-error.ts';
import { type Outcome, readArguments, runCommandLine } from './outcome.ts';
import { reportReference } from './report-reference.ts';

const usage = `npm run proof -- <command>

  check <transcript.json> [--keys <keys.json>] [--day <day.json>] [--json]
      checks a stored proof again: the opening from its first byte, the times, what was measured, the
      receipt. --keys: the answer of GET /v1/proofs/receipt-keys, for the receipt's signature. --day: the
      answer of GET /v1/proofs/days/{date} after that day, for the seed of the slot.
  receipt <receipt.json> --keys <keys.json> [--json]
      checks the signature of a receipt.
  reference [--at <time>] [--json]
      prints what each model is held to and earns, and which cards can pose as it with profit. --at: the
      values of that time (ISO 8601), instead of the newest.

Exit codes: 0  the proof passed and nothing contradicts it; the receipt is genuine
            1  something is false: the verdict, a statement of the transcript, the receipt
            2  the command line is wrong, or a file cannot be read
            3  the proof failed, as the transcript says
`;

const options = {
  keys: { type: 'string' },
  day: { type: 'string' },
  at: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** Runs one command line; answers what to print and the exit code. */
const run = (argv: readonly string[]): Outcome => {
  const { values, positionals } = readArguments(argv, options, usage);
  const [command, file, ...rest] = positionals;
  if (values.help || command === 'help') return { text: usage, code: 0 };
  if (command === 'reference' && file === undefined) return reportReference(values);
  if (file === undefined || rest.length > 0) {
    throw new CliError(`Name a command and one file.\n\n${usage}`);
  }
  if (command === 'check') return checkProof({ ...values, file });
  if (command === 'receipt') return checkReceipt({ ...values, file });
  throw new CliError(`There is no command "${command}".\n\n${usage}`);
};

await runCommandLine(run);
