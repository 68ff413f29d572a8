/**
 * Refunds in the payments table. One that is not done stands in a list of its own besides, so that a
 * schedule finishes what a process that died left; it leaves that list in the write that ends it.
 */
import * as z from 'zod';
import type { Database, Item, Write } from '../../core/database.ts';
import { AppError } from '../../core/errors.ts';
import { storedId, units, wholeNumber } from '../../core/field.ts';
import type { Id } from '../../core/ids.ts';
import {
  openRefundKey,
  openRefunds,
  refundKey,
  refundOwnerKey,
  refundOwnerPrefix,
} from '../keys.ts';
import { type Refund, refundStatuses } from './refund.ts';

const stored = z.object({
  id: storedId<Id<'rfd'>>(),
  owner: z.string(),
  top_up_id: storedId<Id<'top'>>(),
  payment_id: z.string(),
  units,
  status: z.enum(refundStatuses),
  provider_refund_id: z.string().optional(),
  reason: z.string().optional(),
  created_at_ms: wholeNumber,
  v: wholeNumber,
});

const parse = (item: Item): Refund => {
  const row = stored.parse(item);
  return {
    id: row.id,
    organisation: row.owner,
    topUpId: row.top_up_id,
    paymentId: row.payment_id,
    units: row.units,
    status: row.status,
    providerRefundId: row.provider_refund_id ?? null,
    reason: row.reason ?? null,
    createdAtMs: row.created_at_ms,
    version: row.v,
  };
};

/** Puts the refund at its version, over the version before it, in or out of the list of open ones. */
export const putRefund = (refund: Refund): Write[] => {
  const key = openRefundKey(refund.id);
  const isOpen = refund.status === 'pending';
  return [
    {
      kind: 'put',
      table: 'payments',
      key: refundKey(refund.id),
      attributes: {
        id: refund.id,
        owner: refund.organisation,
        owner_sk: refundOwnerKey(refund.id),
        top_up_id: refund.topUpId,
        payment_id: refund.paymentId,
        units: refund.units,
        status: refund.status,
        provider_refund_id: refund.providerRefundId ?? undefined,
        reason: refund.reason ?? undefined,
        created_at_ms: refund.createdAtMs,
        v: refund.version,
      },
      condition: refund.version === 1 ? { exists: false } : { equals: { v: refund.version - 1 } },
    },
    isOpen
      ? {
          kind: 'put',
          table: 'payments',
          key,
          attributes: { refund_id: refund.id },
          condition: {},
        }
      : { kind: 'delete', table: 'payments', key, condition: {} },
  ];
};

export const getRefund = async (
  database: Database,
  refundId: string,
): Promise<Refund | undefined> => {
  const item = await database.get('payments', refundKey(refundId));
  return item && parse(item);
};

/** The organisation's refund, or `refund.not_found`: somebody else's looks like an unknown one. */
export const requireRefund = async (
  database: Database,
  organisation: string,
  refundId: string,
): Promise<Refund> => {
  const refund = await getRefund(database, refundId);
  if (refund?.organisation !== organisation) throw new AppError('refund.not_found');
  return refund;
};

/** The organisation's refunds, newest first. */
export const listRefundsByOrganisation = async (
  database: Database,
  organisation: string,
  page: { readonly limit: number; readonly cursor?: string | undefined },
): Promise<{ readonly refunds: readonly Refund[]; readonly next: string | undefined }> => {
  const found = await database.query('payments', {
    index: 'by_owner',
    pk: organisation,
    skPrefix: refundOwnerPrefix,
    descending: true,
    ...page,
  });
  return { refunds: found.items.map(parse), next: found.next };
};

/** Refunds that are not done, oldest first. */
export const listOpenRefunds = async (
  database: Database,
  limit: number,
): Promise<readonly string[]> => {
  const found = await database.query('payments', { pk: openRefunds, limit });
  return found.items.map(({ sk }) => sk);
};
