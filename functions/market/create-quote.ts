/** POST /v1/quotes: prices an order line by line and keeps the price for 15 minutes. */
import type * as z from 'zod';
import { WriteRefused } from '../../shared/core/database.ts';
import { AppError } from '../../shared/core/errors.ts';
import type { Id } from '../../shared/core/ids.ts';
import { getModel } from '../../shared/market/catalogue.ts';
import { planMatch } from '../../shared/market/matcher.ts';
import { devicesMax, devicesMin, modelsOfOrder, type Order } from '../../shared/market/order.ts';
import { priceMatch } from '../../shared/market/quote.ts';
import { putQuote, requireQuote } from '../../shared/market/quote-store.ts';
import { type createQuoteSchema, quoteToJson } from '../../shared/market/schemas.ts';
import type { Call } from '../kit/route.ts';
import type { Runtime } from '../kit/runtime.ts';
import { type CommitRuntime, commit } from '../kit/transaction.ts';
import { loadOffers } from './load-offers.ts';

type Body = z.output<typeof createQuoteSchema>;

export const createQuote = async (
  needs: CommitRuntime & Pick<Runtime, 'stage'>,
  call: Call<'key', unknown, unknown, Body>,
) => {
  const { nowMs, body } = call;
  const { organisationId } = call.caller;
  const order = orderOf(body, organisationId, needs.stage);
  requirePossible(order);
  const offers = await loadOffers(needs.database, modelsOfOrder(order), nowMs);
  const id = call.newId('quo');
  const plan = planMatch(order, offers, id);
  if (plan.outcome === 'no_capacity') {
    const { suggestion, reason, free } = plan;
    throw new AppError('market.no_capacity', { suggestion, extra: { reason, free } });
  }
  const { hours, proof_consent: proofConsent } = body;
  const quote = priceMatch({ id, order, hours, proofConsent, nowMs }, plan);
  try {
    await commit(needs, [putQuote(quote)]);
    return quoteToJson(quote, nowMs);
  } catch (error) {
    if (!(error instanceof WriteRefused)) throw error;
    // The same attempt was stored before its answer was: its price stands.
    return quoteToJson(await requireQuote(needs.database, organisationId, id), nowMs);
  }
};

const orderOf = (body: Body, customerOrganisationId: Id<'org'>, stage: string): Order => ({
  items: body.items,
  head: body.head,
  customerOrganisationId,
  stage,
  regions: body.regions ?? [],
  siteId: body.site ?? null,
  isolationMin: body.isolation_min,
  tierMin: body.tier_min,
  image: { ray: body.image.ray ?? null, python: body.image.python ?? null },
  unitsPerHourMax: body.max_price === undefined ? null : BigInt(body.max_price.amount),
});

const requirePossible = (order: Order): void => {
  const unknown = order.items.findIndex(({ model }) => !getModel(model));
  if (unknown >= 0) {
    throw new AppError('market.unknown_model', {
      fields: [{ pointer: `/items/${unknown}/model`, message: 'not in the catalogue' }],
    });
  }
  if (devicesMin(order) > devicesMax) throw new AppError('market.too_many_devices');
};
