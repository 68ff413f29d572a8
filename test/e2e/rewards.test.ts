/**
 * Two real devices earn an hour of the token: staked by deposits, up all the time, each call answered with a real
 * proof. The hour is closed, its statement proves both shares to strangers, the days are minted, and what was earned
 * is paid out in IO.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../../local/demo/command.ts';
import { playHour } from '../../local/demo/reward-hour.ts';
import {
  checkStatement,
  closeEpoch,
  type ShownShare,
  stakeByDeposit,
  statementFolder,
} from '../../local/demo/rewards.ts';
import type { SolanaWallet } from '../../local/demo/solana-wallet.ts';
import { moveTogether, platformNowMs } from '../../local/demo/together.ts';
import { registerPayoutWallet } from '../../local/demo/usdc.ts';
import { waitFor } from '../../local/demo/wait.ts';
import { dayMs, hourMs } from '../../shared/core/time.ts';
import { scanLedger } from '../../shared/ledger/ledger-store.ts';
import { balancesSchema } from '../../shared/ledger/schemas.ts';
import { payoutSchema } from '../../shared/payments/payouts/payout-schemas.ts';
import { hourIdOf } from '../../shared/proofs/gate.ts';
import { epochSchema } from '../../shared/rewards/epoch-schemas.ts';
import { stakeSchema } from '../../shared/rewards/stake-schemas.ts';
import { refusalOf } from './support/renting.ts';
import { controlOf, mintOf, openWallet, untilOver } from './support/solana.ts';
import { useStage } from './support/stage.ts';

const stage = useStage({ name: 'rewards', agents: ['atlas', 'boreas'] });

const oneIo = 100_000_000n;
const io = (units: bigint) => ({ amount: units.toString(), currency: 'io' });
/** A processor with a multiplier up to 1. */
const required = 200n * oneIo;

const agents = () => ['atlas', 'boreas'].map((name) => stage().agent(name));
const transfersOf = async (prefix: string) =>
  (await scanLedger(stage().database)).transfers.filter(({ id }) => id.startsWith(prefix));

let wallet: SolanaWallet;
let startMs: number;
let shares: readonly ShownShare[];
const epochId = () => hourIdOf(startMs);

it('is staked on by two payments of IO', async () => {
  const { platform, supplier } = stage();
  wallet = await openWallet(platform, { io: 1_000n * oneIo });
  await registerPayoutWallet(supplier, wallet, 'io');
  const stakes = await stakeByDeposit(platform, supplier, wallet, agents());
  expect(stakes).toEqual([io(required), io(required)]);
  expect(await wallet.unitsOf(mintOf(platform, 'io'))).toBe(600n * oneIo);
});

it('lives through an hour in which every call is answered', async () => {
  const { platform, supplier } = stage();
  const played = await playHour({ platform, supplier, agents: agents() });
  startMs = played.startMs;
  expect(played.answered).toBeGreaterThanOrEqual(2);
});

it('has the hour closed, with all hours before it', async () => {
  const { platform, supplier } = stage();
  const epoch = await closeEpoch(platform, supplier, startMs);
  const { entries, community_emission: community } = epoch.statement?.head ?? {};
  expect(entries).toBe('2');
  const rewards = await transfersOf(`rw:${epochId()}:org_`);
  // CPUs are of the community's pool, and nobody else earns from it.
  expect(rewards.map(({ legs }) => legs.map(({ units }) => units))).toEqual([
    [-BigInt(community ?? 0), BigInt(community ?? 0)],
  ]);
  expect((await balancesOf()).rewards.available).toEqual(io(BigInt(community ?? 0)));
});

const balancesOf = () => stage().supplier.api.get('/v1/ledger/balances', balancesSchema);

it('has a statement that proves both shares to anybody', async () => {
  const { platform, supplier } = stage();
  shares = await checkStatement(platform, supplier, epochId(), agents());
  const [atlas, boreas] = shares;
  expect(atlas?.units).toBeGreaterThan(0n);
  expect(boreas?.units).toBeGreaterThan(0n);
  const sum = shares.reduce((total, { units }) => total + units, 0n);
  expect((await balancesOf()).rewards.available).toEqual(io(sum));
});

it('shows a statement of which one byte was changed', async () => {
  const folder = statementFolder(epochId(), 'atlas');
  const [file, epoch] = [join(folder, 'statement.csv'), join(folder, 'epoch.json')];
  const text = readFileSync(file, 'utf8');
  const at = text.lastIndexOf('1');
  writeFileSync(file, `${text.slice(0, at)}2${text.slice(at + 1)}`);
  const { code, out } = await runCommand('clients/cli/statement/main.ts', [
    ...['check', file, '--epoch', epoch],
  ]);
  expect(code).toBe(1);
  expect(out).toMatch(/FALSE/);
});

it('posts nothing when the hour is closed again, and knows no hour that is to come', async () => {
  const { platform, supplier } = stage();
  const before = (await scanLedger(stage().database)).transfers.length;
  await closeEpoch(platform, supplier, startMs);
  expect((await scanLedger(stage().database)).transfers).toHaveLength(before);
  const next = hourIdOf((await platformNowMs(platform)) + 2 * hourMs);
  const refused = await refusalOf(supplier.api.get(`/v1/epochs/${next}`, epochSchema));
  expect(refused).toMatchObject({ status: 404 });
});

it('is paid in IO once the day is minted', async () => {
  const { platform, supplier } = stage();
  const earned = BigInt((await balancesOf()).rewards.available.amount);
  const nowMs = await platformNowMs(platform);
  await moveTogether(platform, agents(), nowMs + dayMs + hourMs);
  await closeEpoch(platform, supplier, Math.floor(nowMs / hourMs) * hourMs + dayMs - hourMs);
  await mintedDay();
  // Prices are a day old now, until the schedule comes.
  await platform.invoke('payments-deposits', { task: 'read-prices' });
  const before = await wallet.unitsOf(mintOf(platform, 'io'));
  const asked = await supplier.api.post(
    '/v1/payouts',
    { amount: io(earned), asset: 'io' },
    payoutSchema,
  );
  const [paid] = await untilOver(platform, [[supplier, asked.id]]);
  expect(paid).toMatchObject({ status: 'paid', net: io(earned) });
  await controlOf(platform).finalize();
  expect(await wallet.unitsOf(mintOf(platform, 'io'))).toBe(before + earned);
});

/** Waits until the first day stands in the ledger as minted. */
const mintedDay = () =>
  waitFor(
    'the day to be minted',
    async () => {
      await stage().platform.invoke('token-schedules', { task: 'start-mint' });
      await controlOf(stage().platform).finalize();
      return (await transfersOf('mint:'))[0];
    },
    { seconds: 120, everyMs: 1_000 },
  );

it('asks its stake back, which counts no more at once', async () => {
  const { supplier } = stage();
  const { deviceId } = stage().agent('atlas');
  const stake = await supplier.api.post(`/v1/stakes/${deviceId}/unstake`, {}, stakeSchema);
  expect(stake).toMatchObject({ active: io(0n), cooling_down: [{ amount: io(required) }] });
});
