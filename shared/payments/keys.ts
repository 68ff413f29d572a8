/** Keys of the payments table. */
import type { Key } from '../core/database.ts';
import { shardOf } from '../core/hash.ts';

export const invoiceKey = (invoiceId: string): Key => ({ pk: `INV#${invoiceId}`, sk: 'INVOICE' });

/** Where index `by_owner` lists an organisation's invoices; ids sort by the clusters' time. */
export const invoiceOwnerKey = (invoiceId: string): string => `${invoiceOwnerPrefix}${invoiceId}`;

export const invoiceOwnerPrefix = 'invoice#';

/** An organisation's billing details. */
export const billingKey = (organisationId: string): Key => ({
  pk: `BILLING#${organisationId}`,
  sk: 'BILLING',
});

/** The invoices' numbers of a year. */
export const numbersKey = (year: string): Key => ({ pk: `NUMBERS#${year}`, sk: 'NUMBERS' });

/**
 * What counts against an organisation, an API key or a cluster, and its budget if it has one. A budget's
 * id is its target's but for the prefix, so either of them finds it.
 */
export const budgetKey = (budgetOrTargetId: string): Key => ({
  pk: `BUDGET#${budgetOrTargetId.slice(budgetOrTargetId.indexOf('_') + 1)}`,
  sk: 'BUDGET',
});

export const budgetOwnerPrefix = 'budget#';
export const budgetOwnerKey = (budgetId: string): string => `${budgetOwnerPrefix}${budgetId}`;

/** What a cluster may spend, while its hold is open. */
export const commitmentKey = (clusterId: string): Key => ({
  pk: `COMMITMENT#${clusterId}`,
  sk: 'COMMITMENT',
});

export const commitmentOwnerPrefix = 'commitment#';
export const commitmentOwnerKey = (clusterId: string): string =>
  `${commitmentOwnerPrefix}${clusterId}`;

export const watchShards = 16;
/** A budget whose limit may lie below what counts against it. */
export const watchKey = (targetId: string): Key => ({
  pk: watchPartition(shardOf(targetId, watchShards)),
  sk: targetId,
});
export const watchPartition = (shard: number): string => `WATCH#${shard}`;
