/**
 * Our own transactions on chain. Each is written before it is sent, so that whoever reads the chain knows
 * that what it moved is posted by somebody else, and credits nobody for it. Never changed, never deleted.
 */
import * as z from 'zod';
import type { Database, Item, Put } from '../../core/database.ts';
import { wholeNumber } from '../../core/field.ts';
import { ownTransactionKey } from '../keys.ts';
import { type OwnTransaction, ownPurposes } from './own-transaction.ts';

/** Writes it down, to be committed before it is sent. Condition: it is not there. */
export const putOwnTransaction = (own: OwnTransaction): Put => ({
  kind: 'put',
  table: 'ledger',
  key: ownTransactionKey(own.signature),
  attributes: { purpose: own.purpose, subject_id: own.subjectId, at_ms: own.atMs },
  condition: { exists: false },
});

const stored = z.object({
  pk: z.string().startsWith('SIG#'),
  purpose: z.enum(ownPurposes),
  subject_id: z.string(),
  at_ms: wholeNumber,
});

/** The transaction in a `SIG#` item. */
export const parseOwnTransaction = (item: Item): OwnTransaction => {
  const row = stored.parse(item);
  return {
    signature: row.pk.slice('SIG#'.length),
    purpose: row.purpose,
    subjectId: row.subject_id,
    atMs: row.at_ms,
  };
};

/** Strongly consistent; undefined for a transaction that is not ours. */
export const getOwnTransaction = async (
  database: Database,
  signature: string,
): Promise<OwnTransaction | undefined> => {
  const item = await database.get('ledger', ownTransactionKey(signature));
  return item && parseOwnTransaction(item);
};
