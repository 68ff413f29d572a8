/** The caller's own site; another tenant's answers exactly like one that does not exist. */
import type { Database } from '../../shared/core/database.ts';
import { AppError } from '../../shared/core/errors.ts';
import type { Site } from '../../shared/devices/site.ts';
import { getSite } from '../../shared/devices/site-store.ts';
import type { KeyPrincipal } from '../../shared/identity/principal.ts';

/** The site, or `site.not_found`. */
export const requireSite = async (
  database: Database,
  caller: KeyPrincipal,
  siteId: string,
): Promise<Site> => {
  const site = await getSite(database, siteId);
  if (site?.organisationId !== caller.organisationId) throw new AppError('site.not_found');
  return site;
};
