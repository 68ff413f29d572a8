/** How every hold stands in the ledger's table; what its own kind keeps beside is read by that kind's store. */
import * as z from 'zod';
import { units, wholeNumber } from '../core/field.ts';
import type { HeldUnits } from './held-credit.ts';

/** The attributes of a `P#` item that all kinds have. */
export const heldAttributes = {
  pk: z.string().startsWith('P#'),
  amount: units,
  left: units,
  posted: units,
  released: units,
  state: z.enum(['open', 'closed', 'void']),
  v: wholeNumber,
  opened_at_ms: wholeNumber,
};

const heldRow = z.object(heldAttributes);

/** What they say. */
export const heldOf = (row: z.output<typeof heldRow>): Omit<HeldUnits, 'account'> => ({
  id: row.pk.slice('P#'.length),
  amount: row.amount,
  left: row.left,
  posted: row.posted,
  released: row.released,
  state: row.state,
  version: row.v,
  openedAtMs: row.opened_at_ms,
});
