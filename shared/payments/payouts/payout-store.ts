/**
 * Payouts in the payments table. One that somebody has to do something about stands in a list of such
 * besides, in the very write that makes it so.
 */
import * as z from 'zod';
import type { Database, Item, Write } from '../../core/database.ts';
import { AppError } from '../../core/errors.ts';
import { storedId, units, wholeNumber } from '../../core/field.ts';
import type { Id } from '../../core/ids.ts';
import { payoutSources } from '../../ledger/chain/payout-hold.ts';
import {
  openPayoutsKey,
  type PayoutWork,
  payoutKey,
  payoutOwnerKey,
  payoutOwnerPrefix,
  payoutWorkKey,
  payoutWorkPartition,
  queuesOf,
  supplierDayKey,
} from './keys.ts';
import { isOver, lanes, type Payout, payoutReasons, payoutStatuses } from './payout.ts';
import { payoutLimits } from './payout-limits.ts';

const stored = z.object({
  id: storedId<Id<'pay'>>(),
  owner: z.string(),
  lane: z.enum(lanes),
  // Payouts that are older than those of rewards say neither their source nor `usd_units`.
  source: z.enum(payoutSources).default('earnings'),
  token: z.enum(['usdc', 'io']),
  units,
  fee_units: units,
  usd_units: units.optional(),
  token_units: units,
  price: z
    .object({
      nano_usd_per_io: units,
      id: z.string(),
      at_ms: wholeNumber,
      until_ms: wholeNumber,
    })
    .optional(),
  wallet: z.string(),
  status: z.enum(payoutStatuses),
  reason: z.enum(payoutReasons).optional(),
  batch_id: z.string().optional(),
  chain_id: z.string().optional(),
  created_at_ms: wholeNumber,
  v: wholeNumber,
});

const parse = (item: Item): Payout => {
  const row = stored.parse(item);
  const { price } = row;
  return {
    id: row.id,
    organisation: row.owner,
    lane: row.lane,
    source: row.source,
    token: row.token,
    units: row.units,
    feeUnits: row.fee_units,
    usdUnits: row.usd_units ?? row.units,
    tokenUnits: row.token_units,
    price: price
      ? {
          nanoUsdPerIo: price.nano_usd_per_io,
          id: price.id,
          atMs: price.at_ms,
          untilMs: price.until_ms,
        }
      : null,
    wallet: row.wallet,
    status: row.status,
    reason: row.reason ?? null,
    batchId: row.batch_id ?? null,
    signature: row.chain_id ?? null,
    createdAtMs: row.created_at_ms,
    version: row.v,
  };
};

/** The list in which the payout waits for somebody; undefined where nobody has to do anything. */
const workOf = ({ status, lane, source }: Payout): PayoutWork | undefined => {
  if (status === 'queued') return queuesOf(lane)[source === 'earnings' ? 0 : 1];
  return status === 'awaiting_approval' ? status : undefined;
};

/**
 * Puts the payout at its version over `before`, as it was read; undefined for a new one. Up to 3 writes. The
 * first write of a new one counts it, and is refused when its supplier has as many open as it may have.
 */
export const putPayout = (payout: Payout, before: Payout | undefined): Write[] => {
  const { price } = payout;
  const work = workOf(payout);
  const left = before && workOf(before);
  const put: Write = {
    kind: 'put',
    table: 'payments',
    key: payoutKey(payout.id),
    attributes: {
      id: payout.id,
      owner: payout.organisation,
      owner_sk: payoutOwnerKey(payout.id),
      lane: payout.lane,
      source: payout.source,
      token: payout.token,
      units: payout.units,
      fee_units: payout.feeUnits,
      usd_units: payout.usdUnits,
      token_units: payout.tokenUnits,
      price: price
        ? {
            nano_usd_per_io: price.nanoUsdPerIo,
            id: price.id,
            at_ms: price.atMs,
            until_ms: price.untilMs,
          }
        : undefined,
      wallet: payout.wallet,
      status: payout.status,
      reason: payout.reason ?? undefined,
      batch_id: payout.batchId ?? undefined,
      chain_id: payout.signature ?? undefined,
      created_at_ms: payout.createdAtMs,
      v: payout.version,
    },
    condition: before ? { equals: { v: before.version } } : { exists: false },
  };
  const counts = countOpen(payout, before);
  if (work === left) return [...counts, put];
  const list = (name: PayoutWork) => ({
    table: 'payments' as const,
    key: payoutWorkKey(name, payout.id),
    condition: {},
  });
  return [
    ...counts,
    put,
    ...(left ? [{ kind: 'delete' as const, ...list(left) }] : []),
    ...(work
      ? [{ kind: 'put' as const, attributes: { payout_id: payout.id }, ...list(work) }]
      : []),
  ];
};

/** Counts a payout from its first write until it is over. */
const countOpen = (payout: Payout, before: Payout | undefined): Write[] => {
  const change = Number(!isOver(payout)) - Number(before !== undefined && !isOver(before));
  if (change === 0) return [];
  const condition = change > 0 ? { atMostOrAbsent: { count: payoutLimits.openMax - 1n } } : {};
  return [
    {
      kind: 'update',
      table: 'payments',
      key: openPayoutsKey(payout.organisation),
      add: { count: BigInt(change) },
      condition,
    },
  ];
};

export const getPayout = async (
  database: Database,
  payoutId: string,
): Promise<Payout | undefined> => {
  const item = await database.get('payments', payoutKey(payoutId));
  return item && parse(item);
};

/** The organisation's payout, or `payout.not_found`: somebody else's looks like an unknown one. */
export const requirePayout = async (
  database: Database,
  organisation: string,
  payoutId: string,
): Promise<Payout> => {
  const payout = await getPayout(database, payoutId);
  if (payout?.organisation !== organisation) throw new AppError('payout.not_found');
  return payout;
};

/** Several payouts, in the order of their ids; those that are not there are left out. At most 100. */
export const getPayouts = async (
  database: Database,
  payoutIds: readonly string[],
): Promise<readonly Payout[]> => {
  if (payoutIds.length === 0) return [];
  const items = await database.getMany('payments', payoutIds.map(payoutKey));
  return items.map(parse).toSorted((a, b) => (a.id < b.id ? -1 : 1));
};

export interface PayoutPage {
  readonly payouts: readonly Payout[];
  readonly next: string | undefined;
}

interface PageOrder {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** The organisation's payouts, newest first. */
export const listPayoutsByOrganisation = async (
  database: Database,
  organisation: string,
  page: PageOrder,
): Promise<PayoutPage> => {
  const found = await database.query('payments', {
    index: 'by_owner',
    pk: organisation,
    skPrefix: payoutOwnerPrefix,
    descending: true,
    ...page,
  });
  return { payouts: found.items.map(parse), next: found.next };
};

/** Payouts that wait in a list, oldest first; limit at most 100. */
export const listWaitingPayouts = async (
  database: Database,
  work: PayoutWork,
  page: PageOrder,
): Promise<PayoutPage> => {
  const found = await database.query('payments', { pk: payoutWorkPartition(work), ...page });
  const payouts = await getPayouts(
    database,
    found.items.map(({ sk }) => sk),
  );
  return { payouts, next: found.next };
};

/** Counts a request against what its supplier may ask for in a day; refused above `unitsMax`. */
export const countSupplierDay = (order: {
  readonly organisation: string;
  readonly day: number;
  /** Micro-dollars. */
  readonly units: bigint;
  readonly unitsMax: bigint;
}): Write => ({
  kind: 'update',
  table: 'payments',
  key: supplierDayKey(order.organisation, order.day),
  add: { units: order.units },
  condition: { atMostOrAbsent: { units: order.unitsMax - order.units } },
});
