/** What crosses the boundary of the endpoints of budgets. */
import * as z from 'zod';
import { present } from '../../core/assert.ts';
import { idSchema } from '../../core/ids.ts';
import { moneySchema, moneyToJson, usd } from '../../core/money.ts';
import { isoOf } from '../../core/time.ts';
import { isoSchema, listOf } from '../../core/wire.ts';
import { monthOf, monthStartMs, nextMonth } from '../../ledger/statement.ts';
import { budgetScopes, type Spending, scopeOf } from './budget.ts';

/** Zero is a limit too: nothing may be spent. */
const limitSchema = z.strictObject({
  amount: z.string().regex(/^(0|[1-9][0-9]{0,17})$/, 'a whole number of micro-dollars'),
  currency: z.literal('usd'),
});

export const createBudgetSchema = z
  .strictObject({
    /** Limits what this API key orders; neither key nor cluster: the whole organisation. */
    api_key_id: idSchema('key').optional(),
    /** Limits one cluster. */
    cluster_id: idSchema('clu').optional(),
    /** Of all that runs at the same time, per hour. */
    hourly_limit: limitSchema.optional(),
    /** Of a calendar month in UTC. */
    monthly_limit: limitSchema.optional(),
  })
  .refine(({ api_key_id, cluster_id }) => !(api_key_id && cluster_id), {
    path: ['cluster_id'],
    message: 'A budget limits an API key or a cluster, not both.',
  })
  .refine(({ hourly_limit, monthly_limit }) => hourly_limit ?? monthly_limit, {
    path: ['monthly_limit'],
    message: 'A budget has an hourly limit, a monthly limit or both.',
  });

export const updateBudgetSchema = z.strictObject({
  /** Null takes the limit away; left out, it stays. */
  hourly_limit: limitSchema.nullable().optional(),
  monthly_limit: limitSchema.nullable().optional(),
});

const usageShape = {
  limit: moneySchema,
  /** What open holds reserve and what was spent. */
  used: moneySchema,
  /** What may still be ordered; never below zero. */
  left: moneySchema,
};

export const budgetSchema = z
  .strictObject({
    id: idSchema('bud'),
    object: z.literal('budget'),
    scope: z.enum(budgetScopes),
    api_key_id: idSchema('key').nullable(),
    cluster_id: idSchema('clu').nullable(),
    hourly: z.strictObject(usageShape).nullable(),
    monthly: z.strictObject({ ...usageShape, month: z.string(), resets_at: isoSchema }).nullable(),
    created_at: isoSchema,
    updated_at: isoSchema,
  })
  .meta({ id: 'Budget' });

export const budgetListSchema = listOf(budgetSchema);

export const deletedBudgetSchema = z.strictObject({
  id: idSchema('bud'),
  object: z.literal('budget'),
  deleted: z.literal(true),
});

const usageToJson = (limit: bigint, used: bigint) => ({
  limit: moneyToJson(usd(limit)),
  used: moneyToJson(usd(used)),
  left: moneyToJson(usd(used < limit ? limit - used : 0n)),
});

/** A target with a budget; of a cluster, its counters must be those of its commitment. */
export const budgetToJson = (spending: Spending, nowMs: number): z.input<typeof budgetSchema> => {
  const budget = present(spending.budget, `no budget of ${spending.targetId}`);
  const { targetId, hourlyUnits, monthlyUnits } = budget;
  const scope = scopeOf(targetId);
  const month = monthOf(nowMs);
  return {
    id: budget.id,
    object: 'budget',
    scope,
    api_key_id: scope === 'api_key' ? (targetId as `key_${string}`) : null,
    cluster_id: scope === 'cluster' ? (targetId as `clu_${string}`) : null,
    hourly: hourlyUnits === null ? null : usageToJson(hourlyUnits, spending.unitsPerHour),
    monthly:
      monthlyUnits === null
        ? null
        : {
            ...usageToJson(monthlyUnits, spending.months[month] ?? 0n),
            month,
            resets_at: isoOf(monthStartMs(nextMonth(month))),
          },
    created_at: isoOf(budget.createdAtMs),
    updated_at: isoOf(budget.updatedAtMs),
  };
};

export const spendForecastSchema = z
  .strictObject({
    object: z.literal('spend_forecast'),
    /** Of the clusters whose holds are open. */
    spend_per_hour: moneySchema,
    /** Credit that can be spent, and credit that is reserved for those clusters and not spent yet. */
    available: moneySchema,
    held: moneySchema,
    /** When available and held credit together are used up at this rate; null while nothing runs. */
    runs_out_at: isoSchema.nullable(),
    /** When the paid time of the last of those clusters is over at the latest; null without any. */
    paid_until: isoSchema.nullable(),
    month: z.strictObject({
      month: z.string(),
      /** Posted by settlements, which follow the time by an hour at most. */
      spent: moneySchema,
      /** Spent, and what open holds may still take in this month. */
      committed: moneySchema,
      /** Spent, and this rate until the month ends. */
      projected: moneySchema,
    }),
  })
  .meta({ id: 'SpendForecast' });
