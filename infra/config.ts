/**
 * What differs between stages, and nothing else: the only place with per-stage values. The command
 * line chooses the stage and names what is outside of it: `cdk deploy -c stage=prod -c region=eu-west-1`.
 */
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { solanaAddressSchema } from '../shared/core/solana-address.ts';
import { startOfHourId } from '../shared/core/time.ts';
import { type SignUpMode, signUpModes } from '../shared/identity/sign-up.ts';
import { parseInvoicing } from '../shared/payments/invoices/billing-schemas.ts';
import { type TokenMode, tokenModes } from '../shared/token/token-mode.ts';

interface StageConfig {
  /** The middle part of API keys: keys of a test platform are told apart at sight. */
  readonly keyMode: 'test' | 'live';
  /** Whether tables survive the deletion of their stack and refuse their own. */
  readonly keepData: boolean;
  readonly logRetention: RetentionDays;
  /** Web origins that may call the HTTP API from a browser. */
  readonly browserOrigins: readonly string[];
  /** Requests a second that the HTTP API accepts, over time and in a burst. */
  readonly requestRate: { readonly steady: number; readonly burst: number };
  /** The chain that counts: real money on stage prod, and there alone. */
  readonly solanaCluster: SolanaCluster;
}

type SolanaCluster = 'mainnet' | 'devnet' | 'localnet';

interface Mints {
  readonly usdcMint: string;
  readonly ioMint: string;
}

interface TokenConfig {
  readonly mode: Exclude<TokenMode, 'none'>;
  /** `YYYY-MM-DDTHH` in UTC. */
  readonly genesisHour: string;
}

const mainnetMints: Mints = {
  usdcMint: 'EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v',
  ioMint: 'BZLbGTNCSFfoth2GYDtwr7e4imWzpR5jqcUuGEwr646K',
};

/** IO is on mainnet alone: elsewhere nothing can come of its mint, unless the context names another. */
const mintsOf: Readonly<Record<SolanaCluster, Mints>> = {
  mainnet: mainnetMints,
  devnet: { ...mainnetMints, usdcMint: '4zMMC9srt5Ri5X14GAgXhaHii3GnPAEERYPJgZJDncDU' },
  localnet: mainnetMints,
};

const stages = {
  /** One machine: the emulator. */
  local: {
    keyMode: 'test',
    keepData: false,
    logRetention: RetentionDays.ONE_WEEK,
    browserOrigins: ['*'],
    requestRate: { steady: 1000, burst: 1000 },
    solanaCluster: 'localnet',
  },
  /** AWS, for trying: real in everything except what its keys are called and how long logs stay. */
  dev: {
    keyMode: 'test',
    keepData: true,
    logRetention: RetentionDays.ONE_MONTH,
    browserOrigins: [],
    requestRate: { steady: 200, burst: 400 },
    solanaCluster: 'devnet',
  },
  prod: {
    keyMode: 'live',
    keepData: true,
    logRetention: RetentionDays.SIX_MONTHS,
    browserOrigins: [],
    requestRate: { steady: 2000, burst: 4000 },
    solanaCluster: 'mainnet',
  },
} as const satisfies Record<string, StageConfig>;

type StageName = keyof typeof stages;

/** All that the stacks are built from. */
export interface Config extends StageConfig {
  readonly stage: StageName;
  /** Account and region of every stack; absent: those of the credentials that deploy. */
  readonly account: string | undefined;
  readonly region: string | undefined;
  /** SNS topic that every alarm notifies. */
  readonly alarmTopicArn: string | undefined;
  /** Address of the emulator; set on stage local and only there. */
  readonly emulator: string | undefined;
  /** Addresses of the mints of USDC and IO on the stage's cluster. */
  readonly solana: Mints;
  /** The token that rewards are paid in, and the first hour of its emission; undefined: there is none. */
  readonly token: TokenConfig | undefined;
  /** Seller and taxes on invoices as JSON; `{}` names no seller and charges no tax. */
  readonly invoicing: string;
  /** Scheme and host of the page where people sign in; absent: the API's own. */
  readonly signInOrigin: string | undefined;
  /** Whether a wallet that nobody knows brings an organisation of its own. */
  readonly signUp: SignUpMode;
  /** For how many hours a new payout wallet is not paid to: whoever stole a key has to go unseen so long. */
  readonly payoutCooldownHours: number;
  /** Durable nonce account on which approved payouts stand; absent: they stand on blockhashes. */
  readonly payoutNonceAccount: string | undefined;
  /** The most IO, in base units, that deposits may raise the platform's position to. */
  readonly ioPositionLimit: string;
  /** Where a stand-in of the card provider's API is; on stage local only, absent: the provider's own. */
  readonly stripeAddress: string | undefined;
  /** Prices of IO and USDC that were set, as JSON; on stage local only, absent: those of the market. */
  readonly fixedPrices: string | undefined;
  /** `inline` puts a placeholder instead of the bundles: for tests of the templates. */
  readonly code: 'bundles' | 'inline';
}

/** Reads a value of the CDK context, which `-c name=value` sets. */
export type ReadContext = (name: string) => unknown;

const isStage = (name: unknown): name is StageName =>
  typeof name === 'string' && Object.hasOwn(stages, name);

/** The configuration that the context asks for; throws a sentence with the remedy if it is not one. */
export const readConfig = (context: ReadContext): Config => {
  const text = (name: string): string | undefined => {
    const value = context(name);
    if (value === undefined || value === '') return undefined;
    if (typeof value !== 'string') throw new Error(`context ${name} must be text`);
    return value;
  };
  const stage = context('stage');
  if (!isStage(stage)) {
    throw new Error(`choose a stage with -c stage=${Object.keys(stages).join(' or ')}`);
  }
  const emulator = text('emulator');
  if ((stage === 'local') !== (emulator !== undefined)) {
    throw new Error('stage local, and no other, needs -c emulator=http://127.0.0.1:<port>');
  }
  const stripeAddress = text('stripeAddress');
  if (stripeAddress !== undefined && stage !== 'local') {
    throw new Error('only stage local may have another address of the card provider');
  }
  const fixedPrices = text('fixedPrices');
  if (fixedPrices !== undefined && stage !== 'local') {
    throw new Error('only stage local may have prices of tokens that are not the market’s');
  }
  return {
    ...stages[stage],
    stage,
    account: text('account'),
    region: text('region'),
    alarmTopicArn: text('alarmTopicArn'),
    emulator,
    solana: readMints(stages[stage].solanaCluster, text),
    token: tokenOf(text),
    invoicing: invoicingOf(text('invoicing') ?? '{}'),
    signInOrigin: originOf(text('signInOrigin'), stage === 'local'),
    signUp: signUpOf(text('signUp') ?? (stage === 'local' ? 'open' : 'closed')),
    payoutCooldownHours: cooldownOf(text('payoutCooldownHours') ?? '24'),
    payoutNonceAccount: nonceAccountOf(text('payoutNonceAccount')),
    ioPositionLimit: positionOf(text('ioPositionLimit') ?? '1000000'),
    stripeAddress,
    fixedPrices,
    code: text('code') === 'inline' ? 'inline' : 'bundles',
  };
};

const tokenOf = (text: (name: string) => string | undefined): TokenConfig | undefined => {
  const mode = text('token') ?? 'none';
  const genesisHour = text('genesisHour');
  const known = tokenModes.find((name) => name === mode);
  if (known === undefined) throw new Error(`-c token is ${tokenModes.join(', ')}`);
  if (known === 'none') {
    if (genesisHour === undefined) return undefined;
    throw new Error('-c genesisHour=... is of a token: add -c token=own or -c token=existing');
  }
  if (known === 'own' && text('ioMint') !== undefined) {
    throw new Error('-c ioMint=... is of -c token=existing: an own mint follows from the treasury');
  }
  if (genesisHour !== undefined && startOfHourId(genesisHour) !== undefined) {
    return { mode: known, genesisHour };
  }
  throw new Error(
    `-c token=${known} needs -c genesisHour=YYYY-MM-DDTHH, the first hour of emission in UTC; it never changes`,
  );
};

const signUpOf = (mode: string): SignUpMode => {
  const known = signUpModes.find((name) => name === mode);
  if (known) return known;
  throw new Error(`-c signUp is ${signUpModes.join(' or ')}`);
};

const nonceAccountOf = (address: string | undefined): string | undefined => {
  if (address === undefined || solanaAddressSchema.safeParse(address).success) return address;
  throw new Error(`-c payoutNonceAccount=${address} is no address of Solana`);
};

/** Whole hours, an hour to a week. */
const cooldownOf = (hours: string): number => {
  if (/^[1-9]\d{0,2}$/.test(hours) && Number(hours) <= 168) return Number(hours);
  throw new Error('-c payoutCooldownHours=24 names whole hours, 1 to 168');
};

/** Whole IO, as base units: the context says `1000000`, the functions are told 10^14. */
const positionOf = (wholeIo: string): string => {
  if (/^(0|[1-9]\d{0,8})$/.test(wholeIo)) return `${BigInt(wholeIo) * 100_000_000n}`;
  throw new Error('-c ioPositionLimit=1000000 names whole IO, at most nine digits');
};

/** The mints of a cluster; those of mainnet are known, and no others are taken for them. */
const readMints = (cluster: SolanaCluster, text: (name: string) => string | undefined): Mints => {
  const mint = (name: keyof Mints): string => {
    const given = text(name);
    if (given === undefined) return mintsOf[cluster][name];
    if (cluster === 'mainnet') throw new Error(`-c ${name}=... is not for stage prod`);
    if (solanaAddressSchema.safeParse(given).success) return given;
    throw new Error(`-c ${name}=${given} is no address of a Solana mint`);
  };
  return { usdcMint: mint('usdcMint'), ioMint: mint('ioMint') };
};

/** The origin as browsers write it; throws a sentence with the remedy if it is none. */
const originOf = (origin: string | undefined, isLocal: boolean): string | undefined => {
  if (origin === undefined) return undefined;
  const scheme = isLocal ? /^https?:$/ : /^https:$/;
  if (URL.canParse(origin)) {
    const url = new URL(origin);
    if (url.origin === origin && scheme.test(url.protocol)) return origin;
  }
  throw new Error('-c signInOrigin=https://<host> names a page: scheme and host, no path');
};

/** The settings as they are; throws a sentence with the remedy if no function could start with them. */
const invoicingOf = (settings: string): string => {
  try {
    parseInvoicing(settings);
    return settings;
  } catch (error) {
    throw new Error(`-c invoicing=... is not what docs/deploy.md describes: ${String(error)}`);
  }
};
