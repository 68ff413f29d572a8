/** What crosses the boundary of the ledger's endpoints. */
import * as z from 'zod';
import { idSchema } from '../core/ids.ts';
import { type MoneyJson, moneySchema, moneyToJson, positiveUsdSchema, usd } from '../core/money.ts';
import { dayMs, isoOf } from '../core/time.ts';
import { isoSchema, listOf, pageQuery } from '../core/wire.ts';
import { assetOfKind, type EarningDay } from './account.ts';
import type { IoDemand } from './io-demand.ts';
import type { GroupTotals, Month, StatementGroup, StatementLine } from './statement.ts';
import { codeWords, statementGroups } from './statement.ts';
import { transferCodes } from './transfer.ts';

const dateSchema = z.iso.date().meta({ example: '2026-11-22' });

export const balancesSchema = z
  .strictObject({
    object: z.literal('balances'),
    /** Credit that can be spent. */
    available: moneySchema,
    /** Credit reserved for clusters and for refunds under way. */
    held: moneySchema,
    /** What is owed; every credit pays it first. */
    debt: moneySchema,
    /** Earnings that wait, by the day on which they mature. */
    earning: z.array(z.strictObject({ matures_on: dateSchema, amount: moneySchema })),
    /** Earnings that wait for the operator's review. */
    in_review: moneySchema,
    /** Earnings that can be paid out. */
    matured: moneySchema,
    /** Earnings that are on their way out. */
    paying_out: moneySchema,
    /** IO from rewards and from stakes that came back. */
    rewards: z.strictObject({
      /** Can be staked and paid out. */
      available: moneySchema,
      /** Waits to be released, or is on its way out. */
      held: moneySchema,
    }),
    /** IO that is staked for devices, what waits to come back included. */
    staked: moneySchema,
  })
  .meta({ id: 'Balances' });

/** The balances as an organisation sees them; earnings by day in order of the days. */
export interface BalancesView {
  readonly available: bigint;
  readonly held: bigint;
  readonly owed: bigint;
  readonly earning: readonly { readonly day: number; readonly units: bigint }[];
  readonly inReview: bigint;
  readonly matured: bigint;
  readonly payingOut: bigint;
  /** Base units of IO. */
  readonly rewards: { readonly available: bigint; readonly held: bigint };
  readonly staked: bigint;
}

const money = (units: bigint): MoneyJson => moneyToJson(usd(units));
const ioMoney = (units: bigint): MoneyJson => moneyToJson({ asset: 'io', units });
const groupMoney = (group: StatementGroup, units: bigint): MoneyJson =>
  moneyToJson({ asset: assetOfKind(group), units });

const dateOf = (day: number): string => isoOf(day * dayMs).slice(0, 10);

export const balancesToJson = (view: BalancesView): z.input<typeof balancesSchema> => ({
  object: 'balances',
  available: money(view.available),
  held: money(view.held),
  debt: money(view.owed),
  earning: view.earning.map(({ day, units }) => ({
    matures_on: dateOf(day),
    amount: money(units),
  })),
  in_review: money(view.inReview),
  matured: money(view.matured),
  paying_out: money(view.payingOut),
  rewards: { available: ioMoney(view.rewards.available), held: ioMoney(view.rewards.held) },
  staked: ioMoney(view.staked),
});

export const ledgerTransferSchema = z
  .strictObject({
    id: z.string(),
    object: z.literal('ledger_transfer'),
    code: z.enum(transferCodes),
    /** The code in plain words. */
    description: z.string(),
    created_at: isoSchema,
    cluster_id: idSchema('clu').nullable(),
    /** What the transfer changed on the organisation's own accounts; the other side is not shown. */
    legs: z.array(
      z.strictObject({
        account: z.enum(statementGroups),
        /** Only on earnings that mature by schedule. */
        matures_on: dateSchema.nullable(),
        amount: moneySchema,
      }),
    ),
  })
  .meta({ id: 'LedgerTransfer' });

export const transferListSchema = listOf(ledgerTransferSchema);

const maturesOn = (day: EarningDay | undefined): string | null =>
  typeof day === 'number' ? dateOf(day) : null;

export const lineToJson = (line: StatementLine): z.input<typeof ledgerTransferSchema> => ({
  id: line.transferId,
  object: 'ledger_transfer',
  code: line.code,
  description: codeWords[line.code],
  created_at: isoOf(line.atMs),
  cluster_id: (line.clusterId as `clu_${string}` | undefined) ?? null,
  legs: line.legs.map(({ group, day, units }) => ({
    account: group,
    matures_on: maturesOn(day),
    amount: groupMoney(group, units),
  })),
});

const monthSchema = z
  .string()
  .regex(/^20[0-9]{2}-(0[1-9]|1[0-2])$/, 'a month, YYYY-MM')
  .meta({ example: '2026-11' });

export const statementQuerySchema = z.strictObject({ month: monthSchema, ...pageQuery });

export const monthQuerySchema = z.strictObject({ month: monthSchema });

const totalsSchema = z.strictObject({
  credit: moneySchema,
  debt: moneySchema,
  earning: moneySchema,
  matured: moneySchema,
  rewarded: moneySchema,
  staked: moneySchema,
});

export const statementSchema = z
  .strictObject({
    object: z.literal('statement'),
    month: z.string(),
    opening: totalsSchema,
    closing: totalsSchema,
    /** The month's transfers, oldest first, page by page. */
    lines: transferListSchema,
  })
  .meta({ id: 'Statement' });

export const totalsToJson = (totals: GroupTotals): z.input<typeof totalsSchema> => ({
  credit: money(totals.credit),
  debt: money(totals.debt),
  earning: money(totals.earning),
  matured: money(totals.matured),
  rewarded: ioMoney(totals.rewarded),
  staked: ioMoney(totals.staked),
});

export const ioDemandSchema = z
  .strictObject({
    object: z.literal('io_demand'),
    month: z.string(),
    /** The IO behind the payments with a price, each at the price of its time. */
    io: moneySchema,
    /** Payments that stand in `io`: how many, and what they credited. */
    priced: z.strictObject({ payments: z.int().min(0), credit: moneySchema }),
    /** Payments at times without a good price of IO; they do not stand in `io`. */
    unpriced: z.strictObject({ payments: z.int().min(0), credit: moneySchema }),
  })
  .meta({ id: 'IoDemand' });

export const ioDemandToJson = (month: Month, demand: IoDemand): z.input<typeof ioDemandSchema> => ({
  object: 'io_demand',
  month,
  io: ioMoney(demand.ioUnits),
  priced: { payments: demand.pricedPayments, credit: money(demand.pricedUnits) },
  unpriced: { payments: demand.unpricedPayments, credit: money(demand.unpricedUnits) },
});

export const createGrantSchema = z.strictObject({
  organisation_id: idSchema('org'),
  amount: positiveUsdSchema,
  reason: z.string().min(1).max(200),
});

export const grantSchema = z
  .strictObject({
    id: idSchema('grt'),
    object: z.literal('grant'),
    organisation_id: idSchema('org'),
    amount: moneySchema,
    /** The part of the amount that paid a debt. */
    debt_paid: moneySchema,
    reason: z.string(),
    created_at: isoSchema,
  })
  .meta({ id: 'Grant' });
