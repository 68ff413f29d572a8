#!/usr/bin/env node
/**
 * `npm run statement -- <command>`: checks the statement of a reward hour on any machine, without the platform.
 * The checks read the files that they are given, and nothing else: no network, no clock, no state. `fetch` alone
 * asks the API for those files.
 */
import { CliError } from '../cli-error.ts';
import { type Outcome, readArguments, runCommandLine } from '../outcome.ts';
import { checkShare, checkWholeStatement } from './check-statement.ts';
import { fetchStatement } from './fetch-statement.ts';

const usage = `npm run statement -- <command>

  check <statement.csv> --epoch <epoch.json> [--device <public id>] [--root <hex>] [--json]
      checks a whole statement: root, order, scores, sums, every amount, the hour's emission. --epoch: what
      was published of it, the head and the root. --device: prints the rows of one device as well.
  fetch --url <address of the API> --epoch <hour> [--device <public id>] [--root <hex>] [--out <folder>] [--json]
      downloads what was published of an hour, such as 2026-11-22T18, and checks it: epoch.json,
      statement.csv and, with --device, proof.json, in a folder of the hour's name unless told.
  share <proof.json> [--root <hex>] [--json]
      checks the proof of one device's share: that its rows stand under the root, and their amounts.

  --root: the root as you know it from elsewhere, such as the chain. Without it the one in the file is
  believed.

Exit codes: 0  everything is confirmed
            1  something is false, or the statement is not written as statements are
            2  the command line is wrong, or something cannot be fetched, read or written
`;

const options = {
  epoch: { type: 'string' },
  url: { type: 'string' },
  out: { type: 'string' },
  device: { type: 'string' },
  root: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

const run = (argv: readonly string[]): Outcome | Promise<Outcome> => {
  const { values, positionals } = readArguments(argv, options, usage);
  const [command, file, ...rest] = positionals;
  if (values.help || command === 'help') return { text: usage, code: 0 };
  if (command === 'fetch' && file === undefined) return fetchStatement(values);
  if (file === undefined || rest.length > 0) {
    throw new CliError(`Name a command and one file.\n\n${usage}`);
  }
  if (command === 'check') return checkWholeStatement({ ...values, file });
  if (command === 'share') return checkShare({ ...values, file });
  throw new CliError(`There is no command "${command}".\n\n${usage}`);
};

await runCommandLine(run);
