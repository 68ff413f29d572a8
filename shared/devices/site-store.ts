/** Sites in the devices table: a supplier's declared private networks. */
import * as z from 'zod';
import type { Database, Item, Write } from '../core/database.ts';
import { storedId, wholeNumber } from '../core/field.ts';
import type { Id } from '../core/ids.ts';
import { regions } from '../market/regions.ts';
import { siteKey } from './keys.ts';
import type { Site } from './site.ts';

const stored = z.object({
  id: storedId<Id<'site'>>(),
  organisation_id: storedId<Id<'org'>>(),
  name: z.string(),
  region: z.enum(regions),
  created_at_ms: wholeNumber,
});

const parse = (item: Item): Site => {
  const row = stored.parse(item);
  return {
    id: row.id,
    organisationId: row.organisation_id,
    name: row.name,
    region: row.region,
    createdAtMs: row.created_at_ms,
  };
};

/** Creates the site unless it exists. */
export const putSite = (site: Site): Write => ({
  kind: 'put',
  table: 'devices',
  key: siteKey(site.id),
  attributes: {
    id: site.id,
    organisation_id: site.organisationId,
    name: site.name,
    region: site.region,
    created_at_ms: site.createdAtMs,
    owner: site.organisationId,
    owner_sk: `SITE#${site.id}`,
  },
  condition: { exists: false },
});

/** The site with this id. */
export const getSite = async (database: Database, siteId: string): Promise<Site | undefined> => {
  const item = await database.get('devices', siteKey(siteId));
  return item && parse(item);
};

/** Sites of an organisation, newest first. */
export const listSites = async (
  database: Database,
  organisationId: string,
  page: { readonly limit: number; readonly cursor?: string | undefined },
) => {
  const found = await database.query('devices', {
    index: 'by_owner',
    pk: organisationId,
    skPrefix: 'SITE#',
    descending: true,
    ...page,
  });
  return { sites: found.items.map(parse), next: found.next };
};
