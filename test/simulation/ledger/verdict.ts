/**
 * Compares a ledger at rest with what the outside world knows, to the unit, and holds it to all of its
 * invariants. Answers what differs, one sentence each.
 */
import { writeStatement } from '../../../functions/ledger/write-statement.stream.ts';
import type { Item } from '../../../shared/core/database.ts';
import { dayOf } from '../../../shared/core/time.ts';
import { type EarningDay, readAccount, supplierAccount } from '../../../shared/ledger/account.ts';
import { checkInvariants, type LedgerContents } from '../../../shared/ledger/invariants.ts';
import { scanLedger } from '../../../shared/ledger/ledger-store.ts';
import { compareOutside } from '../../../shared/ledger/outside-facts.ts';
import {
  addTotals,
  noTotals,
  statementGroups,
  totalsOf,
} from '../../../shared/ledger/statement.ts';
import { listStatementLines } from '../../../shared/ledger/statement-store.ts';
import { transferCodes, unitsOn } from '../../../shared/ledger/transfer.ts';
import { startMs } from '../../support/runtime.ts';
import { type ChainCounts, compareDemand, countChain } from './chain-verdict.ts';
import { expectedCost, expectedDay, type WorldCluster } from './oracle.ts';
import { epochOf } from './reward-desk.ts';
import { compareRewards } from './reward-verdict.ts';
import type { World } from './world.ts';

const notOfCards = ['grant', 'settlement', 'debt_payment', 'maturity'];
const cardCodes = transferCodes.filter((code) => !notOfCards.includes(code));

/** How often the interesting things happened; a fuzz that never sees them proves nothing. */
export const coverageOf = async (world: World) => {
  const { memory, seen } = world.interleaving;
  const { transfers, holds, refundHolds, payoutHolds } = await scanLedger(memory);
  const count = <T>(values: readonly T[], test: (value: T) => boolean) =>
    values.filter(test).length;
  const finals = transfers.filter(({ settlement }) => settlement?.final);
  return {
    ...seen,
    hourlySettlements: count(transfers, ({ settlement }) => settlement?.final === false),
    finalSettlements: finals.length,
    minimumHours: count(finals, (each) => Object.keys(each.settlement?.minimumMs ?? {}).length > 0),
    platformPays: count(finals, (each) => Object.keys(each.settlement?.beyondMs ?? {}).length > 0),
    voids: count(holds, ({ state }) => state === 'void'),
    classOne: count(holds, ({ classDays }) => classDays === 1),
    classSeven: count(holds, ({ classDays }) => classDays === 7),
    classFourteen: count(holds, ({ classDays }) => classDays === 14),
    classThirty: count(holds, ({ classDays }) => classDays === 30),
    reviews: count(transfers, ({ legs }) => legs.some((leg) => leg.account.endsWith(':review'))),
    debtOnRelease: count(transfers, ({ id }) => id.startsWith('debt:')),
    debtOnCredit: count(
      transfers,
      ({ code, legs }) =>
        ['grant', 'top_up'].includes(code) &&
        legs.some(({ account }) => account.startsWith('debt:')),
    ),
    maturities: count(transfers, ({ code }) => code === 'maturity'),
    ...Object.fromEntries(
      cardCodes.map((each) => [each, count(transfers, ({ code }) => code === each)]),
    ),
    refundsVoided: count(refundHolds, ({ state }) => state === 'void'),
    payoutsVoided: count(payoutHolds, ({ state }) => state === 'void'),
    ioRefused: count(world.chain.payouts, ({ state }) => state === 'refused'),
    beyondLimit: count(transfers, ({ reason }) => reason === 'position_limit'),
    worthNothing: count(transfers, ({ reason }) => reason === 'worth_nothing'),
    ...world.chain.seen,
    ...world.rewards.seen,
    ...world.rewards.stakes.seen,
  };
};

/** Everything that is wrong with the world's ledger; empty when it is as it must be. */
export const verdictOf = async (world: World): Promise<readonly string[]> => {
  const { memory } = world.interleaving;
  memory.faultOf = () => 'none';
  const contents = await scanLedger(memory);
  const { stakes, totals } = world.rewards;
  const chain = countChain(world.chain, contents, stakes.arrived + totals.minted);
  const completedEpochs = world.rewards.hours.map(({ hour }) => epochOf(hour));
  return [
    ...world.violations,
    ...checkInvariants(contents, { genesisMs: startMs, completedEpochs }),
    ...world.clusters.flatMap((cluster) => compareCluster(cluster, contents)),
    ...compareOrganisations(world, contents, chain),
    ...compareCards(world, contents),
    ...chain.wrong,
    ...(await compareRewards(memory, world, contents, chain.rewardsPaid)),
    ...(await compareStatements(world, contents)),
    ...(await compareDemand(memory, world.chain, contents)),
  ];
};

const compareCluster = (cluster: WorldCluster, contents: LedgerContents): readonly string[] => {
  const wrong: string[] = [];
  const { clusterId, organisation } = cluster;
  const expected = expectedCost(cluster);
  const hold = contents.holds.find((each) => each.clusterId === clusterId);
  if (!hold || hold.state === 'open') return [`I28: ${clusterId} is over and its hold is open`];
  if (hold.classDays !== cluster.expectedClass) {
    wrong.push(`I19: ${clusterId} has class ${hold.classDays}, not ${cluster.expectedClass}`);
  }
  if (hold.granted !== cluster.expectedGranted) wrong.push(`I19: ${clusterId} granted`);
  if (hold.posted !== expected.customer) {
    wrong.push(`I18: ${clusterId} took ${hold.posted}, its work cost ${expected.customer}`);
  }
  const earned = new Map<string, bigint>();
  let platform = 0n;
  for (const transfer of contents.transfers) {
    if (transfer.settlement?.clusterId !== clusterId) continue;
    for (const { account, units } of transfer.legs) {
      if (account === 'exp:sla') platform -= units;
      const { kind, organisation: supplier, day } = readAccount(account);
      if (kind === 'credit' && supplier !== organisation) wrong.push(`${clusterId}: wrong payer`);
      if (kind !== 'earning' || supplier === undefined) continue;
      earned.set(supplier, (earned.get(supplier) ?? 0n) + units);
      const dueDay = expectedDay(cluster, supplier, transfer.atMs);
      if (day !== dueDay) wrong.push(`I19/I20: ${transfer.id} earns on ${day}, not ${dueDay}`);
    }
  }
  if (platform !== expected.platform) {
    wrong.push(`I26: ${clusterId} cost us ${platform}, not ${expected.platform}`);
  }
  for (const supplier of new Set([...earned.keys(), ...expected.bySupplier.keys()])) {
    const [has, due] = [earned.get(supplier) ?? 0n, expected.bySupplier.get(supplier) ?? 0n];
    if (has !== due) wrong.push(`I18: ${supplier} earned ${has} in ${clusterId}, not ${due}`);
  }
  return wrong;
};

const compareOrganisations = (
  world: World,
  contents: LedgerContents,
  chain: ChainCounts,
): readonly string[] => {
  const wrong: string[] = [];
  const sum = (test: (account: ReturnType<typeof readAccount>) => boolean): bigint =>
    contents.balances
      .filter(({ account }) => test(readAccount(account)))
      .reduce((total, { posted }) => total + posted, 0n);
  for (const organisation of world.organisations) {
    const own = (kind: string) =>
      sum((parts) => parts.organisation === organisation && parts.kind === kind);
    const payments = world.paymentsOf(organisation);
    const spent = world.clusters
      .filter((cluster) => cluster.organisation === organisation)
      .reduce((total, cluster) => total + expectedCost(cluster).customer, 0n);
    const clawed = taken(contents, organisation, () => true);
    const onChain = chain.credited.get(organisation) ?? 0n;
    const credit = payments.granted + payments.byCard + onChain + clawed - spent;
    if (own('credit') + own('debt') !== credit) {
      wrong.push(`${organisation} has ${own('credit') + own('debt')} credit, not ${credit}`);
    }
    let earned = 0n;
    let inReview = 0n;
    for (const cluster of world.clusters) {
      const units = expectedCost(cluster).bySupplier.get(organisation) ?? 0n;
      earned += units;
      if (expectedDay(cluster, organisation, 0) === 'review') inReview += units;
    }
    const clawedInReview = taken(contents, organisation, (day) => day === 'review');
    const approved = contents.transfers
      .filter(({ id }) => id.startsWith(`approve:${organisation}:`))
      .reduce((total, transfer) => total + unitsOn(transfer, supplierAccount(organisation)), 0n);
    const waiting = inReview - approved - clawedInReview;
    const matured = earned - clawed - waiting - (chain.paidOut.get(organisation) ?? 0n);
    if (own('matured') !== matured) {
      wrong.push(`${organisation} has ${own('matured')} matured, not ${matured}`);
    }
    if (own('earning') !== waiting) {
      wrong.push(`I20: ${organisation} has ${own('earning')} waiting, not ${waiting} in review`);
    }
  }
  for (const { account, posted } of contents.balances) {
    const { day } = readAccount(account);
    if (typeof day === 'number' && day <= dayOf(world.nowMs) && posted !== 0n) {
      wrong.push(`${account} is past its day and has ${posted}`);
    }
  }
  return wrong;
};

/** What operators clawed back from an organisation's own earnings, of the days that count. */
const taken = (
  { transfers }: LedgerContents,
  organisation: string,
  counts: (day: EarningDay | undefined) => boolean,
): bigint =>
  transfers
    .filter(({ code }) => code === 'claw_back')
    .flatMap(({ legs }) => legs)
    .filter(({ account }) => {
      const parts = readAccount(account);
      return parts.kind === 'earning' && parts.organisation === organisation && counts(parts.day);
    })
    .reduce((total, { units }) => total - units, 0n);

/** Holds the ledger to the card provider's own books. */
const compareCards = (world: World, contents: LedgerContents): readonly string[] => {
  const wrong: string[] = [];
  const { totals, facts, payments } = world.desk;
  const compared = compareOutside('ext:stripe', facts, contents.transfers);
  for (const [list, names] of Object.entries(compared)) {
    for (const name of names) {
      const id = typeof name === 'string' ? name : name.transferId;
      wrong.push(`I9: ${id} is ${list}`);
    }
  }
  const expected = {
    'ext:stripe': -totals.held,
    'exp:stripe': -totals.costs,
    'ext:bank': world.chain.totals.bank - totals.bank,
    'rev:provider_fee': totals.fees,
  };
  for (const [account, units] of Object.entries(expected)) {
    const posted = contents.balances
      .filter((balance) => balance.account === account)
      .reduce((total, balance) => total + balance.posted, 0n);
    if (posted !== units) wrong.push(`I9: ${account} has ${posted}, the provider says ${units}`);
  }
  const itemOf = new Map(contents.payments.map((payment) => [payment.paymentId, payment]));
  for (const { paymentId, organisation, units, refunded, refundedByOthers, dispute } of payments) {
    const rest = units - refunded - refundedByOthers;
    const refundable = dispute || rest < 0n ? 0n : rest;
    const item = itemOf.get(paymentId);
    if (item?.organisation !== organisation) wrong.push(`PI: ${paymentId} is of nobody`);
    if (item?.refundable !== refundable) {
      wrong.push(`PI: ${paymentId} has ${item?.refundable} refundable, not ${refundable}`);
    }
  }
  for (const { id, state } of contents.refundHolds) {
    if (state === 'open') wrong.push(`refund: ${id} is still open`);
  }
  return wrong;
};

/** Delivers every transfer to the stream's consumer, shuffled and some of them twice. */
const compareStatements = async (
  world: World,
  contents: LedgerContents,
): Promise<readonly string[]> => {
  const wrong: string[] = [];
  const { memory } = world.interleaving;
  const needs = { ...world.needs, database: memory };
  const items = memory.all('ledger').filter(({ pk }) => pk.startsWith('T#'));
  const shuffled = [...items, ...items.filter(() => world.chance.happens(0.2))]
    .map((item): readonly [number, Item] => [world.chance.next(), item])
    .sort(([a], [b]) => a - b);
  for (const [, after] of shuffled) {
    await writeStatement(needs, { kind: 'INSERT', after });
  }
  for (const organisation of world.organisations) {
    let totals = noTotals;
    let cursor: string | undefined;
    do {
      const page = await listStatementLines(memory, organisation, { limit: 500, cursor });
      totals = addTotals(totals, totalsOf(page.lines));
      cursor = page.next;
    } while (cursor !== undefined);
    for (const group of statementGroups) {
      const posted = contents.balances
        .filter(({ account }) => {
          const parts = readAccount(account);
          return parts.organisation === organisation && parts.kind === group;
        })
        .reduce((sum, balance) => sum + balance.posted, 0n);
      if (totals[group] !== posted) {
        wrong.push(`${organisation}'s statement says ${group} ${totals[group]}, not ${posted}`);
      }
    }
  }
  return wrong;
};
