/** POST /v1/join-tokens: makes a token that lets machines into a site, and shows it once. */
import type * as z from 'zod';
import { present } from '../../shared/core/assert.ts';
import { WriteRefused } from '../../shared/core/database.ts';
import { sha256Hex } from '../../shared/core/hash.ts';
import {
  type JoinToken,
  joinTokenEndMs,
  newJoinTokenSecret,
} from '../../shared/devices/join-token.ts';
import { getJoinTokenById, putJoinToken } from '../../shared/devices/join-token-store.ts';
import { type createJoinTokenSchema, joinTokenToJson } from '../../shared/devices/schemas.ts';
import type { Call } from '../kit/route.ts';
import { type CommitRuntime, commit } from '../kit/transaction.ts';
import { requireSite } from './require-site.ts';

export const createJoinToken = async (
  needs: CommitRuntime,
  call: Call<'key', unknown, unknown, z.output<typeof createJoinTokenSchema>>,
) => {
  const site = await requireSite(needs.database, call.caller, call.body.site_id);
  const secret = newJoinTokenSecret(needs.randomness);
  const token: JoinToken = {
    id: call.newId('jtk'),
    organisationId: site.organisationId,
    siteId: site.id,
    name: call.body.name,
    secretHash: sha256Hex(secret),
    lastFour: secret.slice(-4),
    usesMax: call.body.max_uses,
    uses: 0,
    createdAtMs: call.nowMs,
    expiresAtMs: joinTokenEndMs(call.nowMs, call.body.expires_in_hours),
    revokedAtMs: null,
  };
  try {
    await commit(needs, putJoinToken(token));
    return { ...joinTokenToJson(token), token: secret };
  } catch (error) {
    if (!(error instanceof WriteRefused)) throw error;
    // The same attempt was committed before its answer was stored; its secret is gone for good.
    const made = present(await getJoinTokenById(needs.database, token.id), 'a token id was taken');
    return { ...joinTokenToJson(made), token: null };
  }
};
