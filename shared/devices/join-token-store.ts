/** Join tokens in the devices table: found by secret hash, by id, and listed by organisation. */
import * as z from 'zod';
import type { Database, Item, Write } from '../core/database.ts';
import { storedId, wholeNumber } from '../core/field.ts';
import type { Id } from '../core/ids.ts';
import type { JoinToken } from './join-token.ts';
import { joinTokenKey, joinTokenPointerKey } from './keys.ts';

const stored = z.object({
  id: storedId<Id<'jtk'>>(),
  organisation_id: storedId<Id<'org'>>(),
  site_id: storedId<Id<'site'>>(),
  name: z.string(),
  secret_hash: z.string(),
  last_four: z.string(),
  uses_max: wholeNumber,
  uses: wholeNumber,
  created_at_ms: wholeNumber,
  expires_at_ms: wholeNumber,
  revoked_at_ms: wholeNumber.optional(),
});

const parse = (item: Item): JoinToken => {
  const row = stored.parse(item);
  return {
    id: row.id,
    organisationId: row.organisation_id,
    siteId: row.site_id,
    name: row.name,
    secretHash: row.secret_hash,
    lastFour: row.last_four,
    usesMax: row.uses_max,
    uses: row.uses,
    createdAtMs: row.created_at_ms,
    expiresAtMs: row.expires_at_ms,
    revokedAtMs: row.revoked_at_ms ?? null,
  };
};

/** Creates the token and the pointer from its id; both must be new. */
export const putJoinToken = (token: JoinToken): readonly Write[] => [
  {
    kind: 'put',
    table: 'devices',
    key: joinTokenKey(token.secretHash),
    attributes: {
      id: token.id,
      organisation_id: token.organisationId,
      site_id: token.siteId,
      name: token.name,
      secret_hash: token.secretHash,
      last_four: token.lastFour,
      uses_max: token.usesMax,
      uses: token.uses,
      created_at_ms: token.createdAtMs,
      expires_at_ms: token.expiresAtMs,
      revoked_at_ms: token.revokedAtMs ?? undefined,
      owner: token.organisationId,
      owner_sk: `JOIN#${token.id}`,
    },
    condition: { exists: false },
  },
  {
    kind: 'put',
    table: 'devices',
    key: joinTokenPointerKey(token.id),
    attributes: { secret_hash: token.secretHash },
    condition: { exists: false },
  },
];

/** Counts one use; holds while the token lets somebody in. */
export const redeemJoinToken = (token: JoinToken, nowMs: number): Write => ({
  kind: 'update',
  table: 'devices',
  key: joinTokenKey(token.secretHash),
  add: { uses: 1 },
  condition: {
    atMost: { uses: token.usesMax - 1 },
    atLeast: { expires_at_ms: nowMs + 1 },
    missing: ['revoked_at_ms'],
  },
});

/** Marks the token as revoked; holds only while it is not. */
export const revokeJoinToken = (token: JoinToken, nowMs: number): Write => ({
  kind: 'update',
  table: 'devices',
  key: joinTokenKey(token.secretHash),
  set: { revoked_at_ms: nowMs },
  condition: { exists: true, missing: ['revoked_at_ms'] },
});

/** The token with this secret, usable or not. */
export const getJoinTokenBySecretHash = async (
  database: Database,
  secretHash: string,
): Promise<JoinToken | undefined> => {
  const item = await database.get('devices', joinTokenKey(secretHash));
  return item && parse(item);
};

/** The token with this id, usable or not. */
export const getJoinTokenById = async (
  database: Database,
  tokenId: string,
): Promise<JoinToken | undefined> => {
  const pointer = await database.get('devices', joinTokenPointerKey(tokenId));
  const secretHash = pointer?.['secret_hash'];
  return typeof secretHash === 'string'
    ? getJoinTokenBySecretHash(database, secretHash)
    : undefined;
};

/** Tokens of an organisation, newest first. */
export const listJoinTokens = async (
  database: Database,
  organisationId: string,
  page: { readonly limit: number; readonly cursor?: string | undefined },
) => {
  const found = await database.query('devices', {
    index: 'by_owner',
    pk: organisationId,
    skPrefix: 'JOIN#',
    descending: true,
    ...page,
  });
  return { tokens: found.items.map(parse), next: found.next };
};
