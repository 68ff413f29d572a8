/** POST /v1/api-keys/{key_id}/revoke: ends a key at once; again is the same answer. */
import { present } from '../../shared/core/assert.ts';
import { WriteRefused } from '../../shared/core/database.ts';
import { AppError } from '../../shared/core/errors.ts';
import { getApiKeyById, revokeApiKey as revoke } from '../../shared/identity/api-key-store.ts';
import { putAuditEvent } from '../../shared/identity/audit-store.ts';
import { actorOf } from '../../shared/identity/principal.ts';
import { apiKeyToJson } from '../../shared/identity/schemas.ts';
import type { Call } from '../kit/route.ts';
import { type CommitRuntime, commit } from '../kit/transaction.ts';

export const revokeApiKey = async (
  needs: CommitRuntime,
  call: Call<'key', { readonly key_id: string }, unknown, unknown>,
) => {
  const key = await getApiKeyById(needs.database, call.params.key_id);
  if (!key || key.organisationId !== call.caller.organisationId) {
    throw new AppError('identity.not_found');
  }
  if (key.revokedAtMs !== null) return apiKeyToJson(key);
  const audit = putAuditEvent({
    id: call.newId('adt'),
    organisationId: key.organisationId,
    action: 'api_key.revoked',
    actor: actorOf(call.caller),
    target: key.id,
    requestId: call.requestId,
    atMs: call.nowMs,
  });
  try {
    await commit(needs, [revoke(key, call.nowMs), audit]);
    return apiKeyToJson({ ...key, revokedAtMs: call.nowMs });
  } catch (error) {
    // Somebody else revoked it in between, which is what was asked for.
    if (!(error instanceof WriteRefused)) throw error;
    return apiKeyToJson(present(await getApiKeyById(needs.database, key.id), 'a key vanished'));
  }
};
