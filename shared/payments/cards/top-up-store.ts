/** Top-ups in the payments table. */
import * as z from 'zod';
import type { Database, Item, Write } from '../../core/database.ts';
import { AppError } from '../../core/errors.ts';
import { storedId, units, wholeNumber } from '../../core/field.ts';
import type { Id } from '../../core/ids.ts';
import { topUpKey, topUpOwnerKey, topUpOwnerPrefix } from '../keys.ts';
import { type TopUp, topUpSources, topUpStatuses } from './top-up.ts';

const stored = z.object({
  id: storedId<Id<'top'>>(),
  owner: z.string(),
  source: z.enum(topUpSources),
  status: z.enum(topUpStatuses),
  units,
  fee_units: units,
  checkout_id: z.string().optional(),
  url: z.string().optional(),
  card_id: z.string().optional(),
  payment_id: z.string().optional(),
  failure: z
    .object({ code: z.string(), decline_code: z.string().nullable(), message: z.string() })
    .optional(),
  receipt_url: z.string().optional(),
  created_at_ms: wholeNumber,
  expires_at_ms: wholeNumber.optional(),
  succeeded_at_ms: wholeNumber.optional(),
  v: wholeNumber,
});

const parse = (item: Item): TopUp => {
  const row = stored.parse(item);
  return {
    id: row.id,
    organisation: row.owner,
    source: row.source,
    status: row.status,
    units: row.units,
    feeUnits: row.fee_units,
    checkoutId: row.checkout_id ?? null,
    url: row.url ?? null,
    cardId: row.card_id ?? null,
    paymentId: row.payment_id ?? null,
    failure: row.failure
      ? {
          code: row.failure.code,
          declineCode: row.failure.decline_code,
          message: row.failure.message,
        }
      : null,
    receiptUrl: row.receipt_url ?? null,
    createdAtMs: row.created_at_ms,
    expiresAtMs: row.expires_at_ms ?? null,
    succeededAtMs: row.succeeded_at_ms ?? null,
    version: row.v,
  };
};

/** Puts the top-up at its version, over the version before it; the first one if there is none. */
export const putTopUp = (topUp: TopUp): Write => ({
  kind: 'put',
  table: 'payments',
  key: topUpKey(topUp.id),
  attributes: {
    id: topUp.id,
    owner: topUp.organisation,
    owner_sk: topUpOwnerKey(topUp.id),
    source: topUp.source,
    status: topUp.status,
    units: topUp.units,
    fee_units: topUp.feeUnits,
    checkout_id: topUp.checkoutId ?? undefined,
    url: topUp.url ?? undefined,
    card_id: topUp.cardId ?? undefined,
    payment_id: topUp.paymentId ?? undefined,
    failure: topUp.failure
      ? {
          code: topUp.failure.code,
          decline_code: topUp.failure.declineCode,
          message: topUp.failure.message,
        }
      : undefined,
    receipt_url: topUp.receiptUrl ?? undefined,
    created_at_ms: topUp.createdAtMs,
    expires_at_ms: topUp.expiresAtMs ?? undefined,
    succeeded_at_ms: topUp.succeededAtMs ?? undefined,
    v: topUp.version,
  },
  condition: topUp.version === 1 ? { exists: false } : { equals: { v: topUp.version - 1 } },
});

export const getTopUp = async (database: Database, topUpId: string): Promise<TopUp | undefined> => {
  const item = await database.get('payments', topUpKey(topUpId));
  return item && parse(item);
};

/** The organisation's top-up, or `top_up.not_found`: somebody else's looks like an unknown one. */
export const requireTopUp = async (
  database: Database,
  organisation: string,
  topUpId: string,
): Promise<TopUp> => {
  const topUp = await getTopUp(database, topUpId);
  if (topUp?.organisation !== organisation) throw new AppError('top_up.not_found');
  return topUp;
};

/** The organisation's top-ups, newest first. */
export const listTopUpsByOrganisation = async (
  database: Database,
  organisation: string,
  page: { readonly limit: number; readonly cursor?: string | undefined },
): Promise<{ readonly topUps: readonly TopUp[]; readonly next: string | undefined }> => {
  const found = await database.query('payments', {
    index: 'by_owner',
    pk: organisation,
    skPrefix: topUpOwnerPrefix,
    descending: true,
    ...page,
  });
  return { topUps: found.items.map(parse), next: found.next };
};
