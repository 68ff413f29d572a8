/**
 * Card accounts in the payments table. Those with an automatic top-up stand in the sparse index `by_owner`
 * under one partition per shard, so that the schedule finds them.
 */
import * as z from 'zod';
import type { Database, Item, Write } from '../../core/database.ts';
import { units, wholeNumber } from '../../core/field.ts';
import { shardOf } from '../../core/hash.ts';
import { cardAccountKey, cardFreezeKey, cardFreezes } from '../keys.ts';
import { type CardAccount, newCardAccount } from './card-account.ts';
import { type CardFreeze, type FreezeLift, freezeReasons } from './card-freeze.ts';

/** Partitions of the index of automatic top-ups. */
export const autoTopUpShards = 4;

const shardName = (shard: number): string => `AUTO#${shard}`;

const storedFreeze = z.object({
  reason: z.enum(freezeReasons),
  at_ms: wholeNumber,
  case_ids: z.array(z.string()),
});

const storedLift = z.object({ at_ms: wholeNumber, actor: z.string(), words: z.string() });

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
  frozen: storedFreeze.optional(),
  lifted: storedFreeze.extend({ lift: storedLift }).optional(),
  settled_case_ids: z.array(z.string()).default([]),
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
    frozen: row.frozen ? parseFreeze(row.frozen) : null,
    lifted: row.lifted ? { ...parseFreeze(row.lifted), lift: parseLift(row.lifted.lift) } : null,
    settledCaseIds: row.settled_case_ids,
    version: row.v,
  };
};

const parseFreeze = (row: z.output<typeof storedFreeze>): CardFreeze => ({
  reason: row.reason,
  atMs: row.at_ms,
  caseIds: row.case_ids,
});

const parseLift = ({ at_ms: atMs, actor, words }: z.output<typeof storedLift>): FreezeLift => ({
  atMs,
  actor,
  words,
});

const freezeItem = ({ reason, atMs, caseIds }: CardFreeze) => ({
  reason,
  at_ms: atMs,
  case_ids: caseIds,
});

/** Puts the account at its version, over the version before it; the first one if there is none. */
export const putCardAccount = (account: CardAccount): Write => {
  const { auto, frozen, lifted, organisation } = account;
  return {
    kind: 'put',
    table: 'payments',
    key: cardAccountKey(organisation),
    attributes: {
      organisation,
      // One that was begun is gone on with, or ended, also after it was switched off.
      ...(auto?.enabled || typeof auto?.pendingTopUpId === 'string'
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
      frozen: frozen ? freezeItem(frozen) : undefined,
      lifted: lifted
        ? {
            ...freezeItem(lifted),
            lift: { at_ms: lifted.lift.atMs, actor: lifted.lift.actor, words: lifted.lift.words },
          }
        : undefined,
      settled_case_ids: account.settledCaseIds,
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

/** Puts the organisation on the operator's list of frozen ones, or takes it off. */
export const listFrozen = ({ organisation, frozen }: CardAccount): Write => {
  const at = { table: 'payments', key: cardFreezeKey(organisation), condition: {} } as const;
  return frozen ? { ...at, kind: 'put', attributes: { organisation } } : { ...at, kind: 'delete' };
};

/** The accounts that are frozen, by organisation. */
export const listFrozenAccounts = async (
  database: Database,
  page: { readonly limit: number; readonly cursor?: string | undefined },
): Promise<{ readonly accounts: readonly CardAccount[]; readonly next: string | undefined }> => {
  const { items, next } = await database.query('payments', { pk: cardFreezes, ...page });
  const keys = items.map(({ sk }) => cardAccountKey(sk));
  const accounts = (keys.length === 0 ? [] : await database.getMany('payments', keys)).map(parse);
  // Who was lifted while this was read is on the list no more.
  const frozen = accounts.filter((account) => account.frozen !== null);
  return { accounts: frozen.sort((a, b) => (a.organisation < b.organisation ? -1 : 1)), next };
};
