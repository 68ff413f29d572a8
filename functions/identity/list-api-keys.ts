/** GET /v1/api-keys: the organisation's keys, without their secrets. */
import { toList } from '../../shared/core/wire.ts';
import { listApiKeys as listKeys } from '../../shared/identity/api-key-store.ts';
import { apiKeyToJson } from '../../shared/identity/schemas.ts';
import type { Call, PageQuery } from '../kit/route.ts';
import type { Runtime } from '../kit/runtime.ts';

export const listApiKeys = async (
  needs: Pick<Runtime, 'database'>,
  call: Call<'key', unknown, PageQuery, unknown>,
) => {
  const page = await listKeys(needs.database, call.caller.organisationId, call.query);
  return toList(page.keys.map(apiKeyToJson), page.next);
};
