/**
 * Earning the token, as a supplier does: stake on devices by a payment link, live through an hour, see it closed.
 * Schedules are called by hand, so that nobody waits for the minute.
 */
import { join } from 'node:path';
import type { MoneyJson } from '../../shared/core/money.ts';
import { deviceSchema } from '../../shared/devices/schemas.ts';
import { depositSchema } from '../../shared/payments/deposits/deposit-schemas.ts';
import { hourIdOf } from '../../shared/proofs/gate.ts';
import { epochSchema } from '../../shared/rewards/epoch-schemas.ts';
import { stakeSchema } from '../../shared/rewards/stake-schemas.ts';
import { paths } from '../paths.ts';
import type { Platform } from '../platform.ts';
import { UserError } from '../user-error.ts';
import type { Agent } from './agents.ts';
import { runCommand } from './command.ts';
import type { Tenant } from './organisations.ts';
import type { SolanaWallet } from './solana-wallet.ts';
import { waitFor } from './wait.ts';

/** Finality takes some 13 seconds; a busy machine takes its time as well. */
const patience = { seconds: 180, everyMs: 1_000 };

/** What the device needs to be staked. */
const stakeOf = (supplier: Tenant, { deviceId }: Agent) =>
  supplier.api.get(`/v1/stakes/${deviceId}`, stakeSchema);

/** Stakes on each device what it still takes, from a wallet; answers what was staked on each. */
export const stakeByDeposit = async (
  platform: Platform,
  supplier: Tenant,
  wallet: SolanaWallet,
  agents: readonly Agent[],
): Promise<readonly MoneyJson[]> => {
  for (const agent of agents) {
    const { room } = await stakeOf(supplier, agent);
    const asked = await supplier.api.post(
      '/v1/deposits',
      { token: 'io', amount: room, stake_device_id: agent.deviceId },
      depositSchema,
    );
    await wallet.pay(asked.url);
  }
  return waitFor(
    'the stakes to stand',
    async () => {
      await platform.invoke('payments-deposits', { task: 'poll-deposits' });
      const stakes = await Promise.all(agents.map((agent) => stakeOf(supplier, agent)));
      const isWhole = stakes.every(({ room }) => room.amount === '0');
      return isWhole ? stakes.map(({ active }) => active) : undefined;
    },
    patience,
  );
};

/** Whoever moved the clock by hours finds the hour late: its closing is started, and rings all the same. */
const startClosing = async (platform: Platform): Promise<void> => {
  try {
    await platform.invoke('rewards-schedules', { task: 'start-epochs' });
  } catch (error) {
    if (!(error instanceof Error && error.message.includes('is not closed'))) throw error;
  }
};

/** Has every hour up to this one judged and closed; the clock stands at least eleven minutes after its end. */
export const closeEpoch = async (platform: Platform, supplier: Tenant, startMs: number) => {
  await platform.invoke('proofs-schedules', { task: 'judge-hour' });
  await startClosing(platform);
  return waitFor(
    'the hour to be closed',
    async () => {
      const epoch = await supplier.api.get(`/v1/epochs/${hourIdOf(startMs)}`, epochSchema);
      if (epoch.status === 'failed') throw new UserError(`${epoch.id} could not be closed.`);
      return epoch.status === 'completed' ? epoch : undefined;
    },
    patience,
  );
};

/** The share of a device in a published hour, as the command shows it. */
export interface ShownShare {
  readonly name: string;
  /** Base units of IO. */
  readonly units: bigint;
}

/**
 * Downloads the statement with the command that anybody has, which checks it offline, and the proof of each device's
 * share. Answers what each earned; throws with what was printed where anything is not confirmed.
 */
export const checkStatement = async (
  platform: Platform,
  supplier: Tenant,
  epochId: string,
  agents: readonly Agent[],
): Promise<readonly ShownShare[]> => {
  const shares: ShownShare[] = [];
  for (const { name, deviceId } of agents) {
    const { public_id: device } = await supplier.api.get(`/v1/devices/${deviceId}`, deviceSchema);
    const out = statementFolder(epochId, name);
    await confirm([
      'fetch',
      '--url',
      platform.apiUrl,
      '--epoch',
      epochId,
      '--device',
      device,
      '--out',
      out,
    ]);
    const shown = await confirm(['share', join(out, 'proof.json'), '--json']);
    const { rows } = JSON.parse(shown) as { readonly rows: readonly { readonly amount: string }[] };
    shares.push({ name, units: rows.reduce((sum, { amount }) => sum + BigInt(amount), 0n) });
  }
  return shares;
};

/** Where the documents of an hour are put that are about one device. */
export const statementFolder = (epochId: string, name: string): string =>
  join(paths.state, 'statements', `${epochId}-${name}`);

const confirm = async (argumentsOfIt: readonly string[]): Promise<string> => {
  const { code, out, error } = await runCommand('clients/cli/statement/main.ts', argumentsOfIt);
  if (code === 0) return out;
  throw new UserError(`The statement is not confirmed:\n${out}${error}`);
};
