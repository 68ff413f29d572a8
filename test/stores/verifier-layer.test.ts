/**
 * A function on the emulator resolves the verifier's package by its name from a layer, through the same
 * code as on AWS, where only the layer's place differs; without the layer it verifies in TypeScript.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  CreateFunctionCommand,
  InvokeCommand,
  LambdaClient,
  PublishLayerVersionCommand,
} from '@aws-sdk/client-lambda';
import { buildVerifierLayer, verifierLayerFolder } from '../../infra/verifier-layer.ts';
import {
  type Emulator,
  emulatorAccount,
  emulatorCredentials,
  emulatorRegion,
  findFreePort,
  startEmulator,
} from '../../local/emulator/emulator.ts';
import { resourceKinds } from '../../local/emulator/resource-kinds.ts';
import { paths } from '../../local/paths.ts';

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'raymesh-layer-'));

/** A folder's entry, as a zip file's bytes. */
const zipped = async (parent: string, entry: string): Promise<Uint8Array> => {
  const file = join(folder, `${entry}.zip`);
  await run(paths.python, ['-m', 'zipfile', '-c', file, entry], { cwd: parent });
  return readFileSync(file);
};

/** A function's code, bundled as all functions are: it answers with what its process got. */
const codeOfFunction = async (): Promise<Uint8Array> => {
  const engine = fileURLToPath(
    new URL('../../shared/proofs/protocol/wasm-engine.ts', import.meta.url),
  );
  writeFileSync(
    join(folder, 'handler.ts'),
    `import { loadEngine } from ${JSON.stringify(engine)};
     const warnings: string[] = [];
     const engine = loadEngine({ warn: (event) => warnings.push(event) });
     export const handler = async () => ({ engine: engine.name, warnings });`,
  );
  await run(join(paths.nodeTools, 'esbuild'), [
    join(folder, 'handler.ts'),
    ...['--bundle', '--minify', '--platform=node', '--format=esm', '--target=node24'],
    `--outfile=${join(folder, 'index.mjs')}`,
  ]);
  return zipped(folder, 'index.mjs');
};

let emulator: Emulator;
let lambda: LambdaClient;
let code: Uint8Array;
let layerArn: string;

beforeAll(async () => {
  await buildVerifierLayer();
  emulator = await startEmulator({ port: await findFreePort() });
  lambda = new LambdaClient({
    endpoint: emulator.endpoint,
    region: emulatorRegion,
    credentials: emulatorCredentials,
  });
  code = await codeOfFunction();
  const published = await lambda.send(
    new PublishLayerVersionCommand({
      LayerName: 'poc-verifier',
      CompatibleRuntimes: ['nodejs24.x'],
      Content: { ZipFile: await zipped(fileURLToPath(verifierLayerFolder), 'nodejs') },
    }),
  );
  layerArn = String(published.LayerVersionArn);
});

afterAll(async () => {
  lambda?.destroy();
  await emulator?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const answerOf = async (FunctionName: string, Layers: string[]): Promise<unknown> => {
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName,
      Layers,
      Code: { ZipFile: code },
      Handler: 'index.handler',
      Runtime: 'nodejs24.x',
      Role: `arn:aws:iam::${emulatorAccount}:role/none`,
      Timeout: 30,
    }),
  );
  const { Payload, FunctionError } = await lambda.send(new InvokeCommand({ FunctionName }));
  expect(FunctionError).toBeUndefined();
  return JSON.parse(Buffer.from(Payload ?? []).toString());
};

it('gives a function with the layer the WASM engine', async () => {
  expect(await answerOf('with-layer', [layerArn])).toEqual({ engine: 'wasm', warnings: [] });
});

it('leaves a function without it the TypeScript engine, and one warning', async () => {
  expect(await answerOf('without-layer', [])).toEqual({
    engine: 'typescript',
    warnings: ['proof_engine_fallback'],
  });
});

it('shows the drift check the layer and who has it', async () => {
  const kinds = resourceKinds(emulator.endpoint);
  expect(await kinds['AWS::Lambda::LayerVersion']?.read(layerArn, {})).toMatchObject({
    CompatibleRuntimes: ['nodejs24.x'],
  });
  expect(await kinds['AWS::Lambda::Function']?.read('with-layer', {})).toMatchObject({
    Layers: [layerArn],
  });
});
