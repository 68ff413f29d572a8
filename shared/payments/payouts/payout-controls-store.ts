/**
 * What an operator decides about payouts, in the payments table: whether they are stopped, and which wallets
 * get nothing; and what a supplier decides: whether it is paid out each day.
 */
import * as z from 'zod';
import type { Check, Database, Item, Write } from '../../core/database.ts';
import { wholeNumber } from '../../core/field.ts';
import { autoPayoutKey, autoPayouts, deniedWalletKey, payoutControlsKey } from './keys.ts';
import type { AutoPayout, DeniedWallet, PayoutControls } from './payout-controls.ts';

const storedControls = z.object({
  paused_for: z.string().optional(),
  changed_at_ms: wholeNumber,
  held_batch_id: z.string().optional(),
  v: wholeNumber,
});

export const getPayoutControls = async (database: Database): Promise<PayoutControls> => {
  const item = await database.get('payments', payoutControlsKey);
  if (!item) return { pausedFor: null, changedAtMs: null, heldBatchId: null, version: 0 };
  const row = storedControls.parse(item);
  return {
    pausedFor: row.paused_for ?? null,
    changedAtMs: row.changed_at_ms,
    heldBatchId: row.held_batch_id ?? null,
    version: row.v,
  };
};

/**
 * Stops payouts, for a reason, or lets them go on (null); `heldBatchId` is the batch that they are stopped for.
 * Letting them go on keeps it, stopping them for something else forgets it.
 */
export const putPayoutControls = (
  asRead: PayoutControls,
  pausedFor: string | null,
  nowMs: number,
  heldBatchId: string | null = pausedFor === null ? asRead.heldBatchId : null,
): Write => ({
  kind: 'put',
  table: 'payments',
  key: payoutControlsKey,
  attributes: {
    paused_for: pausedFor ?? undefined,
    changed_at_ms: nowMs,
    held_batch_id: heldBatchId ?? undefined,
    v: asRead.version + 1,
  },
  condition: asRead.version === 0 ? { exists: false } : { equals: { v: asRead.version } },
});

/** Holds a transaction to payouts not being stopped. */
export const payoutsRun = (): Check => ({
  kind: 'check',
  table: 'payments',
  key: payoutControlsKey,
  condition: { missing: ['paused_for'] },
});

const storedDenied = z.object({ sk: z.string(), reason: z.string(), denied_at_ms: wholeNumber });

const parseDenied = (item: Item): DeniedWallet => {
  const row = storedDenied.parse(item);
  return { address: row.sk, reason: row.reason, deniedAtMs: row.denied_at_ms };
};

export const putDeniedWallet = ({ address, reason, deniedAtMs }: DeniedWallet): Write => ({
  kind: 'put',
  table: 'payments',
  key: deniedWalletKey(address),
  attributes: { reason, denied_at_ms: deniedAtMs },
  condition: {},
});

export const deleteDeniedWallet = (address: string): Write => ({
  kind: 'delete',
  table: 'payments',
  key: deniedWalletKey(address),
  condition: {},
});

/** Those of the wallets that are denied; at most 100, none twice. */
export const listDeniedAmong = async (
  database: Database,
  addresses: readonly string[],
): Promise<readonly DeniedWallet[]> => {
  if (addresses.length === 0) return [];
  return (await database.getMany('payments', addresses.map(deniedWalletKey))).map(parseDenied);
};

const storedAuto = z.object({
  sk: z.string(),
  token: z.enum(['usdc', 'io']),
  changed_at_ms: wholeNumber,
});

const parseAuto = (item: Item): AutoPayout => {
  const row = storedAuto.parse(item);
  return { organisation: row.sk, token: row.token, changedAtMs: row.changed_at_ms };
};

export const getAutoPayout = async (
  database: Database,
  organisation: string,
): Promise<AutoPayout | undefined> => {
  const item = await database.get('payments', autoPayoutKey(organisation));
  return item && parseAuto(item);
};

export const putAutoPayout = (auto: AutoPayout): Write => ({
  kind: 'put',
  table: 'payments',
  key: autoPayoutKey(auto.organisation),
  attributes: { token: auto.token, changed_at_ms: auto.changedAtMs },
  condition: {},
});

export const deleteAutoPayout = (organisation: string): Write => ({
  kind: 'delete',
  table: 'payments',
  key: autoPayoutKey(organisation),
  condition: {},
});

/** Suppliers who are paid out each day, by organisation. */
export const listAutoPayouts = async (
  database: Database,
  page: { readonly limit: number; readonly cursor?: string | undefined },
): Promise<{ readonly autos: readonly AutoPayout[]; readonly next: string | undefined }> => {
  const found = await database.query('payments', { pk: autoPayouts, ...page });
  return { autos: found.items.map(parseAuto), next: found.next };
};
