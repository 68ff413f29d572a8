/** Reads of the holds of sales of IO. Strongly consistent. */
import * as z from 'zod';
import type { Database, Item } from '../../core/database.ts';
import { assertHold } from '../held-credit.ts';
import { heldAttributes, heldOf } from '../held-store.ts';
import { holdKey } from '../keys.ts';
import { rebalancingTransferId, type SaleHold } from './rebalancing.ts';

const prefix = 'P#fx:';

const stored = z.object({ ...heldAttributes, pk: z.string().startsWith(prefix) });

/** The hold in a `P#fx:` item. */
export const parseSaleHold = (item: Item): SaleHold => {
  const row = stored.parse(item);
  const hold: SaleHold = {
    ...heldOf(row),
    account: 'fx:io',
    rebalancingId: row.pk.slice(prefix.length),
  };
  assertHold(hold);
  return hold;
};

/** What is held for a sale; undefined when nothing is, or ever was. */
export const getSaleHold = async (
  database: Database,
  rebalancingId: string,
): Promise<SaleHold | undefined> => {
  const item = await database.get('ledger', holdKey(rebalancingTransferId(rebalancingId)));
  return item && parseSaleHold(item);
};
