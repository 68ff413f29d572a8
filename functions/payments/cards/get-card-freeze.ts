/** GET /v1/card-freezes/{organisation_id}: whether an organisation's cards are frozen, and why. */
import { AppError } from '../../../shared/core/errors.ts';
import { getCardAccount } from '../../../shared/payments/cards/card-account-store.ts';
import { cardFreezeToJson } from '../../../shared/payments/cards/card-freeze-schemas.ts';
import type { Call } from '../../kit/route.ts';
import type { Runtime } from '../../kit/runtime.ts';

export const getCardFreeze = async (
  needs: Pick<Runtime, 'database'>,
  call: Call<'key', { readonly organisation_id: string }, unknown, unknown>,
) => {
  const account = await getCardAccount(needs.database, call.params.organisation_id);
  const freeze = cardFreezeToJson(account);
  if (!freeze) throw new AppError('card_freeze.not_found');
  return freeze;
};
