/** POST /v1/join-tokens/{join_token_id}/revoke: ends a token at once; again is the same answer. */
import { present } from '../../shared/core/assert.ts';
import { WriteRefused } from '../../shared/core/database.ts';
import { AppError } from '../../shared/core/errors.ts';
import { getJoinTokenById, revokeJoinToken } from '../../shared/devices/join-token-store.ts';
import { joinTokenToJson } from '../../shared/devices/schemas.ts';
import type { Call } from '../kit/route.ts';
import type { Runtime } from '../kit/runtime.ts';

export const revokeOwnJoinToken = async (
  needs: Pick<Runtime, 'database'>,
  call: Call<'key', { readonly join_token_id: string }, unknown, unknown>,
) => {
  const token = await getJoinTokenById(needs.database, call.params.join_token_id);
  if (token?.organisationId !== call.caller.organisationId) {
    throw new AppError('join_token.not_found');
  }
  try {
    await needs.database.write(revokeJoinToken(token, call.nowMs));
  } catch (error) {
    // Its condition failed: it was revoked before, which is what was asked for.
    if (!(error instanceof WriteRefused)) throw error;
  }
  const revoked = await getJoinTokenById(needs.database, token.id);
  return joinTokenToJson(present(revoked, 'a join token vanished'));
};
