/** GET /v1/ledger/earnings-reviews: whose earnings wait for the operator. */
import { toList } from '../../shared/core/wire.ts';
import { listInReview } from '../../shared/ledger/ledger-store.ts';
import { reviewToJson } from '../../shared/ledger/review-schemas.ts';
import type { Call, PageQuery } from '../kit/route.ts';
import type { Runtime } from '../kit/runtime.ts';

export const listEarningsReviews = async (
  needs: Pick<Runtime, 'database'>,
  call: Call<'key', unknown, PageQuery, unknown>,
) => {
  const { accounts, next } = await listInReview(needs.database, call.query);
  return toList(accounts.map(reviewToJson), next);
};
