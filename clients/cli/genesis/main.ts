#!/usr/bin/env node
/**
 * `npm run genesis`: orders the making of the platform's own mint and its allocations, and waits for it. The key
 * comes from the environment, so that it stands in no history of commands.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { CliError } from '../cli-error.ts';
import { type Outcome, readArguments, runCommandLine } from '../outcome.ts';
import { orderGenesis } from './order-genesis.ts';

const usage = `RAYMESH_KEY=<operator's key> npm run genesis -- --url <address of the API> [--json]
    --seed <wallet> --series-a <wallet> --core <wallet> --ecosystem <wallet> --community <wallet>

  Makes the platform's own mint of IO and mints the allocations to these wallets: 100M, 81.6M, 90.4M,
  128M and 100M IO. It happens once and cannot be undone: compare every address. Run again with the same
  wallets, it says how far it is.

Exit codes: 0  it is done
            2  the command line is wrong, or the platform refuses
            3  it is ordered and not done yet
`;

const options = {
  url: { type: 'string' },
  seed: { type: 'string' },
  'series-a': { type: 'string' },
  core: { type: 'string' },
  ecosystem: { type: 'string' },
  community: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

const pauseMs = 3_000;

const run = (argv: readonly string[]): Outcome | Promise<Outcome> => {
  const { values, positionals } = readArguments(argv, options, usage);
  if (values.help) return { text: usage, code: 0 };
  if (positionals.length > 0) throw new CliError(`"${positionals[0]}" is too much.\n\n${usage}`);
  const { url, seed, core, ecosystem, community, json } = values;
  return orderGenesis({
    ...{ url, json, key: process.env['RAYMESH_KEY'] },
    wallets: { seed, series_a: values['series-a'], core, ecosystem, community },
    pause: async () => {
      await delay(pauseMs);
    },
  });
};

await runCommandLine(run);
