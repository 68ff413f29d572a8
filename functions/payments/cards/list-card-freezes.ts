/** GET /v1/card-freezes: the organisations whose cards are frozen, for the operator. */
import { toList } from '../../../shared/core/wire.ts';
import { listFrozenAccounts } from '../../../shared/payments/cards/card-account-store.ts';
import { cardFreezeToJson } from '../../../shared/payments/cards/card-freeze-schemas.ts';
import type { Call, PageQuery } from '../../kit/route.ts';
import type { Runtime } from '../../kit/runtime.ts';

export const listCardFreezes = async (
  needs: Pick<Runtime, 'database'>,
  call: Call<'key', unknown, PageQuery, unknown>,
) => {
  const { accounts, next } = await listFrozenAccounts(needs.database, call.query);
  return toList(
    accounts.map(cardFreezeToJson).filter((freeze) => freeze !== undefined),
    next,
  );
};
