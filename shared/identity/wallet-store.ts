/** Wallets in the identity table: found by address and by id, listed by organisation. */
import * as z from 'zod';
import type { Token } from '../core/chain.ts';
import type { Database, Item, Write } from '../core/database.ts';
import { storedId, wholeNumber } from '../core/field.ts';
import type { Id } from '../core/ids.ts';
import { walletKey, walletPointerKey } from './keys.ts';
import { type Wallet, walletRoles } from './wallet.ts';

const stored = z.object({
  id: storedId<Id<'wal'>>(),
  organisation_id: storedId<Id<'org'>>(),
  address: z.string(),
  role: z.enum(walletRoles).optional(),
  payout_usdc: z.boolean().optional(),
  payout_io: z.boolean().optional(),
  created_at_ms: wholeNumber,
});

const payoutAttribute = (asset: Token) => `payout_${asset}` as const;
const assets: readonly Token[] = ['usdc', 'io'];

const parse = (item: Item): Wallet => {
  const row = stored.parse(item);
  return {
    id: row.id,
    organisationId: row.organisation_id,
    address: row.address,
    role: row.role ?? null,
    payouts: assets.filter((asset) => row[payoutAttribute(asset)] === true),
    createdAtMs: row.created_at_ms,
  };
};

const payoutsOf = (wallet: Wallet): Record<string, true> =>
  Object.fromEntries(wallet.payouts.map((asset) => [payoutAttribute(asset), true]));

/** Creates the wallet and the pointer from its id; nobody may have the address yet. */
export const putWallet = (wallet: Wallet): readonly Write[] => [
  {
    kind: 'put',
    table: 'identity',
    key: walletKey(wallet.address),
    attributes: {
      id: wallet.id,
      organisation_id: wallet.organisationId,
      address: wallet.address,
      role: wallet.role ?? undefined,
      ...payoutsOf(wallet),
      created_at_ms: wallet.createdAtMs,
      owner: wallet.organisationId,
      owner_sk: `WALLET#${wallet.id}`,
    },
    condition: { exists: false },
  },
  {
    kind: 'put',
    table: 'identity',
    key: walletPointerKey(wallet.id),
    attributes: { address: wallet.address },
    condition: { exists: false },
  },
];

/** Gives a registered wallet the role and the payouts that it shall have as well. */
export const updateWallet = (wallet: Wallet): Write => {
  const set = { ...(wallet.role === null ? {} : { role: wallet.role }), ...payoutsOf(wallet) };
  const base = { table: 'identity', key: walletKey(wallet.address) } as const;
  const condition = { equals: { id: wallet.id } };
  return Object.keys(set).length === 0
    ? { ...base, kind: 'check', condition }
    : { ...base, kind: 'update', set, condition };
};

/** The asset is not paid out to the wallet any more. */
export const endWalletPayout = (wallet: Pick<Wallet, 'id' | 'address'>, asset: Token): Write => ({
  kind: 'update',
  table: 'identity',
  key: walletKey(wallet.address),
  remove: [payoutAttribute(asset)],
  condition: { equals: { id: wallet.id } },
});

/** Takes the wallet away; holds only while nothing is paid out to it. */
export const deleteWallet = (wallet: Wallet): readonly Write[] => [
  {
    kind: 'delete',
    table: 'identity',
    key: walletKey(wallet.address),
    condition: { equals: { id: wallet.id }, missing: assets.map(payoutAttribute) },
  },
  {
    kind: 'delete',
    table: 'identity',
    key: walletPointerKey(wallet.id),
    condition: { exists: true },
  },
];

/** The wallet with this address. */
export const getWallet = async (
  database: Database,
  address: string,
): Promise<Wallet | undefined> => {
  const item = await database.get('identity', walletKey(address));
  return item && parse(item);
};

/** The organisation whose wallet this is; undefined: nobody's. What it sends is credited there. */
export const getWalletOwner = async (
  database: Database,
  address: string,
): Promise<Id<'org'> | undefined> => (await getWallet(database, address))?.organisationId;

/** The organisation's wallet with this id; undefined also when it is somebody else's. */
export const findWallet = async (
  database: Database,
  organisationId: string,
  walletId: string,
): Promise<Wallet | undefined> => {
  const pointer = await database.get('identity', walletPointerKey(walletId));
  const address = pointer?.['address'];
  const wallet = typeof address === 'string' ? await getWallet(database, address) : undefined;
  const isOurs = wallet?.id === walletId && wallet.organisationId === organisationId;
  return isOurs ? wallet : undefined;
};

/** Wallets of an organisation, newest first. */
export const listWallets = async (
  database: Database,
  organisationId: string,
  page: { readonly limit: number; readonly cursor?: string | undefined },
) => {
  const found = await database.query('identity', {
    index: 'by_owner',
    pk: organisationId,
    skPrefix: 'WALLET#',
    descending: true,
    ...page,
  });
  return { wallets: found.items.map(parse), next: found.next };
};
