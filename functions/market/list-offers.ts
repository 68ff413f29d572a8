/** GET /v1/offers: what can be hired now, summed up per model, site and price. */
import type * as z from 'zod';
import { AppError } from '../../shared/core/errors.ts';
import { toList } from '../../shared/core/wire.ts';
import { getModel, models } from '../../shared/market/catalogue.ts';
import { summariseOffers } from '../../shared/market/offer-summary.ts';
import { type offerFilterSchema, offerSummaryToJson } from '../../shared/market/schemas.ts';
import type { Call } from '../kit/route.ts';
import type { Runtime } from '../kit/runtime.ts';
import { loadOffers } from './load-offers.ts';

export const listOffers = async (
  needs: Pick<Runtime, 'database' | 'stage'>,
  call: Call<'key', unknown, z.output<typeof offerFilterSchema>, unknown>,
) => {
  const { model, region, max_price, min_count, min_tier } = call.query;
  if (model !== undefined && !getModel(model)) throw new AppError('market.unknown_model');
  const asked = model === undefined ? models.map((known) => known.model) : [model];
  const offers = await loadOffers(needs.database, asked, call.nowMs);
  const summaries = summariseOffers(offers, {
    customer: { customerOrganisationId: call.caller.organisationId, stage: needs.stage },
    region,
    unitsPerHourMax: max_price === undefined ? undefined : BigInt(max_price),
    processorsMin: min_count,
    tierMin: min_tier,
  });
  return toList(summaries.map(offerSummaryToJson), undefined);
};
