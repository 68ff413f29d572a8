/**
 * Deploys the CDK application with stage `local` to the emulator, with the same command line tool and
 * the same application that an operator uses on AWS. Only the bootstrap is our own: the two things
 * that a deploy needs of it cost two requests instead of four seconds.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { paths, toolPath } from '../paths.ts';
import { supervise } from '../supervisor.ts';
import { type Emulator, emulatorAccount, emulatorCredentials, emulatorRegion } from './emulator.ts';

/** The qualifier of the CDK's default bootstrap. */
const assetBucket = `cdk-hnb659fds-assets-${emulatorAccount}-${emulatorRegion}`;
const bootstrapVersion = { name: '/cdk-bootstrap/hnb659fds/version', value: '30' };
const withinMs = 180_000;
const stacksAtOnce = '8';

const requireOk = async (what: string, answer: Response): Promise<void> => {
  if (!answer.ok) throw new Error(`${what}: ${answer.status} ${await answer.text()}`);
};

/** The bucket that assets are uploaded to, and the version that the templates look up. */
const bootstrap = async (endpoint: string): Promise<void> => {
  await requireOk(
    'creating the asset bucket',
    await fetch(`${endpoint}/${assetBucket}`, { method: 'PUT' }),
  );
  const parameter = { Name: bootstrapVersion.name, Value: bootstrapVersion.value, Type: 'String' };
  await requireOk(
    'writing the bootstrap version',
    await fetch(endpoint, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': 'AmazonSSM.PutParameter',
      },
      body: JSON.stringify(parameter),
    }),
  );
};

/** What the application is told besides where it is deployed: names and values of its context. */
export type DeployContext = Readonly<Record<string, string>>;

const commandArguments = (
  emulator: Emulator,
  assembly: string,
  context: DeployContext,
): readonly string[] => [
  ...['deploy', '--all', '--output', assembly],
  ...['-c', 'stage=local', '-c', `emulator=${emulator.endpoint}`],
  ...['-c', `account=${emulatorAccount}`, '-c', `region=${emulatorRegion}`],
  ...Object.entries(context).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ...['--require-approval', 'never', '--method', 'direct', '--concurrency', stacksAtOnce],
  ...['--asset-parallelism', '--no-notices', '--ci', '--progress', 'events', '--no-color'],
];

const environmentOf = (emulator: Emulator): Record<string, string> => ({
  PATH: toolPath,
  // Neither the user's AWS profiles nor their CDK settings may leak into the local platform.
  HOME: emulator.stateDirectory,
  LANG: 'C.UTF-8',
  AWS_ENDPOINT_URL: emulator.endpoint,
  AWS_REGION: emulatorRegion,
  AWS_ACCESS_KEY_ID: emulatorCredentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: emulatorCredentials.secretAccessKey,
  AWS_EC2_METADATA_DISABLED: 'true',
  CDK_DISABLE_CLI_TELEMETRY: 'true',
});

/**
 * Synthesises and deploys every stack; answers with the folder of the cloud assembly. Throws with the
 * tool's last lines when it fails.
 */
export const deploy = async (emulator: Emulator, context: DeployContext = {}): Promise<string> => {
  await bootstrap(emulator.endpoint);
  const assembly = join(emulator.stateDirectory, 'cdk.out');
  const logFile = join(paths.logs, `deploy-${new URL(emulator.endpoint).port}.log`);
  const command = await supervise({
    command: join(paths.nodeTools, 'cdk'),
    arguments: commandArguments(emulator, assembly, context),
    environment: environmentOf(emulator),
    logFile,
  });
  const ending = await Promise.race([command.ended, delay(withinMs, undefined, { ref: false })]);
  await command.stop();
  if (!ending?.succeeded) {
    const how = ending?.how ?? `not done within ${withinMs / 1000} s`;
    const lines = readFileSync(logFile, 'utf8').trim().split('\n');
    const last = lines.filter((line) => !/^\s+at /.test(line)).slice(-15);
    throw new Error(`cdk deploy failed (${how}); all of it is in ${logFile}:\n${last.join('\n')}`);
  }
  return assembly;
};
