/** GET /v1/sites: the organisation's sites, newest first. */
import { toList } from '../../shared/core/wire.ts';
import { siteToJson } from '../../shared/devices/schemas.ts';
import { listSites } from '../../shared/devices/site-store.ts';
import type { Call, PageQuery } from '../kit/route.ts';
import type { Runtime } from '../kit/runtime.ts';

export const listOwnSites = async (
  needs: Pick<Runtime, 'database'>,
  call: Call<'key', unknown, PageQuery, unknown>,
) => {
  const page = await listSites(needs.database, call.caller.organisationId, call.query);
  return toList(page.sites.map(siteToJson), page.next);
};
