/** The matcher's rules by exhaustion: every subset of the devices is tried. For small cases only. */
import {
  deviceUnitsPerHour,
  isEligible,
  type Offer,
  pythonMinorOf,
} from '../../shared/market/offer.ts';
import type { Order } from '../../shared/market/order.ts';

const subsetsOf = (offers: readonly Offer[]): readonly (readonly Offer[])[] =>
  Array.from({ length: 2 ** offers.length }, (_, bits) =>
    offers.filter((_, at) => (bits >> at) & 1),
  );

const costOf = (offers: readonly Offer[]): bigint =>
  offers.reduce((sum, offer) => sum + deviceUnitsPerHour(offer), 0n);

const uniform = (offers: readonly Offer[]): boolean =>
  new Set(offers.map((o) => `${o.siteId} ${o.rayVersion} ${pythonMinorOf(o.pythonVersion)}`))
    .size === 1;

/** Whether the devices are exactly the ordered items. */
const fulfils = (order: Order, offers: readonly Offer[]): boolean =>
  offers.every(({ model }) => order.items.some((item) => item.model === model)) &&
  order.items.every(
    ({ model, count }) =>
      offers
        .filter((offer) => offer.model === model)
        .reduce((sum, offer) => sum + offer.processorCount, 0) === count,
  );

/** Least micro-USD per hour of any cluster that fulfils the order; undefined: there is none. */
export const leastUnitsPerHour = (order: Order, offers: readonly Offer[]): bigint | undefined => {
  const eligible = offers.filter((offer) => isEligible(offer, order));
  const costs = subsetsOf(eligible)
    .filter(uniform)
    .filter((devices) =>
      order.head === 'shared'
        ? fulfils(order, devices)
        : devices.some((head) =>
            fulfils(
              order,
              devices.filter((device) => device !== head),
            ),
          ),
    )
    .map(costOf);
  return costs.reduce<bigint | undefined>(
    (least, cost) => (least === undefined || cost < least ? cost : least),
    undefined,
  );
};
