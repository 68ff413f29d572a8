/** GET /v1/join-tokens: the organisation's join tokens, newest first, without their secrets. */
import { toList } from '../../shared/core/wire.ts';
import { listJoinTokens } from '../../shared/devices/join-token-store.ts';
import { joinTokenToJson } from '../../shared/devices/schemas.ts';
import type { Call, PageQuery } from '../kit/route.ts';
import type { Runtime } from '../kit/runtime.ts';

export const listOwnJoinTokens = async (
  needs: Pick<Runtime, 'database'>,
  call: Call<'key', unknown, PageQuery, unknown>,
) => {
  const page = await listJoinTokens(needs.database, call.caller.organisationId, call.query);
  return toList(page.tokens.map(joinTokenToJson), page.next);
};
