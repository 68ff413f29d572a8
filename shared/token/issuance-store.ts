/**
 * Issuances and their state in the payments table. Every write is conditioned on the version before it, so of
 * two workers one goes on and the other looks again. Nothing of it is ever deleted.
 */
import * as z from 'zod';
import type { Check, Database, Write } from '../core/database.ts';
import { units, wholeNumber } from '../core/field.ts';
import {
  type Issuance,
  type IssuanceId,
  type IssuanceState,
  issuanceStatuses,
} from './issuance.ts';
import { issuanceKey, issuanceStateKey } from './keys.ts';

const storedId = z.custom<IssuanceId>(
  (value) => typeof value === 'string' && /^(genesis|mint:\d+)$/.test(value),
);

const stored = z.object({
  id: storedId,
  day: wholeNumber.nullable(),
  mint: z.string(),
  status: z.enum(issuanceStatuses),
  receipts: z.array(z.object({ wallet: z.string(), token_account: z.string(), units })),
  memo: z.string(),
  attempts: wholeNumber,
  chain_id: z.string().nullable(),
  opened_at_ms: wholeNumber,
  done_at_ms: wholeNumber.nullable(),
  v: wholeNumber,
});

const versionBefore = (version: number) =>
  version === 1 ? { exists: false } : { equals: { v: version - 1 } };

/** Puts the issuance over the version before it; the first one where there is none. */
export const putIssuance = (issuance: Issuance): Write => ({
  kind: 'put',
  table: 'payments',
  key: issuanceKey(issuance.id),
  attributes: {
    id: issuance.id,
    day: issuance.day,
    mint: issuance.mint,
    status: issuance.status,
    receipts: issuance.receipts.map(({ wallet, tokenAccount, units: received }) => ({
      wallet,
      token_account: tokenAccount,
      units: received,
    })),
    memo: issuance.memo,
    attempts: issuance.attempts,
    chain_id: issuance.signature,
    opened_at_ms: issuance.openedAtMs,
    done_at_ms: issuance.doneAtMs,
    v: issuance.version,
  },
  condition: versionBefore(issuance.version),
});

export const getIssuance = async (
  database: Database,
  id: IssuanceId,
): Promise<Issuance | undefined> => {
  const item = await database.get('payments', issuanceKey(id));
  if (!item) return undefined;
  const row = stored.parse(item);
  return {
    ...{ id: row.id, day: row.day, mint: row.mint, status: row.status, memo: row.memo },
    receipts: row.receipts.map((receipt) => ({
      wallet: receipt.wallet,
      tokenAccount: receipt.token_account,
      units: receipt.units,
    })),
    ...{ attempts: row.attempts, signature: row.chain_id, version: row.v },
    ...{ openedAtMs: row.opened_at_ms, doneAtMs: row.done_at_ms },
  };
};

const storedState = z.object({
  mint: z.string(),
  open_id: storedId.nullable(),
  genesis_done: z.boolean(),
  days_minted: wholeNumber,
  gross_units: units,
  v: wholeNumber,
});

/** Puts the state over the version before it; the first one where there is none. */
export const putIssuanceState = (state: IssuanceState): Write => ({
  kind: 'put',
  table: 'payments',
  key: issuanceStateKey,
  attributes: {
    mint: state.mint,
    open_id: state.openId,
    genesis_done: state.isGenesisDone,
    days_minted: state.daysMinted,
    gross_units: state.grossUnits,
    v: state.version,
  },
  condition: versionBefore(state.version),
});

/** Undefined until genesis was ordered. */
export const getIssuanceState = async (database: Database): Promise<IssuanceState | undefined> => {
  const item = await database.get('payments', issuanceStateKey);
  if (!item) return undefined;
  const row = storedState.parse(item);
  return {
    ...{ mint: row.mint, openId: row.open_id, isGenesisDone: row.genesis_done },
    ...{ daysMinted: row.days_minted, grossUnits: row.gross_units, version: row.v },
  };
};

/** Holds a transaction to the issuance being the one that is under way. */
export const isUnderWay = (id: IssuanceId): Check => ({
  kind: 'check',
  table: 'payments',
  key: issuanceStateKey,
  condition: { equals: { open_id: id } },
});

/** The issuance that is under way; undefined: none is. */
export const getOpenIssuance = async (database: Database): Promise<Issuance | undefined> => {
  const openId = (await getIssuanceState(database))?.openId;
  return openId == null ? undefined : getIssuance(database, openId);
};
