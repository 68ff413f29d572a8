/**
 * The whole platform on this machine: the emulator, the real CDK application deployed to it, and the
 * drift check. Used by `npm start`, the journeys and the benchmarks; several may run side by side on
 * different ports. Nothing survives `stop`.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import {
  GetFunctionConfigurationCommand,
  InvokeCommand,
  LambdaClient,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { type FunctionName, functionNames } from '../infra/functions.ts';
import { kmsSigner } from '../shared/adapters/kms.ts';
import { type TableName, tables } from '../shared/core/tables.ts';
import { isoOf } from '../shared/core/time.ts';
import { type CardProvider, startCardProvider } from './card-provider.ts';
import { type ChainProvider, startChainProvider } from './chain-provider.ts';
import { deploy } from './emulator/deploy.ts';
import { mendDrift } from './emulator/drift.ts';
import {
  type Emulator,
  emulatorCredentials,
  emulatorRegion,
  startEmulator,
} from './emulator/emulator.ts';
import { listStacks } from './emulator/stack-templates.ts';
import { makeOwnMint } from './own-mint.ts';
import { quiet, type Step } from './progress.ts';

/** What a client of the AWS SDK needs to reach the emulator. */
export interface AwsAccess {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

export interface Platform {
  /** Base address of the HTTP API; paths begin with /v1. */
  readonly apiUrl: string;
  /** Where agents dial. */
  readonly socketUrl: string;
  readonly aws: AwsAccess;
  readonly tableNames: Readonly<Record<TableName, string>>;
  readonly functionNames: Readonly<Record<FunctionName, string>>;
  readonly stateMachineArns: Readonly<Record<'provision' | 'release', string>>;
  /** The card provider that it speaks with. */
  readonly cards: CardProvider;
  /** The Solana chain that it reads and pays on, and the wallet of its treasury there. */
  readonly chain: ChainProvider;
  readonly treasury: string;
  /** Address of the mint of IO. */
  readonly ioMint: string;
  /** What the drift check had to set after the deploy. */
  readonly mended: readonly string[];
  /** Settles with a sentence when the emulator has ended, asked or not. */
  readonly ended: Promise<string>;
  /** The operator's bootstrap key, as it is presented: `rm_boot_<secret>`. */
  bootstrapKey(): Promise<string>;
  /** Calls a function directly and answers with its result; throws when the function threw. */
  invoke(name: FunctionName, payload: unknown): Promise<unknown>;
  /** Holds the control plane still, as if it were out of reach, and lets it go on. */
  suspend(): void;
  resume(): void;
  /** Holds every function's calls to the policies of its role from now on, as AWS does. */
  enforceIam(): Promise<void>;
  /** Ends everything that was started here, and nothing else. */
  stop(): Promise<void>;
}

export interface PlatformOptions {
  readonly port: number;
  /** Told about each step; silent unless given. */
  readonly step?: Step;
}

type Outputs = Readonly<Record<string, string>>;

const pascalCase = (name: string): string =>
  name.replace(/(^|-)([a-z])/g, (_, _dash: string, letter: string) => letter.toUpperCase());

const readOutputs = async (aws: AwsAccess): Promise<Outputs> => {
  const found: Record<string, string> = {};
  for (const { Outputs } of await listStacks(new CloudFormationClient(aws))) {
    for (const { OutputKey, OutputValue } of Outputs ?? []) {
      if (OutputKey && OutputValue) found[OutputKey] = OutputValue;
    }
  }
  return found;
};

const requireOutput = (outputs: Outputs, key: string): string => {
  const value = outputs[key];
  if (value === undefined) throw new Error(`no stack has an output ${key}`);
  return value;
};

const namesOf = <Name extends string>(
  names: readonly Name[],
  prefix: string,
  outputs: Outputs,
): Readonly<Record<Name, string>> =>
  Object.fromEntries(
    names.map((name) => [name, requireOutput(outputs, `${prefix}${pascalCase(name)}`)]),
  ) as Record<Name, string>;

const readBootstrapKey = async (aws: AwsAccess, SecretId: string): Promise<string> => {
  const client = new SecretsManagerClient(aws);
  const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId }));
  return `rm_boot_${SecretString}`;
};

/** Does what an operator does: stores the provider's key, and the secret with which it signs. */
const connectCards = async (
  aws: AwsAccess,
  outputs: Outputs,
  cards: CardProvider,
  apiUrl: string,
): Promise<void> => {
  const client = new SecretsManagerClient(aws);
  const put = (output: string, SecretString: string) =>
    client.send(
      new PutSecretValueCommand({ SecretId: requireOutput(outputs, output), SecretString }),
    );
  await put('StripeKeyArn', cards.apiKey);
  const secret = await cards.sendEventsTo(`${apiUrl}/v1/webhooks/stripe`);
  if (secret !== undefined) await put('StripeWebhookSecretArn', secret);
};

/** Does what an operator does: stores where the nodes are, and gives the treasury SOL. Answers its wallet. */
const connectChain = async (
  aws: AwsAccess,
  outputs: Outputs,
  chain: ChainProvider,
): Promise<string> => {
  const SecretString = JSON.stringify({ providers: chain.nodes });
  const SecretId = requireOutput(outputs, 'SolanaRpcArn');
  await new SecretsManagerClient(aws).send(new PutSecretValueCommand({ SecretId, SecretString }));
  const signer = kmsSigner({
    keyArn: requireOutput(outputs, 'TreasuryKeyArn'),
    connection: aws,
    pause: async (milliseconds) => {
      await delay(milliseconds);
    },
  });
  const treasury = await signer.getAddress();
  await chain.fund(treasury);
  return treasury;
};

const invokeFunction = async (
  client: LambdaClient,
  FunctionName: string,
  payload: unknown,
): Promise<unknown> => {
  const answer = await client.send(
    new InvokeCommand({ FunctionName, Payload: JSON.stringify(payload) }),
  );
  const text = Buffer.from(answer.Payload ?? []).toString('utf8');
  if (answer.FunctionError !== undefined) throw new Error(`${FunctionName}: ${text}`);
  return text === '' ? undefined : JSON.parse(text);
};

/** Ends the functions' processes, which keep the rights with which they started. */
const restartFunctions = async (client: LambdaClient, names: readonly string[]): Promise<void> => {
  for (const FunctionName of names) {
    const command = new GetFunctionConfigurationCommand({ FunctionName });
    const { Timeout } = await client.send(command);
    await client.send(new UpdateFunctionConfigurationCommand({ FunctionName, Timeout }));
  }
};

/** What the platform speaks with outside of AWS. */
interface Outside {
  readonly cards: CardProvider;
  readonly chain: ChainProvider;
}

const closeOutside = async ({ cards, chain }: Outside): Promise<void> => {
  await Promise.all([cards.close(), chain.close()]);
};

const platformOn = async (
  emulator: Emulator,
  outside: Outside,
  mended: readonly string[],
): Promise<Platform> => {
  const aws: AwsAccess = {
    endpoint: emulator.endpoint,
    region: emulatorRegion,
    credentials: emulatorCredentials,
  };
  const outputs = await readOutputs(aws);
  const lambda = new LambdaClient(aws);
  const functions = namesOf(functionNames, 'Function', outputs);
  // The stage `$default` may be left out, and a shell would take its name for a variable.
  const apiUrl = requireOutput(outputs, 'ApiUrl').replace(/\/\$default$/, '');
  const { cards, chain } = outside;
  await connectCards(aws, outputs, cards, apiUrl);
  const treasury = await connectChain(aws, outputs, chain);
  const invoke = (name: FunctionName, payload: unknown) =>
    invokeFunction(lambda, functions[name], payload);
  // Schedules do it as well, within the hour and the minute.
  await invoke('payments-deposits', { task: 'check-treasury' });
  await invoke('payments-deposits', { task: 'read-prices' });
  const bootstrapKey = () => readBootstrapKey(aws, requireOutput(outputs, 'BootstrapSecretArn'));
  const ioMint =
    chain.context['ioMint'] ?? (await makeOwnMint({ apiUrl, bootstrapKey, invoke, chain }));
  await invoke('payments-deposits', { task: 'check-treasury' });
  return {
    apiUrl,
    ioMint,
    cards,
    chain,
    treasury,
    socketUrl: requireOutput(outputs, 'SocketUrl'),
    aws,
    tableNames: namesOf(Object.keys(tables) as TableName[], 'Table', outputs),
    functionNames: functions,
    stateMachineArns: {
      provision: requireOutput(outputs, 'ProvisionStateMachineArn'),
      release: requireOutput(outputs, 'ReleaseStateMachineArn'),
    },
    mended,
    ended: emulator.ended,
    bootstrapKey,
    invoke,
    suspend: () => emulator.suspend(),
    resume: () => emulator.resume(),
    enforceIam: async () => {
      emulator.switchIam();
      await restartFunctions(lambda, Object.values(functions));
    },
    stop: async () => {
      await emulator.stop();
      await closeOutside(outside);
    },
  };
};

/** Brings the platform up. Whatever fails, nothing is left running. */
export const startPlatform = async (options: PlatformOptions): Promise<Platform> => {
  const { port, step = quiet } = options;
  const cards = await startCardProvider();
  const chain = await startChainProvider().catch(async (error: unknown) => {
    await cards.close();
    throw error;
  });
  const outside = { cards, chain };
  const emulator = await step('start the AWS emulator', () => startEmulator({ port })).catch(
    async (error: unknown) => {
      await closeOutside(outside);
      throw error;
    },
  );
  const context = {
    ...chain.context,
    // The IO of a test chain is somebody else's where the environment names it.
    token: chain.context['ioMint'] === undefined ? 'own' : 'existing',
    // Emission begins with the platform: there is no hour that would have to be caught up.
    genesisHour: isoOf(Date.now()).slice(0, 13),
    // There is no market here: a quarter of a dollar for IO, a dollar for USDC.
    fixedPrices: '{"io":"250000000","usdc":"1000000000"}',
    // The site that wallets name when they sign; nobody has to be there.
    signInOrigin: `http://127.0.0.1:${port}`,
    ...(cards.address === undefined ? {} : { stripeAddress: cards.address }),
  };
  try {
    const assembly = await step('deploy the CDK application', () => deploy(emulator, context));
    const mended = await step('compare what was made with what was asked for', () =>
      mendDrift(emulator, assembly),
    );
    return await platformOn(emulator, outside, mended);
  } catch (error) {
    await emulator.stop();
    await closeOutside(outside);
    throw error;
  }
};
