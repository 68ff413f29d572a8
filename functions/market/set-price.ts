/** PUT /v1/prices: sets the organisation's price of one model; offers made from now on use it. */
import type * as z from 'zod';
import { WriteRefused } from '../../shared/core/database.ts';
import { AppError } from '../../shared/core/errors.ts';
import { getModel } from '../../shared/market/catalogue.ts';
import { isPriceInBounds } from '../../shared/market/price.ts';
import { getPrice, putPrice } from '../../shared/market/price-store.ts';
import { priceToJson, type setPriceSchema } from '../../shared/market/schemas.ts';
import type { Call } from '../kit/route.ts';
import { type CommitRuntime, commit } from '../kit/transaction.ts';

export const setPrice = async (
  needs: CommitRuntime,
  call: Call<'key', unknown, unknown, z.output<typeof setPriceSchema>>,
) => {
  const { organisationId } = call.caller;
  const { model } = call.body;
  if (!getModel(model)) throw new AppError('market.unknown_model');
  const unitsPerHour = BigInt(call.body.price_per_hour.amount);
  if (!isPriceInBounds(unitsPerHour)) throw new AppError('market.price_out_of_bounds');
  try {
    const price = { organisationId, model, unitsPerHour, updatedAtMs: call.nowMs };
    await commit(needs, [putPrice(price)]);
    return priceToJson({ model, unitsPerHour, source: 'own' });
  } catch (error) {
    if (!(error instanceof WriteRefused)) throw error;
    // A later request was faster: its price stands, and is what there is to answer.
    const later = await getPrice(needs.database, organisationId, model);
    return priceToJson({ model, unitsPerHour: later?.unitsPerHour ?? unitsPerHour, source: 'own' });
  }
};
