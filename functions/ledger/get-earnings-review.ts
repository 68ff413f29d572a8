/** GET /v1/ledger/earnings-reviews/{organisation_id}: what of it waits for the operator, and its version. */
import { earningAccount } from '../../shared/ledger/account.ts';
import { getAccount } from '../../shared/ledger/ledger-store.ts';
import { reviewToJson } from '../../shared/ledger/review-schemas.ts';
import type { Call } from '../kit/route.ts';
import type { Runtime } from '../kit/runtime.ts';

export const getEarningsReview = async (
  needs: Pick<Runtime, 'database'>,
  call: Call<'key', { readonly organisation_id: string }, unknown, unknown>,
) => {
  const account = earningAccount(call.params.organisation_id, 'review');
  return reviewToJson(await getAccount(needs.database, account));
};
