/**
 * Suppliers' prices: per processor model and hour, the same for all of a supplier's devices. Where a
 * supplier names none, the catalogue's default holds. A price is read when an offer is made: quotes
 * and running clusters keep the one that they were made with.
 */
import type { Id } from '../core/ids.ts';
import { getModel, models } from './catalogue.ts';

/** Bounds of a price, micro-USD per processor and hour: a tenth of a cent to 1000 dollars. */
export const priceUnitsMin = 1_000n;
export const priceUnitsMax = 1_000_000_000n;

/** Whether a supplier may ask so much. */
export const isPriceInBounds = (unitsPerHour: bigint): boolean =>
  unitsPerHour >= priceUnitsMin && unitsPerHour <= priceUnitsMax;

/** A price that a supplier named. */
export interface SupplierPrice {
  readonly organisationId: Id<'org'>;
  readonly model: string;
  /** Micro-USD per processor and hour. */
  readonly unitsPerHour: bigint;
  readonly updatedAtMs: number;
}

/** One row of a supplier's price table. */
export interface EffectivePrice {
  readonly model: string;
  /** Micro-USD per processor and hour. */
  readonly unitsPerHour: bigint;
  readonly source: 'default' | 'own';
}

/** What a supplier asks for a model; undefined when the catalogue does not know the model. */
export const effectivePrice = (
  model: string,
  own: SupplierPrice | undefined,
): EffectivePrice | undefined => {
  if (own !== undefined) return { model, unitsPerHour: own.unitsPerHour, source: 'own' };
  const known = getModel(model);
  return known && { model, unitsPerHour: known.defaultUnitsPerHour, source: 'default' };
};

/** A supplier's whole price table, in the catalogue's order. */
export const priceTable = (own: readonly SupplierPrice[]): readonly EffectivePrice[] => {
  const byModel = new Map(own.map((price) => [price.model, price]));
  return models.flatMap(({ model }) => effectivePrice(model, byModel.get(model)) ?? []);
};
