/**
 * Card accounts in the payments table. Those with an automatic top-up stand in the sparse index `by_owner`
 * under one partition per shard, so that the schedule finds them.
 */
import * as z from 'zod';
import type { Database, Item, Write } from '../core/database.ts';
import { units, wholeNumber } from '../core/field.ts';
import { shardOf } from '../core/hash.ts';
import { type CardAccount, newCardAccount } from './card-account.ts';
import { cardAccountKey } from './keys.ts';

/** Partitions of the index of automatic top-ups. */
export const autoTopUpShards = 4;

const shardName = (shard: number): string => `AUTO#${shard}`;

const stored = z.object({
  organisation: z.string(),
  customer_id: z.string().optional(),
  first_paid_at_ms: wholeNumber.optional(),
  recent: z.array(
    z.object({ top_up_id: z.string(), at_ms: wholeNumber, units, automatic: z.boolean() }),
  ),
  auto: z
    .object({
      enabled: z.boolean(),
      threshold_units: units,
      amount_units: units,
      card_id: z.string(),
      per_day_max: wholeNumber,
      monthly_units_max: units,
      month: z.string(),
      month_units: units,
      pending_top_up_id: z.string().nullable(),
      failures: wholeNumber,
      not_before_ms: wholeNumber,
      stopped_reason: z.enum(['card_declined', 'action_required']).nullable(),
    })
    .optional(),
  frozen: z.object({ reason: z.enum(['dispute', 'fraud_warning']), at_ms: wholeNumber }).optional(),
  v: wholeNumber,
});

const parse = (item: Item): CardAccount => {
  const row = stored.parse(item);
  return {
    organisation: row.organisation,
    customerId: row.customer_id ?? null,
    firstPaidAtMs: row.first_paid_at_ms ?? null,
    recent: row.recent.map((one) => ({
      topUpId: one.top_up_id,
      atMs: one.at_ms,
      units: one.units,
      automatic: one.automatic,
    })),
    auto: row.auto
      ? {
          enabled: row.auto.enabled,
          thresholdUnits: row.auto.threshold_units,
          amountUnits: row.auto.amount_units,
          cardId: row.auto.card_id,
          perDayMax: row.auto.per_day_max,
          monthlyUnitsMax: row.auto.monthly_units_max,
          month: row.auto.month,
          monthUnits: row.auto.month_units,
          pendingTopUpId: row.auto.pending_top_up_id,
          failures: row.auto.failures,
          notBeforeMs: row.auto.not_before_ms,
          stoppedReason: row.auto.stopped_reason,
        }
      : null,
    frozen: row.frozen ? { reason: row.frozen.reason, atMs: row.frozen.at_ms } : null,
    version: row.v,
  };
};

/** Puts the account at its version, over the version before it; the first one if there is none. */
export const putCardAccount = (account: CardAccount): Write => {
  const { auto, frozen, organisation } = account;
  return {
    kind: 'put',
    table: 'payments',
    key: cardAccountKey(organisation),
    attributes: {
      organisation,
      ...(auto?.enabled
        ? { owner: shardName(shardOf(organisation, autoTopUpShards)), owner_sk: organisation }
        : {}),
      customer_id: account.customerId ?? undefined,
      first_paid_at_ms: account.firstPaidAtMs ?? undefined,
      recent: account.recent.map((one) => ({
        top_up_id: one.topUpId,
        at_ms: one.atMs,
        units: one.units,
        automatic: one.automatic,
      })),
      auto: auto
        ? {
            enabled: auto.enabled,
            threshold_units: auto.thresholdUnits,
            amount_units: auto.amountUnits,
            card_id: auto.cardId,
            per_day_max: auto.perDayMax,
            monthly_units_max: auto.monthlyUnitsMax,
            month: auto.month,
            month_units: auto.monthUnits,
            pending_top_up_id: auto.pendingTopUpId,
            failures: auto.failures,
            not_before_ms: auto.notBeforeMs,
            stopped_reason: auto.stoppedReason,
          }
        : undefined,
      frozen: frozen ? { reason: frozen.reason, at_ms: frozen.atMs } : undefined,
      v: account.version,
    },
    condition: account.version === 1 ? { exists: false } : { equals: { v: account.version - 1 } },
  };
};

/** The organisation's account; an empty one, at version 0, when nothing is stored. */
export const getCardAccount = async (
  database: Database,
  organisation: string,
): Promise<CardAccount> => {
  const item = await database.get('payments', cardAccountKey(organisation));
  return item ? parse(item) : newCardAccount(organisation);
};

/** Organisations of one shard whose automatic top-up is switched on; maybe stale. */
export const listAutoTopUps = async (
  database: Database,
  page: { readonly shard: number; readonly limit: number; readonly cursor?: string | undefined },
): Promise<{ readonly organisations: readonly string[]; readonly next: string | undefined }> => {
  const { shard, ...rest } = page;
  const found = await database.query('payments', {
    index: 'by_owner',
    pk: shardName(shard),
    ...rest,
  });
  return { organisations: found.items.map((item) => parse(item).organisation), next: found.next };
};
