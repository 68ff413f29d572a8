#!/usr/bin/env node
/**
 * `npm run simulate -- emission`: draws what the network emits over 20 years, and what a fleet would earn. Pure
 * arithmetic: no network, no file, no clock.
 */
import { CliError } from '../cli-error.ts';
import { type Outcome, readArguments, runCommandLine } from '../outcome.ts';
import { simulateEmission } from './simulate-emission.ts';

const usage = `npm run simulate -- emission [--devices "<devices> x <processors> x <model>"]... [options]

  Draws the emission over 20 years, and for each --devices what one device earns, and what one peak TOPS
  (10^12 dense int8 operations a second) does. The fleet stands still: every device passes its gates in
  every hour. Models as GET /v1/hardware names them, 100 lines at most.

  npm run simulate -- emission --devices "500 x 8 x H100 SXM" --devices "3000 x 1 x RTX 4090"

  --tier <1 to 4>       class of every device's line; 2 unless told
  --minutes <50 to 60>  up in each hour; 60 unless told
  --hired               every device is hired
  --json                all 20 years of everything, amounts in base units (8 places)

Exit codes: 0  done
            2  the command line is wrong
`;

const options = {
  devices: { type: 'string', multiple: true },
  tier: { type: 'string', default: '2' },
  minutes: { type: 'string', default: '60' },
  hired: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

const run = (argv: readonly string[]): Outcome => {
  const { values, positionals } = readArguments(argv, options, usage);
  const [what, ...rest] = positionals;
  if (values.help || what === 'help') return { text: usage, code: 0 };
  if (what !== 'emission' || rest.length > 0) {
    throw new CliError(`Name what to simulate: emission, and nothing else.\n\n${usage}`);
  }
  return simulateEmission({ ...values, devices: values.devices ?? [] });
};

await runCommandLine(run);
