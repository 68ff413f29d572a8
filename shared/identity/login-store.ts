/** Logins in the requests table, found by the hash of their secret; they vanish some time after their end. */
import * as z from 'zod';
import type { Database, Item, Write } from '../core/database.ts';
import { storedId, wholeNumber } from '../core/field.ts';
import type { Id } from '../core/ids.ts';
import { secondMs } from '../core/time.ts';
import { loginKey } from './keys.ts';
import type { Login } from './login.ts';

const stored = z.object({
  id: storedId<Id<'lgn'>>(),
  wallet_id: storedId<Id<'wal'>>(),
  address: z.string(),
  secret_hash: z.string(),
  created_at_ms: wholeNumber,
  login_expires_at_ms: wholeNumber,
});

const parse = (item: Item): Login => {
  const row = stored.parse(item);
  return {
    id: row.id,
    walletId: row.wallet_id,
    address: row.address,
    secretHash: row.secret_hash,
    createdAtMs: row.created_at_ms,
    expiresAtMs: row.login_expires_at_ms,
  };
};

/** Opens a login; its secret must be new. */
export const putLogin = (login: Login): Write => ({
  kind: 'put',
  table: 'requests',
  key: loginKey(login.secretHash),
  attributes: {
    id: login.id,
    wallet_id: login.walletId,
    address: login.address,
    secret_hash: login.secretHash,
    created_at_ms: login.createdAtMs,
    login_expires_at_ms: login.expiresAtMs,
    expires_at_s: Math.ceil(login.expiresAtMs / secondMs),
  },
  condition: { exists: false },
});

/** Ends a login at once; again is nothing. */
export const deleteLogin = (secretHash: string): Write => ({
  kind: 'delete',
  table: 'requests',
  key: loginKey(secretHash),
  condition: {},
});

/** The login with this secret, open or not. */
export const getLogin = async (
  database: Database,
  secretHash: string,
): Promise<Login | undefined> => {
  const item = await database.get('requests', loginKey(secretHash));
  return item && parse(item);
};
