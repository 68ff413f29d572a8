/**
 * The command that orders genesis and waits until it is done. It is safe to repeat: the platform answers what
 * stands there, and refuses other wallets.
 */
import { scaleOf } from '../../../shared/core/money.ts';
import { genesisSchema } from '../../../shared/token/token-schemas.ts';
import { addressOf, callApi, parsed } from '../call-api.ts';
import { CliError } from '../cli-error.ts';
import type { Outcome } from '../outcome.ts';

/** The command line's word for each allocation. */
export const walletOptions = {
  seed: 'seed',
  series_a: 'series-a',
  core: 'core',
  ecosystem: 'ecosystem',
  community: 'community',
} as const;

export interface GenesisOptions {
  readonly url: string | undefined;
  /** An operator's API key. */
  readonly key: string | undefined;
  /** Waits so long between two looks; milliseconds. */
  readonly pause: () => Promise<void>;
  readonly wallets: Readonly<Record<keyof typeof walletOptions, string | undefined>>;
  readonly json: boolean;
}

/** The schedule begins it within five minutes, and it takes less than one. */
const looksMax = 120;

/** Code 3: it is not done yet, and goes on by itself. */
export const orderGenesis = async (options: GenesisOptions): Promise<Outcome> => {
  const { key, wallets, json } = options;
  const address = `${addressOf(options.url)}/v1/token/genesis`;
  if (key === undefined || key === '') {
    throw new CliError('Put an operator’s API key into the variable RAYMESH_KEY.');
  }
  for (const [name, word] of Object.entries(walletOptions)) {
    if (wallets[name as keyof typeof wallets] === undefined) {
      throw new CliError(`Name the wallet of each allocation: --${word} is missing.`);
    }
  }
  for (let looks = 1; ; looks += 1) {
    const text = await callApi(address, { method: 'PUT', key, body: { wallets } });
    const genesis = genesisSchema.safeParse(parsed(text)).data;
    if (!genesis) throw new CliError(`${address} answers no genesis.`);
    const isDone = genesis.status === 'done';
    if (isDone || looks === looksMax) {
      return { text: json ? `${text}\n` : told(genesis), code: isDone ? 0 : 3 };
    }
    await options.pause();
  }
};

const told = (genesis: ReturnType<typeof genesisSchema.parse>): string => {
  const lines = genesis.allocations.map(({ name, wallet, amount }) => {
    const whole = BigInt(amount.amount) / 10n ** BigInt(scaleOf.io);
    return `  ${name.padEnd(10)} ${whole.toLocaleString('en').padStart(12)} IO  ${wallet}`;
  });
  const [first, last] =
    genesis.status === 'done'
      ? ['The mint is made.', `Transaction ${genesis.transaction}`]
      : [
          `Genesis is ${genesis.status}, and goes on by itself.`,
          'mint.held in the log of token-mint says what holds it; run this again to look.',
        ];
  return [first, `Mint ${genesis.mint}`, ...lines, last, ''].join('\n');
};
