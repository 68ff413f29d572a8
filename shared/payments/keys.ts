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
export const topUpKey = (topUpId: string): Key => ({ pk: `TOP#${topUpId}`, sk: 'TOP_UP' });

/** Where index `by_owner` lists an organisation's top-ups. */
export const topUpOwnerKey = (topUpId: string): string => `${topUpOwnerPrefix}${topUpId}`;

export const topUpOwnerPrefix = 'top-up#';

export const refundKey = (refundId: string): Key => ({ pk: `RFD#${refundId}`, sk: 'REFUND' });

/** Where index `by_owner` lists an organisation's refunds. */
export const refundOwnerKey = (refundId: string): string => `${refundOwnerPrefix}${refundId}`;

export const refundOwnerPrefix = 'refund#';

/** What an organisation has to do with cards. */
export const cardAccountKey = (organisation: string): Key => ({
  pk: `CARDS#${organisation}`,
  sk: 'CARDS',
});

/** The list of organisations whose cards are frozen. */
export const cardFreezes = 'CARD_FREEZES';

export const cardFreezeKey = (organisation: string): Key => ({ pk: cardFreezes, sk: organisation });

/** An event of the card provider's, as it came. */
export const providerEventKey = (eventId: string): Key => ({ pk: `EV#${eventId}`, sk: 'EVENT' });

/** The list of refunds that are not done. */
export const openRefunds = 'OPEN_REFUNDS';

export const openRefundKey = (refundId: string): Key => ({ pk: openRefunds, sk: refundId });

/** A token's prices, by when they were published. */
export const pricePartition = (token: string): string => `PRICE#${token}`;

export const priceKey = (token: string, publishedAtMs: number): Key => ({
  pk: pricePartition(token),
  sk: publishedAtMs.toString().padStart(13, '0'),
});

/** Payout wallets stand under their organisation. */
export const payoutWalletsOf = (organisationId: string): string =>
  `PAYOUT_WALLETS#${organisationId}`;

export const payoutWalletPrefix = 'WALLET#';

/** One that is or was; ids sort by time. */
export const payoutWalletKey = (organisationId: string, payoutWalletId: string): Key => ({
  pk: payoutWalletsOf(organisationId),
  sk: `${payoutWalletPrefix}${payoutWalletId}`,
});

/** The one of now of an asset. */
export const currentPayoutWalletKey = (organisationId: string, asset: string): Key => ({
  pk: payoutWalletsOf(organisationId),
  sk: `CURRENT#${asset}`,
});
/** What the last check of the treasury found. */
export const treasuryKey: Key = { pk: 'TREASURY', sk: 'TREASURY' };
