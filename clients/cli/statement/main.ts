#!/usr/bin/env node
/**
 * `npm run statement -- <command>`: checks the statement of a reward hour on any machine, without the platform.
 * Reads the files that it is given, and nothing else: no network, no clock, no state.
 */
import { CliError } from '../cli-error.ts';
import { type Outcome, readArguments, runCommandLine } from '../outcome.ts';
import { checkShare, checkWholeStatement } from './check-statement.ts';

const usage = `npm run statement -- <command>

  check <statement.csv> --epoch <epoch.json> [--device <public id>] [--root <hex>] [--json]
      checks a whole statement: root, order, scores, sums, every amount, the hour's emission. --epoch: what
      was published of it, the head and the root. --device: prints the rows of one device as well.
  share <proof.json> [--root <hex>] [--json]
      checks the proof of one device's share: that its rows stand under the root, and their amounts.

  --root: the root as you know it from elsewhere, such as the chain. Without it the one in the file is
  believed.

Exit codes: 0  everything is confirmed
            1  something is false, or the statement is not written as statements are
            2  the command line is wrong, or a file cannot be read
`;

const options = {
  epoch: { type: 'string' },
  device: { type: 'string' },
  root: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

const run = (argv: readonly string[]): Outcome => {
  const { values, positionals } = readArguments(argv, options, usage);
  const [command, file, ...rest] = positionals;
  if (values.help || command === 'help') return { text: usage, code: 0 };
  if (file === undefined || rest.length > 0) {
    throw new CliError(`Name a command and one file.\n\n${usage}`);
  }
  if (command === 'check') return checkWholeStatement({ ...values, file });
  if (command === 'share') return checkShare({ ...values, file });
  throw new CliError(`There is no command "${command}".\n\n${usage}`);
};

runCommandLine(run);
