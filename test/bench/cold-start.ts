/**
 * `cold-start`: what a new process of a function costs before its first call. The bundles are those that
 * are deployed; each is imported in a fresh process outside of the repository, as on AWS, where nothing
 * but the bundle and the layer stand. Only the import itself is timed, not the start of Node.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Bundle, bundleFunctions } from '../../infra/bundle.ts';
import { bundlesFolder, type FunctionName, functionNames } from '../../infra/functions.ts';
import { buildVerifierLayer, verifierLayerFolder } from '../../infra/verifier-layer.ts';
import { present } from '../../shared/core/assert.ts';
import { type EnvironmentName, environmentNames } from '../../shared/core/env.ts';
import { type Findings, lowerIsBetter, type Row, rounded } from './document.ts';
import { median } from './statistics.ts';

const importsPerFunction = 7;
const child = fileURLToPath(new URL('import-once.ts', import.meta.url));

/** Values of the form that the stacks give. */
const environmentValue = (name: EnvironmentName): string => {
  if (name === 'STAGE') return 'dev';
  if (name === 'KEY_MODE') return 'test';
  if (name.endsWith('_ARN')) return 'arn:aws:states:us-east-1:000000000000:stateMachine:bench';
  if (name.endsWith('_URL') || name.endsWith('_ENDPOINT')) return 'https://bench.example/agents';
  if (name === 'PAYOUT_COOLDOWN_HOURS' || name === 'IO_POSITION_LIMIT') return '24';
  return `raymesh-${name.toLowerCase()}`;
};

/** What stage local alone has. */
const ofLocal: ReadonlySet<EnvironmentName> = new Set(['STRIPE_ADDRESS', 'FIXED_TOKEN_PRICES']);

const environmentOf = (name: FunctionName): Record<string, string> => ({
  ...Object.fromEntries(
    environmentNames
      .filter((known) => !ofLocal.has(known))
      .map((known) => [known, environmentValue(known)]),
  ),
  AWS_LAMBDA_FUNCTION_NAME: name,
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'bench',
  AWS_SECRET_ACCESS_KEY: 'bench',
  AWS_SESSION_TOKEN: 'bench',
  // As Lambda has it for layers, with another folder in place of /opt.
  NODE_PATH: fileURLToPath(new URL('nodejs/node_modules', verifierLayerFolder)),
});

/** Milliseconds of one import in a process of its own. */
const importOnce = (folder: string, name: FunctionName): number => {
  const text = execFileSync(process.execPath, [child, join(folder, name, 'index.mjs')], {
    env: environmentOf(name),
    encoding: 'utf8',
  });
  return Number(text);
};

/** The AWS services that a bundle has clients for. */
const clientsOf = ({ inputs }: Bundle): readonly string[] => {
  const found = inputs.flatMap((path) => /@aws-sdk\/client-([^/]+)\//.exec(path)?.[1] ?? []);
  return [...new Set(found)].sort();
};

interface Measured {
  readonly name: FunctionName;
  readonly kib: number;
  readonly clients: readonly string[];
  readonly importMs: readonly number[];
}

const importAll = (
  names: readonly FunctionName[],
  times: number,
): Readonly<Record<string, readonly number[]>> => {
  const folder = mkdtempSync(join(tmpdir(), 'raymesh-bundles-'));
  try {
    cpSync(fileURLToPath(bundlesFolder), folder, { recursive: true });
    const samples = Object.fromEntries(names.map((name) => [name, [] as number[]]));
    // Round by round, so that a busy moment of the machine does not fall on one function alone.
    for (let round = 0; round < times; round += 1) {
      for (const name of names) samples[name]?.push(importOnce(folder, name));
    }
    return samples;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** Bundles what is deployed; answers with size and imports, so many each, of the functions named. */
export const measureBundles = async (
  names: readonly FunctionName[],
  times: number,
): Promise<readonly Measured[]> => {
  const [bundles] = await Promise.all([bundleFunctions(), buildVerifierLayer()]);
  const importMs = importAll(names, times);
  return names.map((name) => {
    const bundle = present(bundles[name], `no bundle of ${name}`);
    return {
      name,
      kib: bundle.bytes / 1024,
      clients: clientsOf(bundle),
      importMs: present(importMs[name], `no imports of ${name}`),
    };
  });
};

const sizes = (id: string, goal: number, functions: readonly Measured[]) => {
  const samples = functions.map(({ kib }) => kib);
  return lowerIsBetter({ id, unit: 'KiB', goal, samples, value: Math.max(...samples) });
};

const rowOf = ({ name, kib, clients, importMs }: Measured): Row => ({
  function: name,
  bundle_kib: rounded(kib),
  import_ms: rounded(median(importMs)),
  import_ms_min: rounded(Math.min(...importMs)),
  import_ms_max: rounded(Math.max(...importMs)),
  clients: clients.join(' '),
});

export const benchColdStart = async (): Promise<Findings> => {
  const functions = await measureBundles(functionNames, importsPerFunction);
  const hasOthers = ({ clients }: Measured) => clients.some((client) => client !== 'dynamodb');
  const medians = functions.map(({ importMs }) => median(importMs));
  return {
    figures: [
      sizes(
        'bundle_kib_max_dynamodb',
        350,
        functions.filter((each) => !hasOthers(each)),
      ),
      sizes('bundle_kib_max_clients', 560, functions.filter(hasOthers)),
      lowerIsBetter({
        id: 'import_ms_max',
        unit: 'ms',
        goal: 120,
        samples: medians,
        value: Math.max(...medians),
      }),
    ],
    rows: functions.map(rowOf),
  };
};
