/** POST /v1/sites: declares a private network that devices stand in. */
import type * as z from 'zod';
import { present } from '../../shared/core/assert.ts';
import { WriteRefused } from '../../shared/core/database.ts';
import { type createSiteSchema, siteToJson } from '../../shared/devices/schemas.ts';
import type { Site } from '../../shared/devices/site.ts';
import { getSite, putSite } from '../../shared/devices/site-store.ts';
import type { Call } from '../kit/route.ts';
import type { Runtime } from '../kit/runtime.ts';

export const createSite = async (
  needs: Pick<Runtime, 'database'>,
  call: Call<'key', unknown, unknown, z.output<typeof createSiteSchema>>,
) => {
  const site: Site = {
    id: call.newId('site'),
    organisationId: call.caller.organisationId,
    name: call.body.name,
    region: call.body.region,
    createdAtMs: call.nowMs,
  };
  try {
    await needs.database.write(putSite(site));
    return siteToJson(site);
  } catch (error) {
    if (!(error instanceof WriteRefused)) throw error;
    // The id is this attempt's own: an earlier run of the same request already made the site.
    return siteToJson(present(await getSite(needs.database, site.id), 'a site id was taken'));
  }
};
