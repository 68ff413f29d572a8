/** What a customer orders, and the bounds of an order. */
import { getModel } from './catalogue.ts';
import type { OfferFilters } from './offer.ts';

/** Most devices of one cluster, its own head included. */
export const devicesMax = 64;
/** Most GPUs that one device may have. */
export const processorsPerDeviceMax = 16;
/** Most items of one order. */
export const itemsMax = 8;

/** So many processors of one model. */
export interface OrderItem {
  readonly model: string;
  readonly count: number;
}

/** What a customer wants. */
export interface Order extends OfferFilters {
  /** 1 to 8, each model once. */
  readonly items: readonly OrderItem[];
  /** `own`: a device beside the items runs the head alone; `shared`: the first worker is also head. */
  readonly head: 'own' | 'shared';
  /** Most that the whole cluster may cost per hour, micro-USD; null: no limit. */
  readonly unitsPerHourMax: bigint | null;
}

/** What a head of its own may run on, beside devices of the ordered models. */
const modelsForHeads = ['x86-64 CPU', 'arm64 CPU', 'Ryzen'] as const;

/** The models whose offers can matter to an order. */
export const modelsOfOrder = ({
  items,
  head,
}: Pick<Order, 'items' | 'head'>): readonly string[] => {
  const ordered = items.map(({ model }) => model);
  return head === 'own' ? [...new Set([...ordered, ...modelsForHeads])] : ordered;
};

/** Fewest devices that could make up an order; above 64 it is impossible whatever is free. */
export const devicesMin = (order: Pick<Order, 'items' | 'head'>): number =>
  order.items.reduce(
    (devices, { model, count }) => {
      const perDevice = getModel(model)?.kind === 'cpu' ? 1 : processorsPerDeviceMax;
      return devices + Math.ceil(count / perDevice);
    },
    order.head === 'own' ? 1 : 0,
  );
