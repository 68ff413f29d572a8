/**
 * The demo: a whole rental on the local platform, with two real supplier agents and real Ray. Every step
 * is a call that a supplier or a customer would make; the last one holds the ledger to its invariants.
 */
import { join } from 'node:path';
import type * as z from 'zod';
import { clusterSchema, connectionSchema } from '../../shared/clusters/schemas.ts';
import { siblingId } from '../../shared/core/ids.ts';
import { ioText } from '../../shared/core/io-text.ts';
import { formatUsd, type MoneyJson } from '../../shared/core/money.ts';
import { dayMs } from '../../shared/core/time.ts';
import { checkInvariants } from '../../shared/ledger/invariants.ts';
import { scanLedger } from '../../shared/ledger/ledger-store.ts';
import { balancesSchema } from '../../shared/ledger/schemas.ts';
import { priceSchema, quoteSchema } from '../../shared/market/schemas.ts';
import { invoiceSchema } from '../../shared/payments/invoices/invoice-schemas.ts';
import { databaseOf } from '../clock.ts';
import { paths } from '../paths.ts';
import type { Platform } from '../platform.ts';
import type { Step } from '../progress.ts';
import { UserError } from '../user-error.ts';
import { endLeftovers, makeSite, startAgent, untilAllReady, untilReady } from './agents.ts';
import { topUpByCard } from './cards.ts';
import { makeOperator, makeTenant, type Tenant } from './organisations.ts';
import { describeProof, showProof, untilProved } from './proofs.ts';
import { runRayJob } from './ray-job.ts';
import { playHour } from './reward-hour.ts';
import { checkStatement, closeEpoch, stakeByDeposit } from './rewards.ts';
import { moveTogether, platformNowMs } from './together.ts';
import { depositUsdc, payOutUsdc, registerPayoutWallet } from './usdc.ts';
import { waitFor } from './wait.ts';

const credit = 25_000_000n;
/** With the fee on top, 2 %. */
const usdcSent = 25_500_000n;
const pricePerHour = '600000';
/** What the supplier stakes: 200 IO for each device. */
const stakedIo = 400n * 100_000_000n;
/** What was paid in USDC matures in a day at most two, and a new wallet waits one. */
const untilPayableMs = 2 * dayMs;

export interface RentalSummary {
  /** What to print when all went well. */
  readonly lines: readonly string[];
}

type Cluster = z.output<typeof clusterSchema>;

/** Plays the rental; throws with a clear sentence when a step fails. */
export const playRental = async (stage: {
  readonly platform: Platform;
  readonly step: Step;
}): Promise<RentalSummary> => {
  const { platform, step } = stage;
  const { apiUrl } = platform;
  const seeOnChain = (signature: string) => platform.chain.transactionUrl(signature);
  // A folder per port: another demo on this machine keeps its agents.
  const agentFolder = join(paths.state, 'agents', new URL(platform.aws.endpoint).port);
  await endLeftovers(agentFolder);
  const { operator, supplier, customer, cardholder } = await step(
    'make the operator, a supplier and two customers, with keys',
    async () => {
      const made = await makeOperator(platform);
      return {
        operator: made,
        supplier: await makeTenant(apiUrl, made.api, 'Workshop GmbH'),
        customer: await makeTenant(apiUrl, made.api, 'Curie Lab'),
        cardholder: await makeTenant(apiUrl, made.api, 'Noether Lab'),
      };
    },
  );
  const wallets = await step('the supplier and a customer have wallets on Solana', async () => {
    const opened = {
      supplier: await platform.chain.openWallet({ usdcUnits: 0n }),
      customer: await platform.chain.openWallet({ usdcUnits: 100_000_000n }),
    };
    const order = { mint: platform.ioMint, to: opened.supplier.address, units: stakedIo };
    await platform.chain.giveIo(order);
    return opened;
  });
  const site = await step('the supplier makes a site and names a price', async () => {
    const price = { amount: pricePerHour, currency: 'usd' };
    await supplier.api.put(
      '/v1/prices',
      { model: 'x86-64 CPU', price_per_hour: price },
      priceSchema,
    );
    return makeSite(supplier);
  });
  await step('the supplier proves the wallet that it wants to be paid to', () =>
    registerPayoutWallet(supplier, wallets.supplier),
  );
  const agents = await step('two agents join the site', () =>
    Promise.all(
      ['atlas', 'boreas'].map((name) =>
        startAgent({ apiUrl, supplier, site, name, folder: agentFolder }),
      ),
    ),
  );
  const proofs = await step(
    'both devices prove what they can do; their receipts hold',
    async () => {
      await Promise.all(agents.map((agent) => untilProved(supplier, agent)));
      return Promise.all(agents.map((agent) => showProof(supplier, agent)));
    },
  );
  const devices = await step('both devices pass a test start of Ray', () =>
    Promise.all(agents.map((agent) => untilReady(supplier, agent))),
  );
  const stakes = await step('the supplier stakes on both devices, by two payments in IO', () =>
    stakeByDeposit(platform, supplier, wallets.supplier, agents),
  );
  const topUp = await step(`one customer buys ${formatUsd(credit)} of credit by card`, () =>
    topUpByCard(platform, cardholder, credit),
  );
  const deposit = await step(`the other sends ${formatUsd(usdcSent)} in USDC`, () =>
    depositUsdc(platform, customer, wallets.customer, usdcSent),
  );
  const model = devices[0]?.model ?? '';
  const quote = await step(`the customer asks for a quote: 2 x ${model} for an hour`, () =>
    customer.api.post(
      '/v1/quotes',
      { items: [{ model, count: 2 }], head: 'shared', hours: 1 },
      quoteSchema,
    ),
  );
  const cluster = await step('the cluster comes up on both devices', async () => {
    const body = { quote_id: quote.id, name: 'first-cluster' };
    const made = await customer.api.post('/v1/clusters', body, clusterSchema);
    return untilStatus(customer, made.id, ['running'], 120);
  });
  const connection = await customer.api.get(
    `/v1/clusters/${cluster.id}/connection`,
    connectionSchema,
  );
  const job = await step('a Ray job runs on it', async () => {
    const outcome = await runRayJob(connection);
    if (outcome.status !== 'SUCCEEDED') throw new UserError(`The Ray job ended: ${outcome.said}`);
    return outcome;
  });
  await step('the customer terminates the cluster; its nodes stop', async () => {
    await customer.api.post(`/v1/clusters/${cluster.id}/terminate`, {}, clusterSchema);
    await untilClosed(customer, cluster.id);
  });
  const { invoice, spent, earned } = await step('invoice, balances, earnings', async () => ({
    invoice: await customer.api.get(`/v1/invoices/${siblingId('inv', cluster.id)}`, invoiceSchema),
    spent: await customer.api.get('/v1/ledger/balances', balancesSchema),
    earned: await supplier.api.get('/v1/ledger/balances', balancesSchema),
  }));
  const hour = await step('an hour passes minute by minute: heartbeats, calls, proofs', () =>
    playHour({ platform, supplier, agents }),
  );
  const epoch = await step('the hour is closed: who earned is fixed and posted', () =>
    closeEpoch(platform, supplier, hour.startMs),
  );
  const shares = await step('its statement is downloaded and proves both shares', () =>
    checkStatement(platform, supplier, epoch.id, agents),
  );
  const matured = await step('two days later the earnings are matured', async () => {
    await moveTogether(platform, agents, (await platformNowMs(platform)) + untilPayableMs);
    await platform.invoke('ledger-schedules', { task: 'mature-earnings' });
    return (await supplier.api.get('/v1/ledger/balances', balancesSchema)).matured;
  });
  const payout = await step('they are paid out in USDC', () =>
    payOutUsdc(platform, supplier, BigInt(matured.amount)),
  );
  await step('both devices report after that time, and are ready again', () =>
    untilAllReady(platform, supplier, agents),
  );
  const transfers = await step("the ledger's invariants hold over all transfers", () =>
    auditLedger(platform),
  );
  return {
    lines: [
      '',
      ...proofs.map((shown) => `  Proved          ${describeProof(shown)}`),
      `  Paid by card    ${dollars(topUp.total)}, of it ${dollars(topUp.fee)} for the card provider`,
      `  Paid in USDC    ${dollars(deposit.received)}, of it ${dollars(deposit.fee)} for the platform`,
      ...deposit.payments.map((paid) => `                  ${seeOnChain(paid.transaction)}`),
      `  The job said    ${job.said}`,
      `  Quoted          ${dollars(quote.total)} for one hour, held until the end`,
      `  Invoiced        ${dollars(invoice.total)} (the first hour is always paid)`,
      `  Customer has    ${dollars(spent.available)} left of ${dollars(deposit.credit)}`,
      ...earned.earning.map(
        ({ amount, matures_on }) =>
          `  Supplier earns  ${dollars(amount)}, matured on ${matures_on}`,
      ),
      `  Staked          ${stakes.map(tokens).join(' and ')}`,
      `  Hour ${epoch.id}: ${tokens(epoch.scheduled)} for the network, ${hour.answered} calls answered`,
      ...shares.map(({ name, units }) => `  ${name.padEnd(14)}  earned ${io(units)}`),
      `  Paid out        ${dollars(payout.net)} in USDC, ${dollars(payout.fee)} for the platform`,
      `                  ${seeOnChain(payout.transaction ?? '')}`,
      `  Ledger          ${transfers} transfers, every one sums to zero`,
      '',
      `  API             ${apiUrl}/v1`,
      `  Operator's key  ${operator.key}`,
      `  Supplier's key  ${supplier.key}`,
      `  Customer's key  ${customer.key}`,
      '',
      '  Try next:',
      `    curl -H "authorization: Bearer ${customer.key}" ${apiUrl}/v1/clusters`,
      `    curl -H "authorization: Bearer ${customer.key}" "${apiUrl}/v1/clusters/${cluster.id}/events"`,
      `    curl -H "authorization: Bearer ${supplier.key}" ${apiUrl}/v1/devices`,
      `    npm run agent -- status --state ${agents[0]?.stateFolder}`,
      `    curl -H "authorization: Bearer ${supplier.key}" ${apiUrl}/v1/proofs/${proofs[0]?.proof.id}/receipt`,
    ],
  };
};

const io = (units: bigint): string => `${ioText(units, 8)} IO`;
const tokens = ({ amount }: MoneyJson): string => io(BigInt(amount));
const dollars = ({ amount }: MoneyJson): string => formatUsd(BigInt(amount));

const get = (customer: Tenant, clusterId: string): Promise<Cluster> =>
  customer.api.get(`/v1/clusters/${clusterId}`, clusterSchema);

const ended = ['completed', 'terminated', 'failed'];

/** Waits for one of these statuses; a cluster that ended otherwise fails at once, with its reason. */
export const untilStatus = (
  customer: Tenant,
  clusterId: string,
  statuses: readonly string[],
  seconds: number,
): Promise<Cluster> =>
  waitFor(
    `the cluster to be ${statuses.join(' or ')}`,
    async () => {
      const cluster = await get(customer, clusterId);
      if (statuses.includes(cluster.status)) return cluster;
      if (ended.includes(cluster.status)) {
        throw new UserError(`The cluster is ${cluster.status}: ${cluster.status_reason}.`);
      }
      return undefined;
    },
    { seconds },
  );

/** Waits until everything of the cluster is stopped, settled and free. */
export const untilClosed = (customer: Tenant, clusterId: string): Promise<Cluster> =>
  waitFor(
    'the cluster to be closed',
    async () => {
      const cluster = await get(customer, clusterId);
      return cluster.closed_at === null ? undefined : cluster;
    },
    { seconds: 90 },
  );

/** Reads the whole ledger and holds it to its invariants; answers the number of transfers. */
export const auditLedger = async (platform: Platform): Promise<number> => {
  const ledger = await scanLedger(databaseOf(platform));
  const broken = checkInvariants(ledger);
  if (broken.length > 0) throw new UserError(`The ledger is broken: ${broken.join('; ')}`);
  return ledger.transfers.length;
};
