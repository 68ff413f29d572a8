/**
 * Payout wallets in the payments table, under their organisation: a record of each that ever was, and a copy of
 * the one of now per asset, which payouts read and hold their transactions to.
 */
import * as z from 'zod';
import { present } from '../../core/assert.ts';
import type { Token } from '../../core/chain.ts';
import type { Check, Database, Item, Write } from '../../core/database.ts';
import { storedId, wholeNumber } from '../../core/field.ts';
import type { Id } from '../../core/ids.ts';
import {
  currentPayoutWalletKey,
  payoutWalletKey,
  payoutWalletPrefix,
  payoutWalletsOf,
} from '../keys.ts';
import { type PayoutWallet, type PayoutWalletEnd, payoutWalletEnds } from './payout-wallet.ts';

const stored = z.object({
  id: storedId<Id<'pwl'>>(),
  organisation_id: storedId<Id<'org'>>(),
  asset: z.enum(['usdc', 'io']),
  address: z.string(),
  wallet_id: storedId<Id<'wal'>>(),
  actor: z.string(),
  created_at_ms: wholeNumber,
  payable_from_ms: wholeNumber,
  ended: z
    .object({ at_ms: wholeNumber, actor: z.string(), reason: z.enum(payoutWalletEnds) })
    .optional(),
});

const parse = (item: Item): PayoutWallet => {
  const { ended, ...row } = stored.parse(item);
  return {
    id: row.id,
    organisationId: row.organisation_id,
    asset: row.asset,
    address: row.address,
    walletId: row.wallet_id,
    actor: row.actor,
    createdAtMs: row.created_at_ms,
    payableFromMs: row.payable_from_ms,
    ended: ended ? { atMs: ended.at_ms, actor: ended.actor, reason: ended.reason } : null,
  };
};

const attributesOf = (wallet: PayoutWallet) => ({
  id: wallet.id,
  organisation_id: wallet.organisationId,
  asset: wallet.asset,
  address: wallet.address,
  wallet_id: wallet.walletId,
  actor: wallet.actor,
  created_at_ms: wallet.createdAtMs,
  payable_from_ms: wallet.payableFromMs,
});

/** Names a wallet; `before` is the one of now as it was read, which it replaces. */
export const putPayoutWallet = (
  wallet: PayoutWallet,
  before: PayoutWallet | undefined,
): readonly Write[] => [
  {
    kind: 'put',
    table: 'payments',
    key: payoutWalletKey(wallet.organisationId, wallet.id),
    attributes: attributesOf(wallet),
    condition: { exists: false },
  },
  {
    kind: 'put',
    table: 'payments',
    key: currentPayoutWalletKey(wallet.organisationId, wallet.asset),
    attributes: attributesOf(wallet),
    condition: before ? { equals: { id: before.id } } : { exists: false },
  },
  ...(before
    ? [endRecord(before, { atMs: wallet.createdAtMs, actor: wallet.actor, reason: 'replaced' })]
    : []),
];

/** Ends the wallet of now without another in its place. */
export const removePayoutWallet = (wallet: PayoutWallet): readonly Write[] => [
  endRecord(wallet, present(wallet.ended, 'the end of a payout wallet that goes on')),
  {
    kind: 'delete',
    table: 'payments',
    key: currentPayoutWalletKey(wallet.organisationId, wallet.asset),
    condition: { equals: { id: wallet.id } },
  },
];

const endRecord = (wallet: PayoutWallet, { atMs, actor, reason }: PayoutWalletEnd): Write => ({
  kind: 'update',
  table: 'payments',
  key: payoutWalletKey(wallet.organisationId, wallet.id),
  set: { ended: { at_ms: atMs, actor, reason } },
  condition: { exists: true, missing: ['ended'] },
});

/** Holds a transaction to this being the wallet of now. */
export const isPayoutWallet = (wallet: PayoutWallet): Check => ({
  kind: 'check',
  table: 'payments',
  key: currentPayoutWalletKey(wallet.organisationId, wallet.asset),
  condition: { equals: { id: wallet.id } },
});

/** The wallet of now, whether it cools down or not. */
export const getPayoutWallet = async (
  database: Database,
  organisationId: string,
  asset: Token,
): Promise<PayoutWallet | undefined> => {
  const item = await database.get('payments', currentPayoutWalletKey(organisationId, asset));
  return item && parse(item);
};

/** The wallets of now of these organisations, in no order; at most 100. Without one, an organisation is left out. */
export const listCurrentPayoutWallets = async (
  database: Database,
  organisationIds: readonly string[],
  asset: Token,
): Promise<readonly PayoutWallet[]> => {
  if (organisationIds.length === 0) return [];
  const keys = organisationIds.map((id) => currentPayoutWalletKey(id, asset));
  return (await database.getMany('payments', keys)).map(parse);
};

/** The organisation's payout wallet with this id, of now or of before. */
export const findPayoutWallet = async (
  database: Database,
  organisationId: string,
  payoutWalletId: string,
): Promise<PayoutWallet | undefined> => {
  const item = await database.get('payments', payoutWalletKey(organisationId, payoutWalletId));
  return item && parse(item);
};

/** All that an organisation ever named, newest first. */
export const listPayoutWallets = async (
  database: Database,
  organisationId: string,
  page: { readonly limit: number; readonly cursor?: string | undefined },
) => {
  const found = await database.query('payments', {
    pk: payoutWalletsOf(organisationId),
    skPrefix: payoutWalletPrefix,
    descending: true,
    ...page,
  });
  return { wallets: found.items.map(parse), next: found.next };
};
