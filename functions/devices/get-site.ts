/** GET /v1/sites/{site_id}: one site of the organisation. */
import { siteToJson } from '../../shared/devices/schemas.ts';
import type { Call } from '../kit/route.ts';
import type { Runtime } from '../kit/runtime.ts';
import { requireSite } from './require-site.ts';

export const getOwnSite = async (
  needs: Pick<Runtime, 'database'>,
  call: Call<'key', { readonly site_id: string }, unknown, unknown>,
) => siteToJson(await requireSite(needs.database, call.caller, call.params.site_id));
