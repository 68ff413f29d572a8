/** POST /v1/api-keys: makes a key and shows its secret once. */
import type * as z from 'zod';
import { present } from '../../shared/core/assert.ts';
import { WriteRefused } from '../../shared/core/database.ts';
import { AppError } from '../../shared/core/errors.ts';
import { sha256Hex } from '../../shared/core/hash.ts';
import type { Id } from '../../shared/core/ids.ts';
import { type ApiKey, type KeyMode, newApiKeySecret } from '../../shared/identity/api-key.ts';
import { getApiKeyById, putApiKey } from '../../shared/identity/api-key-store.ts';
import { putAuditEvent } from '../../shared/identity/audit-store.ts';
import { requireOrganisation } from '../../shared/identity/organisation-store.ts';
import { actorOf } from '../../shared/identity/principal.ts';
import { apiKeyToJson, type createApiKeySchema } from '../../shared/identity/schemas.ts';
import type { Call } from '../kit/route.ts';
import { type CommitRuntime, commit } from '../kit/transaction.ts';
import { requireGrantable } from './grantable.ts';
import { isOperator } from './operator.ts';

type Body = z.output<typeof createApiKeySchema>;
type CreateCall = Call<'key_or_bootstrap', unknown, unknown, Body>;

export const createApiKey = async (
  needs: CommitRuntime & { readonly keyMode: KeyMode },
  call: CreateCall,
) => {
  const organisationId = organisationFor(call);
  await requireOrganisation(needs.database, organisationId);
  const scopes = requireGrantable(call.caller, call.body.role, call.body.scopes);
  const secret = newApiKeySecret(needs.keyMode, needs.randomness);
  const key: ApiKey = {
    id: call.newId('key'),
    organisationId,
    name: call.body.name,
    role: call.body.role,
    scopes,
    secretHash: sha256Hex(secret),
    lastFour: secret.slice(-4),
    createdAtMs: call.nowMs,
    expiresAtMs: expiryOf(call),
    revokedAtMs: null,
    lastUsedAtMs: null,
  };
  const audit = putAuditEvent({
    id: call.newId('adt'),
    organisationId,
    action: 'api_key.created',
    actor: actorOf(call.caller),
    target: key.id,
    requestId: call.requestId,
    atMs: call.nowMs,
  });
  try {
    await commit(needs, [...putApiKey(key), audit]);
    return { ...apiKeyToJson(key), secret };
  } catch (error) {
    if (!(error instanceof WriteRefused)) throw error;
    // The same attempt was committed before its answer was stored; its secret is gone for good.
    const made = present(await getApiKeyById(needs.database, key.id), 'a key id was taken');
    return { ...apiKeyToJson(made), secret: null };
  }
};

const organisationFor = (call: CreateCall): Id<'org'> => {
  const own = call.caller.kind === 'key' ? call.caller.organisationId : undefined;
  const asked = call.body.organisation_id ?? own;
  if (asked === undefined) {
    throw new AppError('request.malformed', {
      fields: [{ pointer: '/organisation_id', message: 'The bootstrap key has to name one.' }],
    });
  }
  if (asked !== own && !isOperator(call.caller)) throw new AppError('identity.not_found');
  return asked;
};

const expiryOf = (call: CreateCall): number | null => {
  if (call.body.expires_at === undefined) return null;
  const expiresAtMs = Date.parse(call.body.expires_at);
  if (expiresAtMs > call.nowMs) return expiresAtMs;
  throw new AppError('request.malformed', {
    fields: [{ pointer: '/expires_at', message: 'A time in the future.' }],
  });
};
