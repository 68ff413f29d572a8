/**
 * Reads of the ledger's table: transfers, balances, the holds of clusters. Strongly consistent wherever money is
 * decided; what was read is held to the same invariants as what is written. Writes are made by the rules.
 */
import * as z from 'zod';
import { assert, present } from '../core/assert.ts';
import type { Database, Item } from '../core/database.ts';
import { storedId, units, wholeNumber } from '../core/field.ts';
import {
  type AccountName,
  customerAccount,
  type DebtAccount,
  debtAccount,
  type EarningAccount,
  type RecordingAccount,
  recordingShards,
} from './account.ts';
import { assertBalance, type Balance, emptyBalance } from './balance.ts';
import { parsePayment, parseRefundHold } from './card-store.ts';
import { parseOwnTransaction } from './chain/own-transaction-store.ts';
import {
  isPayoutHold,
  isPayoutIoHold,
  parsePayoutHold,
  parsePayoutIoHold,
} from './chain/payout-store.ts';
import { parseSaleHold } from './chain/rebalancing-store.ts';
import { assertHold } from './held-credit.ts';
import { heldAttributes, heldOf } from './held-store.ts';
import { type Hold, holdIdOf } from './hold.ts';
import {
  balanceKey,
  debtPartition,
  holdKey,
  maturityDay,
  maturityPartition,
  reviewPartition,
  stakedKey,
  transferKey,
} from './keys.ts';
import type { MaturityClass } from './maturity.ts';
import { parseRewardHold } from './rewards/reward-store.ts';
import { parseUnstakeHold } from './rewards/stake-store.ts';
import { settlementId } from './settlement.ts';
import { assertTransfer, type Transfer, transferCodes } from './transfer.ts';

const accountName = storedId<AccountName>();
const millisecondsByNode = z.record(z.string(), wholeNumber);

const storedTransfer = z.object({
  pk: z.string().startsWith('T#'),
  cause: z.string(),
  asset: z.enum(['usd', 'io', 'sol']),
  code: z.enum(transferCodes),
  legs: z.array(z.object({ account: accountName, units })),
  at_ms: wholeNumber,
  external: z.string().optional(),
  reason: z.string().optional(),
  io: z.object({ units, price_id: z.string(), nano_usd_per_io: units }).optional(),
  card: z.object({ payment_id: z.string(), liability_shifted: z.boolean().optional() }).optional(),
  settlement: z
    .object({
      final: z.boolean(),
      paid_ms: millisecondsByNode,
      minimum_ms: millisecondsByNode,
      beyond_ms: millisecondsByNode,
      linked: z.array(z.string()).optional(),
      customer_part: z.record(z.string(), units).optional(),
    })
    .optional(),
});

/** The transfer in a `T#` item; a BugError when it breaks an invariant. */
export const parseTransfer = (item: Item): Transfer => {
  const row = storedTransfer.parse(item);
  const id = row.pk.slice('T#'.length);
  const transfer: Transfer = {
    id,
    cause: row.cause,
    asset: row.asset,
    code: row.code,
    legs: row.legs,
    atMs: row.at_ms,
    ...(row.external === undefined ? {} : { external: row.external }),
    ...(row.reason === undefined ? {} : { reason: row.reason }),
    ...(row.io === undefined ? {} : { io: ioDetail(row.io) }),
    ...(row.card === undefined ? {} : { card: cardDetail(row.card) }),
    ...(row.settlement === undefined ? {} : { settlement: settlementDetail(id, row.settlement) }),
  };
  assertTransfer(transfer);
  return transfer;
};

const ioDetail = (
  row: NonNullable<z.output<typeof storedTransfer>['io']>,
): NonNullable<Transfer['io']> => ({
  units: row.units,
  priceId: row.price_id,
  nanoUsdPerIo: row.nano_usd_per_io,
});

const cardDetail = (
  row: NonNullable<z.output<typeof storedTransfer>['card']>,
): NonNullable<Transfer['card']> => ({
  paymentId: row.payment_id,
  ...(row.liability_shifted === undefined ? {} : { liabilityShifted: row.liability_shifted }),
});

const settlementDetail = (
  id: string,
  row: NonNullable<z.output<typeof storedTransfer>['settlement']>,
): NonNullable<Transfer['settlement']> => {
  const [, clusterId, n] = id.split(':');
  return {
    clusterId: present(clusterId, `no settlement: ${id}`),
    n: Number(present(n, `no settlement: ${id}`)),
    final: row.final,
    paidMs: row.paid_ms,
    minimumMs: row.minimum_ms,
    beyondMs: row.beyond_ms,
    ...(row.linked === undefined ? {} : { linked: row.linked }),
    ...(row.customer_part === undefined ? {} : { customerPart: row.customer_part }),
  };
};

const storedBalance = z.object({
  account: accountName,
  posted: units,
  held: units.default(0n),
  available: units.default(0n),
  v: units.default(0n),
  granted_at_ms: wholeNumber.optional(),
  card_at_ms: wholeNumber.optional(),
  card_shift_at_ms: wholeNumber.optional(),
  staked: units.default(0n),
});

/** The balance in an `A#` item (of a recording account: of one shard). */
export const parseBalance = (item: Item): Balance => {
  const row = storedBalance.parse(item);
  const balance: Balance = {
    account: row.account,
    posted: row.posted,
    held: row.held,
    available: row.available,
    version: row.v,
    grantedAtMs: row.granted_at_ms,
    cardAtMs: row.card_at_ms,
    cardShiftAtMs: row.card_shift_at_ms,
    staked: row.staked,
  };
  assertBalance(balance);
  return balance;
};

const storedHold = z.object({
  ...heldAttributes,
  pk: z.string().startsWith('P#hold:'),
  account: z.templateLiteral(['cust:', z.string()]),
  n: wholeNumber,
  ordered_ms: wholeNumber,
  class_days: wholeNumber.transform((days) => days as MaturityClass),
  granted: z.boolean(),
  paid_ms: millisecondsByNode,
});

/** The hold in a `P#` item. */
export const parseHold = (item: Item): Hold => {
  const row = storedHold.parse(item);
  const hold: Hold = {
    ...heldOf(row),
    account: row.account,
    organisation: row.account.slice('cust:'.length),
    clusterId: row.pk.slice('P#hold:'.length),
    n: row.n,
    orderedMs: row.ordered_ms,
    classDays: row.class_days,
    granted: row.granted,
    paidMs: row.paid_ms,
  };
  assertHold(hold);
  return hold;
};

/** An authorising account's balance; zero when nobody wrote to it yet. */
export const getAccount = async (database: Database, account: AccountName): Promise<Balance> => {
  const item = await database.get('ledger', balanceKey(account, 0));
  return item ? parseBalance(item) : emptyBalance(account);
};

/** The payer's two accounts at one instant: what a decision about credit reads. */
export const getCredit = async (
  database: Database,
  organisation: string,
): Promise<{ readonly customer: Balance; readonly debt: Balance }> => {
  const accounts = [customerAccount(organisation), debtAccount(organisation)] as const;
  const items = await database.getTogether(
    'ledger',
    accounts.map((account) => balanceKey(account, 0)),
  );
  const [customer, debt] = accounts.map((account, index) => {
    const item = items[index];
    return item ? parseBalance(item) : emptyBalance(account);
  });
  return { customer: present(customer, 'no balance'), debt: present(debt, 'no balance') };
};

/** Several accounts, in no particular order; those that nobody wrote to are left out. At most 100. */
export const getAccounts = async (
  database: Database,
  accounts: readonly AccountName[],
): Promise<readonly Balance[]> => {
  const items = await database.getMany(
    'ledger',
    accounts.map((account) => balanceKey(account, 0)),
  );
  return items.map(parseBalance);
};

/** A recording account's balance: its 16 shards at one instant. Micro-dollars. */
export const sumAccount = async (
  database: Database,
  account: RecordingAccount,
): Promise<bigint> => {
  const keys = Array.from({ length: recordingShards }, (_, shard) => balanceKey(account, shard));
  const items = await database.getTogether('ledger', keys);
  return items.reduce((sum, item) => sum + (item ? parseBalance(item).posted : 0n), 0n);
};

const storedStaked = z.object({ posted: units });

/** What all stakes add up to, what waits to come back included, at one instant; base units of IO. */
export const sumAllStakes = async (database: Database): Promise<bigint> => {
  const keys = Array.from({ length: recordingShards }, (_, shard) => stakedKey(shard));
  const items = await database.getTogether('ledger', keys);
  return items.reduce((sum, item) => sum + (item ? storedStaked.parse(item).posted : 0n), 0n);
};

/** The hold of a cluster. */
export const getHold = async (database: Database, clusterId: string): Promise<Hold | undefined> => {
  const item = await database.get('ledger', holdKey(holdIdOf(clusterId)));
  return item && parseHold(item);
};

export const getTransfer = async (
  database: Database,
  transferId: string,
): Promise<Transfer | undefined> => {
  const item = await database.get('ledger', transferKey(transferId));
  return item && parseTransfer(item);
};

/** The transfers of these ids that exist, in no particular order; at most 100. */
export const listTransfersById = async (
  database: Database,
  transferIds: readonly string[],
): Promise<readonly Transfer[]> =>
  (await database.getMany('ledger', transferIds.map(transferKey))).map(parseTransfer);

/** A cluster's settlements, in order: `count` is the hold's `n`. */
export const listTransfersByCluster = async (
  database: Database,
  clusterId: string,
  count: number,
): Promise<readonly Transfer[]> => {
  const transfers: Transfer[] = [];
  for (let from = 0; from < count; from += 100) {
    const page = Array.from({ length: Math.min(100, count - from) }, (_, index) =>
      transferKey(settlementId(clusterId, from + index)),
    );
    transfers.push(...(await database.getMany('ledger', page)).map(parseTransfer));
  }
  assert(transfers.length === count, `${clusterId} lacks one of its ${count} settlements`);
  return transfers.sort((a, b) => (a.settlement?.n ?? 0) - (b.settlement?.n ?? 0));
};

/** Earnings of one shard of the index that are due by this day, oldest first; maybe stale. */
export const listMaturing = async (
  database: Database,
  page: {
    readonly shard: number;
    readonly day: number;
    readonly limit: number;
    readonly cursor?: string | undefined;
  },
): Promise<{ readonly accounts: readonly EarningAccount[]; readonly next: string | undefined }> => {
  const found = await database.query('ledger', {
    index: 'by_maturity',
    pk: maturityPartition(page.shard),
    skFrom: maturityDay(0),
    skTo: `${maturityDay(page.day)}#~`,
    limit: page.limit,
    cursor: page.cursor,
  });
  return {
    accounts: found.items.map(({ pk }) => pk.split('#')[1] as EarningAccount),
    next: found.next,
  };
};

/** Who has earnings in review, by organisation; maybe stale. */
export const listInReview = async (
  database: Database,
  page: { readonly limit: number; readonly cursor?: string | undefined },
): Promise<{ readonly accounts: readonly Balance[]; readonly next: string | undefined }> => {
  const found = await database.query('ledger', {
    index: 'by_maturity',
    pk: reviewPartition,
    ...page,
  });
  const names = found.items.map(({ pk }) => pk.split('#')[1] as EarningAccount);
  const accounts = names.length === 0 ? [] : await getAccounts(database, names);
  return {
    accounts: accounts.toSorted((a, b) => (a.account < b.account ? -1 : 1)),
    next: found.next,
  };
};

/** Who owes, by organisation, with what is owed now; maybe one too few of those of this second. */
export const listOwing = async (
  database: Database,
  page: { readonly limit: number; readonly cursor?: string | undefined },
): Promise<{ readonly debts: readonly Balance[]; readonly next: string | undefined }> => {
  const found = await database.query('ledger', {
    index: 'by_maturity',
    pk: debtPartition,
    ...page,
  });
  const names = found.items.map(({ pk }) => pk.split('#')[1] as DebtAccount);
  const accounts = names.length === 0 ? [] : await getAccounts(database, names);
  return {
    // Who has paid stays on the list, for paying must not take it off while somebody else adds to it.
    debts: accounts
      .filter(({ posted }) => posted < 0n)
      .toSorted((a, b) => (a.account < b.account ? -1 : 1)),
    next: found.next,
  };
};

/** Everything that the ledger holds, by full scan: for checks and replays, never for decisions. */
export const scanLedger = async (database: Database) => {
  const items: Item[] = [];
  let cursor: string | undefined;
  do {
    const page = await database.scan('ledger', { index: 0, count: 1, cursor });
    items.push(...page.items);
    cursor = page.next;
  } while (cursor !== undefined);
  const withPrefix = (prefix: string) => items.filter(({ pk }) => pk.startsWith(prefix));
  return {
    transfers: withPrefix('T#').map(parseTransfer),
    balances: withPrefix('A#').map((item) => ({
      ...parseBalance(item),
      shard: Number(item.pk.split('#')[2]),
    })),
    holds: withPrefix('P#hold:').map(parseHold),
    payoutHolds: withPrefix('P#pay:').filter(isPayoutHold).map(parsePayoutHold),
    payoutIoHolds: withPrefix('P#pay:').filter(isPayoutIoHold).map(parsePayoutIoHold),
    saleHolds: withPrefix('P#fx:').map(parseSaleHold),
    rewardHolds: withPrefix('P#rwh:').map(parseRewardHold),
    unstakeHolds: withPrefix('P#unstake:').map(parseUnstakeHold),
    ownTransactions: withPrefix('SIG#').map(parseOwnTransaction),
    refundHolds: withPrefix('P#refund:').map(parseRefundHold),
    payments: withPrefix('PI#').map(parsePayment),
    stakedUnits: withPrefix('STAKED#').reduce(
      (sum, item) => sum + storedStaked.parse(item).posted,
      0n,
    ),
  };
};
