/** Keys of the market table. */
import type { Key } from '../core/database.ts';

export const pricePrefix = 'PRICE#';

/** A supplier's own price of one model. */
export const priceKey = (organisationId: string, model: string): Key => ({
  pk: `SUPPLIER#${organisationId}`,
  sk: `${pricePrefix}${model}`,
});

export const quoteKey = (quoteId: string): Key => ({ pk: `QUOTE#${quoteId}`, sk: 'QUOTE' });
