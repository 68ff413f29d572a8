/** Messages for wallets to sign, in the requests table: kept for a day, spent once. */
import * as z from 'zod';
import type { Database, Item, Write } from '../core/database.ts';
import { storedId, wholeNumber } from '../core/field.ts';
import type { Id } from '../core/ids.ts';
import { dayMs, secondMs } from '../core/time.ts';
import { walletMessageKey } from './keys.ts';
import type { WalletMessage } from './wallet-message.ts';

const stored = z.object({
  id: storedId<Id<'wmg'>>(),
  address: z.string(),
  statement: z.string(),
  text: z.string(),
  created_at_ms: wholeNumber,
  message_expires_at_ms: wholeNumber,
  spent_at_ms: wholeNumber.optional(),
  spent_by: z.string().optional(),
});

const parse = (item: Item): WalletMessage => {
  const row = stored.parse(item);
  return {
    id: row.id,
    address: row.address,
    statement: row.statement,
    text: row.text,
    createdAtMs: row.created_at_ms,
    expiresAtMs: row.message_expires_at_ms,
    spent:
      row.spent_at_ms === undefined || row.spent_by === undefined
        ? null
        : { atMs: row.spent_at_ms, by: row.spent_by },
  };
};

/** Keeps a new message. It outlives its own end by a day: who is late is told why. */
export const putWalletMessage = (message: WalletMessage): Write => ({
  kind: 'put',
  table: 'requests',
  key: walletMessageKey(message.id),
  attributes: {
    id: message.id,
    address: message.address,
    statement: message.statement,
    text: message.text,
    created_at_ms: message.createdAtMs,
    message_expires_at_ms: message.expiresAtMs,
    expires_at_s: Math.floor((message.expiresAtMs + dayMs) / secondMs),
  },
  condition: { exists: false },
});

/** Holds only while nobody spent it. */
export const spendWalletMessage = (message: WalletMessage, by: string, nowMs: number): Write => ({
  kind: 'update',
  table: 'requests',
  key: walletMessageKey(message.id),
  set: { spent_at_ms: nowMs, spent_by: by },
  condition: { exists: true, missing: ['spent_at_ms'] },
});

/** The message, spent or not. */
export const getWalletMessage = async (
  database: Database,
  messageId: string,
): Promise<WalletMessage | undefined> => {
  const item = await database.get('requests', walletMessageKey(messageId));
  return item && parse(item);
};
