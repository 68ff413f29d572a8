/** GET /v1/top-ups: the organisation's top-ups, newest first. */
import { toList } from '../../../shared/core/wire.ts';
import { topUpToJson } from '../../../shared/payments/cards/top-up-schemas.ts';
import { listTopUpsByOrganisation } from '../../../shared/payments/cards/top-up-store.ts';
import type { Call, PageQuery } from '../../kit/route.ts';
import type { Runtime } from '../../kit/runtime.ts';

export const listTopUps = async (
  needs: Pick<Runtime, 'database'>,
  call: Call<'key', unknown, PageQuery, unknown>,
) => {
  const { organisationId } = call.caller;
  const page = await listTopUpsByOrganisation(needs.database, organisationId, call.query);
  return toList(page.topUps.map(topUpToJson), page.next);
};
