/** GET /v1/organisations: the operator's list of tenants. */
import { toList } from '../../shared/core/wire.ts';
import { listOrganisations as listAll } from '../../shared/identity/organisation-store.ts';
import { organisationToJson } from '../../shared/identity/schemas.ts';
import type { Call, PageQuery } from '../kit/route.ts';
import type { Runtime } from '../kit/runtime.ts';

export const listOrganisations = async (
  needs: Pick<Runtime, 'database'>,
  call: Call<'key_or_bootstrap', unknown, PageQuery, unknown>,
) => {
  const page = await listAll(needs.database, call.query);
  return toList(page.organisations.map(organisationToJson), page.next);
};
