/** Reads of the holds of sales of IO. Strongly consistent. */
import * as z from 'zod';
import type { Database, Item } from '../../core/database.ts';
import { units, wholeNumber } from '../../core/field.ts';
import { assertHold } from '../held-credit.ts';
import { holdKey } from '../keys.ts';
import { rebalancingTransferId, type SaleHold } from './rebalancing.ts';

const prefix = 'P#fx:';

const stored = z.object({
  pk: z.string().startsWith(prefix),
  amount: units,
  left: units,
  posted: units,
  released: units,
  state: z.enum(['open', 'closed', 'void']),
  v: wholeNumber,
  opened_at_ms: wholeNumber,
});

/** The hold in a `P#fx:` item. */
export const parseSaleHold = (item: Item): SaleHold => {
  const row = stored.parse(item);
  const hold: SaleHold = {
    id: row.pk.slice('P#'.length),
    account: 'fx:io',
    rebalancingId: row.pk.slice(prefix.length),
    amount: row.amount,
    left: row.left,
    posted: row.posted,
    released: row.released,
    state: row.state,
    version: row.v,
    openedAtMs: row.opened_at_ms,
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
