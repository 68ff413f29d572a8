/** API keys in the identity table: found by secret hash, by id, and listed by organisation. */
import * as z from 'zod';
import type { Database, Item, Write } from '../core/database.ts';
import { storedId, wholeNumber } from '../core/field.ts';
import type { Id } from '../core/ids.ts';
import { hourMs } from '../core/time.ts';
import type { ApiKey } from './api-key.ts';
import { apiKeyKey, apiKeyPointerKey } from './keys.ts';
import { roles, scopes } from './permissions.ts';

const stored = z.object({
  id: storedId<Id<'key'>>(),
  organisation_id: storedId<Id<'org'>>(),
  name: z.string(),
  role: z.enum(roles),
  scopes: z.array(z.enum(scopes)),
  secret_hash: z.string(),
  last_four: z.string(),
  created_at_ms: wholeNumber,
  expires_at_ms: wholeNumber.optional(),
  revoked_at_ms: wholeNumber.optional(),
  last_used_at_ms: wholeNumber.optional(),
});

const parse = (item: Item): ApiKey => {
  const row = stored.parse(item);
  return {
    id: row.id,
    organisationId: row.organisation_id,
    name: row.name,
    role: row.role,
    scopes: row.scopes,
    secretHash: row.secret_hash,
    lastFour: row.last_four,
    createdAtMs: row.created_at_ms,
    expiresAtMs: row.expires_at_ms ?? null,
    revokedAtMs: row.revoked_at_ms ?? null,
    lastUsedAtMs: row.last_used_at_ms ?? null,
  };
};

/** Creates the key and the pointer from its id; both must be new. */
export const putApiKey = (key: ApiKey): readonly Write[] => [
  {
    kind: 'put',
    table: 'identity',
    key: apiKeyKey(key.secretHash),
    attributes: {
      id: key.id,
      organisation_id: key.organisationId,
      name: key.name,
      role: key.role,
      scopes: key.scopes,
      secret_hash: key.secretHash,
      last_four: key.lastFour,
      created_at_ms: key.createdAtMs,
      expires_at_ms: key.expiresAtMs ?? undefined,
      owner: key.organisationId,
      owner_sk: `KEY#${key.id}`,
    },
    condition: { exists: false },
  },
  {
    kind: 'put',
    table: 'identity',
    key: apiKeyPointerKey(key.id),
    attributes: { secret_hash: key.secretHash },
    condition: { exists: false },
  },
];

/** Marks the key as revoked; holds only while it is not. */
export const revokeApiKey = (key: ApiKey, nowMs: number): Write => ({
  kind: 'update',
  table: 'identity',
  key: apiKeyKey(key.secretHash),
  set: { revoked_at_ms: nowMs },
  condition: { exists: true, missing: ['revoked_at_ms'] },
});

/** The key with this secret, usable or not. */
export const getApiKeyBySecretHash = async (
  database: Database,
  secretHash: string,
): Promise<ApiKey | undefined> => {
  const item = await database.get('identity', apiKeyKey(secretHash));
  return item && parse(item);
};

/** The key with this id, usable or not. */
export const getApiKeyById = async (
  database: Database,
  keyId: string,
): Promise<ApiKey | undefined> => {
  const pointer = await database.get('identity', apiKeyPointerKey(keyId));
  const secretHash = pointer?.['secret_hash'];
  return typeof secretHash === 'string' ? getApiKeyBySecretHash(database, secretHash) : undefined;
};

/** Keys of an organisation, newest first. */
export const listApiKeys = async (
  database: Database,
  organisationId: string,
  page: { readonly limit: number; readonly cursor?: string | undefined },
) => {
  const found = await database.query('identity', {
    index: 'by_owner',
    pk: organisationId,
    skPrefix: 'KEY#',
    descending: true,
    ...page,
  });
  return { keys: found.items.map(parse), next: found.next };
};

/** Notes the use of a key, at most once an hour; answers the write, or nothing to write. */
export const noteApiKeyUse = (key: ApiKey, nowMs: number): Write | undefined => {
  if (key.lastUsedAtMs !== null && nowMs - key.lastUsedAtMs < hourMs) return undefined;
  return {
    kind: 'update',
    table: 'identity',
    key: apiKeyKey(key.secretHash),
    set: { last_used_at_ms: nowMs },
    condition: { exists: true },
  };
};
