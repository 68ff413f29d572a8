/**
 * Budgets and what counts against them: one item per organisation and API key that ever ordered, or that
 * has a budget; it carries the counters, the limits and the freeze together, so that one condition compares
 * them. A cluster's own counters are its commitment. Counters commute; limits and the freeze change under
 * one version, which every order is conditioned on.
 */
import * as z from 'zod';
import type { Condition, Database, Item, Write } from '../../core/database.ts';
import { storedId, units, wholeNumber } from '../../core/field.ts';
import type { Id } from '../../core/ids.ts';
import type { Month } from '../../ledger/statement.ts';
import { type FreezeReason, freezeReasons } from '../cards/card-freeze.ts';
import { budgetKey, budgetOwnerKey, budgetOwnerPrefix, watchKey, watchPartition } from '../keys.ts';
import { type Budget, type BudgetTarget, budgetIdOf, demandsOf, type Spending } from './budget.ts';
import { type ByMonth, type Commitment, releasedMonths, type Spent } from './commitment.ts';

const usedPrefix = 'used_';
/** `used_2026_11`: an attribute of its own, for a condition compares whole attributes. */
const usedAttribute = (month: string): string => `${usedPrefix}${month.replace('-', '_')}`;
const monthOfAttribute = (name: string): Month =>
  name.slice(usedPrefix.length).replace('_', '-') as Month;

const storedCounters = z.object({
  v: wholeNumber.default(0),
  units_per_hour: units.default(0n),
  id: z.string().optional(),
  frozen: z.enum(freezeReasons).optional(),
});

const storedBudget = z.object({
  id: storedId<Id<'bud'>>(),
  owner: storedId<Id<'org'>>(),
  target_id: storedId<BudgetTarget>(),
  hourly_limit: units.optional(),
  monthly_limit: units.optional(),
  created_at_ms: wholeNumber,
  updated_at_ms: wholeNumber,
});

const parse = (targetId: BudgetTarget, item: Item | undefined): Spending => {
  const row = storedCounters.parse(item ?? {});
  const months = Object.entries(item ?? {})
    .filter(([name]) => name.startsWith(usedPrefix))
    .map(([name, value]) => [monthOfAttribute(name), units.parse(value)] as const);
  return {
    targetId,
    version: row.v,
    budget: item && row.id !== undefined ? parseBudget(item) : null,
    frozen: row.frozen ?? null,
    unitsPerHour: row.units_per_hour,
    months: Object.fromEntries(months) as ByMonth,
  };
};

const parseBudget = (item: Item): Budget => {
  const row = storedBudget.parse(item);
  return {
    id: row.id,
    organisationId: row.owner,
    targetId: row.target_id,
    hourlyUnits: row.hourly_limit ?? null,
    monthlyUnits: row.monthly_limit ?? null,
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
  };
};

/** Holds a write to the limits and the freeze being as they were read, or that there are none. */
const budgetAsRead = ({ version }: Pick<Spending, 'version'>): Condition =>
  version === 0 ? { missing: ['v'] } : { equals: { v: version } };

/** Counts a new commitment against a target; refused where a limit would not hold. */
export const countCommitment = (asRead: Spending, commitment: Commitment): Write => {
  const atMostOrAbsent = Object.fromEntries(
    demandsOf(asRead, commitment).map(({ period, limitUnits, neededUnits }) => [
      period === 'hour' ? 'units_per_hour' : usedAttribute(period),
      limitUnits - neededUnits,
    ]),
  );
  return {
    kind: 'update',
    table: 'payments',
    key: budgetKey(asRead.targetId),
    add: { units_per_hour: commitment.unitsPerHour, ...usedAttributes(commitment.months) },
    condition: { ...budgetAsRead(asRead), atMostOrAbsent },
  };
};

/**
 * Gives back what a commitment counted but for what was spent (undefined: nothing, it never ran). Holds
 * no condition: it stands beside the write that takes the commitment out, which happens once.
 */
export const releaseCommitment = (
  commitment: Commitment,
  spent: Spent | undefined,
): readonly Write[] => {
  const { organisationId, keyId, clusterId, unitsPerHour } = commitment;
  const add = {
    units_per_hour: -unitsPerHour,
    ...usedAttributes(releasedMonths(commitment, spent)),
  };
  const release = (targetId: BudgetTarget): Write => ({
    kind: 'update',
    table: 'payments',
    key: budgetKey(targetId),
    add,
    condition: {},
  });
  return [
    release(organisationId),
    release(keyId),
    // A cluster's own budget ends with it.
    { kind: 'delete', table: 'payments', key: budgetKey(clusterId), condition: {} },
  ];
};

const usedAttributes = (months: ByMonth): Readonly<Record<string, bigint>> =>
  Object.fromEntries(
    Object.entries(months).map(([month, amount]) => [usedAttribute(month), amount]),
  );

/** What counts against these targets, at one instant. */
export const getSpendings = async (
  database: Database,
  targetIds: readonly BudgetTarget[],
): Promise<readonly Spending[]> => {
  const items = await database.getTogether('payments', targetIds.map(budgetKey));
  return targetIds.map((targetId, index) => parse(targetId, items[index]));
};

export const getSpending = async (database: Database, targetId: BudgetTarget): Promise<Spending> =>
  parse(targetId, await database.get('payments', budgetKey(targetId)));

/** The target with this budget, if it is the organisation's. */
export const findBudget = async (
  database: Database,
  organisationId: string,
  budgetId: string,
): Promise<Spending | undefined> => {
  const item = await database.get('payments', budgetKey(budgetId));
  if (item?.['owner'] !== organisationId || item['id'] === undefined) return undefined;
  return parse(parseBudget(item).targetId, item);
};

/** Sets a target's budget, as long as it is as read, and has it watched: what runs may lie above it. */
export const putBudget = (asRead: Spending, budget: Budget): readonly Write[] => [
  {
    kind: 'update',
    table: 'payments',
    key: budgetKey(budget.targetId),
    set: {
      v: asRead.version + 1,
      id: budgetIdOf(budget.targetId),
      owner: budget.organisationId,
      owner_sk: budgetOwnerKey(budget.id),
      target_id: budget.targetId,
      hourly_limit: budget.hourlyUnits ?? undefined,
      monthly_limit: budget.monthlyUnits ?? undefined,
      created_at_ms: budget.createdAtMs,
      updated_at_ms: budget.updatedAtMs,
    },
    remove: [
      ...(budget.hourlyUnits === null ? ['hourly_limit'] : []),
      ...(budget.monthlyUnits === null ? ['monthly_limit'] : []),
    ],
    condition: budgetAsRead(asRead),
  },
  watchTarget(budget.targetId),
];

const watchTarget = (targetId: BudgetTarget): Write => ({
  kind: 'put',
  table: 'payments',
  key: watchKey(targetId),
  attributes: { target_id: targetId },
  condition: {},
});

/**
 * Freezes what an organisation may order, or (null) lets it order again, as long as its limits and the
 * freeze are as read: an order that read them before is refused, and what it then reads is this. After a
 * dispute what runs is watched until it has stopped.
 */
export const freezeSpending = (
  { targetId, version }: Spending,
  reason: FreezeReason | null,
): readonly Write[] => [
  {
    kind: 'update',
    table: 'payments',
    key: budgetKey(targetId),
    set: { v: version + 1, ...(reason === null ? {} : { frozen: reason }) },
    ...(reason === null ? { remove: ['frozen'] } : {}),
    condition: budgetAsRead({ version }),
  },
  ...(reason === 'dispute' ? [watchTarget(targetId)] : []),
];

/** Ends a budget, as long as it is as read; the counters go on. */
export const removeBudget = (asRead: Spending): Write => ({
  kind: 'update',
  table: 'payments',
  key: budgetKey(asRead.targetId),
  set: { v: asRead.version + 1 },
  remove: [
    'id',
    'owner',
    'owner_sk',
    'target_id',
    'hourly_limit',
    'monthly_limit',
    'created_at_ms',
    'updated_at_ms',
  ],
  condition: budgetAsRead(asRead),
});

/** An organisation's budgets, oldest target first; from an index. */
export const listBudgets = async (
  database: Database,
  organisationId: string,
  page: { readonly limit: number; readonly cursor?: string | undefined },
): Promise<{ readonly spendings: readonly Spending[]; readonly next: string | undefined }> => {
  const found = await database.query('payments', {
    index: 'by_owner',
    pk: organisationId,
    skPrefix: budgetOwnerPrefix,
    ...page,
  });
  const spendings = found.items.map((item) => parse(parseBudget(item).targetId, item));
  return { spendings, next: found.next };
};

/** Targets of one shard whose budgets have to be looked at. */
export const listWatched = async (
  database: Database,
  shard: number,
): Promise<readonly BudgetTarget[]> => {
  const targetIds: BudgetTarget[] = [];
  let cursor: string | undefined;
  do {
    const asked = { pk: watchPartition(shard), limit: 100, cursor };
    const { items, next } = await database.query('payments', asked);
    targetIds.push(...items.map((item) => storedId<BudgetTarget>().parse(item['target_id'])));
    cursor = next;
  } while (cursor !== undefined);
  return targetIds;
};

/** Ends the watch of a target, as long as its budget is as read. */
export const unwatch = (asRead: Spending): readonly Write[] => [
  { kind: 'delete', table: 'payments', key: watchKey(asRead.targetId), condition: {} },
  {
    kind: 'check',
    table: 'payments',
    key: budgetKey(asRead.targetId),
    condition: budgetAsRead(asRead),
  },
];
