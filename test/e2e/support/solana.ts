/** The parts that journeys on Solana play: customers with wallets, time on the chain, and its own records. */
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type * as z from 'zod';
import { moveClock } from '../../../local/clock.ts';
import { apiClient } from '../../../local/demo/client.ts';
import type { Tenant } from '../../../local/demo/organisations.ts';
import type { SolanaWallet } from '../../../local/demo/solana-wallet.ts';
import { waitFor } from '../../../local/demo/wait.ts';
import { listStacks } from '../../../local/emulator/stack-templates.ts';
import type { Platform } from '../../../local/platform.ts';
import { present } from '../../../shared/core/assert.ts';
import type { Token } from '../../../shared/core/chain.ts';
import { minuteMs } from '../../../shared/core/time.ts';
import { loginSchema } from '../../../shared/identity/login-schemas.ts';
import { walletMessageSchema } from '../../../shared/identity/wallet-schemas.ts';
import { depositSchema } from '../../../shared/payments/deposits/deposit-schemas.ts';
import { payoutSchema } from '../../../shared/payments/payouts/payout-schemas.ts';
import { sendRaw } from './requests.ts';

export type Deposit = z.output<typeof depositSchema>;
export type Payout = z.output<typeof payoutSchema>;

const patience = { seconds: 120, everyMs: 500 };
const currencyOf = { usdc: 'usd', io: 'io' } as const;
const decimalsOf = { usdc: 6, io: 8 } as const;

/** What a journey may ask of the chain. */
export const controlOf = ({ chain }: Platform) =>
  present(chain.control, 'these journeys need the local chain');

export const mintOf = ({ chain, ioMint }: Platform, token: Token): string =>
  token === 'io' ? ioMint : present(chain.context['usdcMint'], 'no mint of USDC');

const slotsHeld = 500;

/** From now on nothing becomes final for minutes, however busy this machine is; what was final stays so. */
export const holdFinality = async (platform: Platform): Promise<void> => {
  const control = controlOf(platform);
  await control.advanceSlots({ slots: slotsHeld });
  await control.setFinality({ confirmedAfterSlots: 1, finalizedAfterSlots: slotsHeld });
};

/** All becomes final as it does by itself. */
export const releaseFinality = async (platform: Platform): Promise<void> => {
  await controlOf(platform).setFinality({ confirmedAfterSlots: 1, finalizedAfterSlots: 32 });
};

/** A person's wallet with SOL, so much USDC, and so much IO. */
export const openWallet = async (
  platform: Platform,
  units: { readonly usdc?: bigint; readonly io?: bigint } = {},
): Promise<SolanaWallet> => {
  const wallet = await platform.chain.openWallet({ usdcUnits: units.usdc ?? 0n });
  const { ioMint: mint } = platform;
  if (units.io === undefined) await wallet.openAccount(mint);
  else await platform.chain.giveIo({ mint, to: wallet.address, units: units.io });
  return wallet;
};

/** Signs in with the wallet; the tenant's key is the login's secret. */
export const signIn = async (platform: Platform, wallet: SolanaWallet): Promise<Tenant> => {
  const { apiUrl } = platform;
  const post = async <Answer extends z.ZodType>(path: string, body: unknown, schema: Answer) => {
    const answer = await sendRaw(apiUrl, { path, body: JSON.stringify(body) });
    expect(answer.status).toBe(201);
    return schema.parse(answer.body);
  };
  const { address } = wallet;
  const asked = await post('/v1/logins/solana/message', { address }, walletMessageSchema);
  const proof = { message_id: asked.id, signature: wallet.sign(asked.message) };
  const login = await post('/v1/logins/solana/verify', proof, loginSchema);
  return {
    organisationId: login.organisation_id,
    key: login.secret,
    api: apiClient(apiUrl, login.secret),
  };
};

/** The wallet's signature of a text that claims what a transaction brought. */
export const proveClaim = async (claimant: Tenant, wallet: SolanaWallet, transaction: string) => {
  const { id, message } = await claimant.api.post(
    '/v1/wallet-messages',
    { address: wallet.address, purpose: 'deposit_claim', transaction },
    walletMessageSchema,
  );
  return { transaction, message_id: id, signature: wallet.sign(message) };
};

/** Sends to the treasury without a word; answers the signature when it is confirmed. */
export const sendPlainly = (
  platform: Platform,
  wallet: SolanaWallet,
  token: Token,
  units: bigint,
): Promise<string> => {
  const digits = units.toString().padStart(decimalsOf[token] + 1, '0');
  const amount = `${digits.slice(0, -decimalsOf[token])}.${digits.slice(-decimalsOf[token])}`;
  const mint = mintOf(platform, token);
  return wallet.pay(`solana:${platform.treasury}?amount=${amount}&spl-token=${mint}`);
};

export const askForDeposit = (customer: Tenant, token: Token, units: bigint): Promise<Deposit> => {
  const amount = { amount: units.toString(), currency: currencyOf[token] };
  return customer.api.post('/v1/deposits', { token, amount }, depositSchema);
};

export const getDeposit = (customer: Tenant, id: string): Promise<Deposit> =>
  customer.api.get(`/v1/deposits/${id}`, depositSchema);

/** Lets the platform read the chain now, as it does each minute. */
export const pollNow = async (platform: Platform): Promise<void> => {
  const polled = await platform.invoke('payments-deposits', { task: 'poll-deposits' });
  expect(polled).toMatchObject({ failed: 0 });
};

/** Makes all that landed final and lets the platform read it, until something is there. */
export const untilRead = <Found>(
  platform: Platform,
  what: string,
  look: () => Promise<Found | undefined>,
): Promise<Found> =>
  waitFor(
    what,
    async () => {
      await controlOf(platform).finalize();
      await pollNow(platform);
      return look();
    },
    patience,
  );

/** Waits until the request has got what it asks for. */
export const untilPaid = (platform: Platform, customer: Tenant, id: string): Promise<Deposit> =>
  untilRead(platform, `${id} to be paid`, async () => {
    const deposit = await getDeposit(customer, id);
    return deposit.status === 'paid' ? deposit : undefined;
  });

export const askForPayout = (supplier: Tenant, asset: Token, units: bigint): Promise<Payout> => {
  const amount = { amount: units.toString(), currency: 'usd' };
  return supplier.api.post('/v1/payouts', { amount, asset }, payoutSchema);
};

/** Starts what waits, and answers the payouts of these suppliers when they are over, in that order. */
export const untilOver = async (
  platform: Platform,
  payouts: readonly (readonly [Tenant, string])[],
): Promise<readonly Payout[]> => {
  // A lane gets one execution a minute.
  await moveClock(platform, minuteMs);
  const started = await platform.invoke('payments-schedules', { task: 'start-payouts' });
  expect(started).toMatchObject({ failed: 0 });
  return waitFor(
    'the payouts to be paid or refused',
    async () => {
      await controlOf(platform).finalize();
      const now = await Promise.all(
        payouts.map(([supplier, id]) => supplier.api.get(`/v1/payouts/${id}`, payoutSchema)),
      );
      return now.every(({ status }) => status === 'paid' || status === 'failed') ? now : undefined;
    },
    patience,
  );
};

/** Sends a hint as a service does that watches the chain; its body says nothing. */
export const sendHint = async (platform: Platform, authorization?: string): Promise<number> => {
  const stacks = await listStacks(new CloudFormationClient(platform.aws));
  const { OutputValue } = present(
    stacks
      .flatMap(({ Outputs = [] }) => Outputs)
      .find(({ OutputKey }) => OutputKey === 'SolanaWebhookSecretArn'),
    'no secret of hints',
  );
  const secrets = new SecretsManagerClient(platform.aws);
  const stored = await secrets.send(new GetSecretValueCommand({ SecretId: OutputValue }));
  const headers = { authorization: authorization ?? stored.SecretString ?? '' };
  const { status } = await sendRaw(platform.apiUrl, {
    path: '/v1/webhooks/solana',
    body: '[{"nonsense":true}]',
    headers,
  });
  return status;
};
