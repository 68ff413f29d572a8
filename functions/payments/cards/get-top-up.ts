/** GET /v1/top-ups/{top_up_id}: one top-up of the organisation. */
import { topUpToJson } from '../../../shared/payments/cards/top-up-schemas.ts';
import { requireTopUp } from '../../../shared/payments/cards/top-up-store.ts';
import type { Call } from '../../kit/route.ts';
import type { Runtime } from '../../kit/runtime.ts';

export const getTopUp = async (
  needs: Pick<Runtime, 'database'>,
  call: Call<'key', { readonly top_up_id: string }, unknown, unknown>,
) =>
  topUpToJson(
    await requireTopUp(needs.database, call.caller.organisationId, call.params.top_up_id),
  );
