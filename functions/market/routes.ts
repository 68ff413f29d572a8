/** The market endpoints: catalogue, suppliers' prices, offers, quotes. */
import * as z from 'zod';
import { idSchema } from '../../shared/core/ids.ts';
import { emptySchema, listOf } from '../../shared/core/wire.ts';
import {
  createQuoteSchema,
  hardwareModelSchema,
  offerFilterSchema,
  offerSchema,
  priceSchema,
  quoteSchema,
  setPriceSchema,
} from '../../shared/market/schemas.ts';
import { type Route, route } from '../kit/route.ts';
import type { Runtime } from '../kit/runtime.ts';
import { createQuote } from './create-quote.ts';
import { getQuote } from './get-quote.ts';
import { listHardware } from './list-hardware.ts';
import { listOffers } from './list-offers.ts';
import { listPrices } from './list-prices.ts';
import { setPrice } from './set-price.ts';

export const marketRoutes: readonly Route<Runtime>[] = [
  route({
    name: 'listHardware',
    method: 'GET',
    path: '/v1/hardware',
    summary: 'Lists the processor models that the network knows.',
    authentication: 'key',
    scope: 'market:read',
    params: emptySchema,
    query: emptySchema,
    body: emptySchema,
    answer: listOf(hardwareModelSchema),
    status: 200,
    errors: [],
    handle: listHardware,
  }),
  route({
    name: 'listPrices',
    method: 'GET',
    path: '/v1/prices',
    summary: "Lists what the organisation's own devices cost, for every model.",
    authentication: 'key',
    scope: 'market:read',
    params: emptySchema,
    query: emptySchema,
    body: emptySchema,
    answer: listOf(priceSchema),
    status: 200,
    errors: [],
    handle: listPrices,
  }),
  route({
    name: 'setPrice',
    method: 'PUT',
    path: '/v1/prices',
    summary: "Sets what the organisation's own devices of a model cost.",
    authentication: 'key',
    scope: 'prices:write',
    params: emptySchema,
    query: emptySchema,
    body: setPriceSchema,
    answer: priceSchema,
    status: 200,
    errors: ['market.unknown_model', 'market.price_out_of_bounds'],
    handle: setPrice,
  }),
  route({
    name: 'listOffers',
    method: 'GET',
    path: '/v1/offers',
    summary: 'Lists what can be hired now, per model and site.',
    authentication: 'key',
    scope: 'market:read',
    params: emptySchema,
    query: offerFilterSchema,
    body: emptySchema,
    answer: listOf(offerSchema),
    status: 200,
    errors: ['market.unknown_model'],
    handle: listOffers,
  }),
  route({
    name: 'createQuote',
    method: 'POST',
    path: '/v1/quotes',
    summary: 'Prices a cluster and keeps the price for 15 minutes.',
    authentication: 'key',
    scope: 'quotes:write',
    params: emptySchema,
    query: emptySchema,
    body: createQuoteSchema,
    answer: quoteSchema,
    status: 201,
    errors: ['market.unknown_model', 'market.too_many_devices', 'market.no_capacity'],
    handle: createQuote,
  }),
  route({
    name: 'getQuote',
    method: 'GET',
    path: '/v1/quotes/{quote_id}',
    summary: "Shows one of the organisation's own quotes.",
    authentication: 'key',
    scope: 'quotes:write',
    params: z.strictObject({ quote_id: idSchema('quo') }),
    query: emptySchema,
    body: emptySchema,
    answer: quoteSchema,
    status: 200,
    errors: ['market.quote_not_found'],
    handle: getQuote,
  }),
];
