/** Suppliers' prices in the market table. */
import * as z from 'zod';
import type { Database, Item, Write } from '../core/database.ts';
import { storedId, units, wholeNumber } from '../core/field.ts';
import type { Id } from '../core/ids.ts';
import { models } from './catalogue.ts';
import { priceKey, pricePrefix } from './keys.ts';
import type { SupplierPrice } from './price.ts';

const stored = z.object({
  organisation_id: storedId<Id<'org'>>(),
  model: z.string(),
  units_per_hour: units,
  updated_at_ms: wholeNumber,
});

const parse = (item: Item): SupplierPrice => {
  const row = stored.parse(item);
  return {
    organisationId: row.organisation_id,
    model: row.model,
    unitsPerHour: row.units_per_hour,
    updatedAtMs: row.updated_at_ms,
  };
};

/** Sets the price; holds unless a later one stands already, so a delayed request changes nothing. */
export const putPrice = (price: SupplierPrice): Write => ({
  kind: 'put',
  table: 'market',
  key: priceKey(price.organisationId, price.model),
  attributes: {
    organisation_id: price.organisationId,
    model: price.model,
    units_per_hour: price.unitsPerHour,
    updated_at_ms: price.updatedAtMs,
  },
  condition: { anyOf: [{ exists: false }, { atMost: { updated_at_ms: price.updatedAtMs } }] },
});

/** The price that the supplier named for the model, if any. */
export const getPrice = async (
  database: Database,
  organisationId: string,
  model: string,
): Promise<SupplierPrice | undefined> => {
  const item = await database.get('market', priceKey(organisationId, model));
  return item && parse(item);
};

/** All prices that the supplier named. */
export const listPrices = async (
  database: Database,
  organisationId: string,
): Promise<readonly SupplierPrice[]> => {
  // One item per catalogue model at most; models that left the catalogue may add a few.
  const { items } = await database.query('market', {
    pk: priceKey(organisationId, '').pk,
    skPrefix: pricePrefix,
    limit: models.length * 2,
  });
  return items.map(parse);
};

/** The named prices of these pairs, in no particular order; any number of pairs. */
export const getPrices = async (
  database: Database,
  pairs: readonly { readonly organisationId: string; readonly model: string }[],
): Promise<readonly SupplierPrice[]> => {
  const prices: SupplierPrice[] = [];
  for (let start = 0; start < pairs.length; start += 100) {
    const keys = pairs.slice(start, start + 100);
    const items = await database.getMany(
      'market',
      keys.map(({ organisationId, model }) => priceKey(organisationId, model)),
    );
    prices.push(...items.map(parse));
  }
  return prices;
};
