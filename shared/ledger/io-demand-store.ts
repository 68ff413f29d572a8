/**
 * The IO demand of each month: a line per payment, which says that it was counted, and the sum beside it in
 * one transaction. Written by the stream's consumer, some seconds after the payments.
 */
import * as z from 'zod';
import type { Database, Write } from '../core/database.ts';
import { units, wholeNumber } from '../core/field.ts';
import { type DemandLine, type IoDemand, noDemand } from './io-demand.ts';
import { demandLineKey, demandSumKey } from './keys.ts';
import type { Month } from './statement.ts';

/** Counts the payment unless it was; the first write is the one that says so. */
export const countDemand = (line: DemandLine): readonly Write[] => {
  const { transferId, month, creditUnits, ioUnits } = line;
  const added =
    ioUnits === undefined
      ? { unpriced_units: creditUnits, unpriced_payments: 1n }
      : { io_units: ioUnits, priced_units: creditUnits, priced_payments: 1n };
  return [
    {
      kind: 'put',
      table: 'ledger',
      key: demandLineKey(month, transferId),
      attributes: { credit_units: creditUnits, io_units: ioUnits },
      condition: { exists: false },
    },
    { kind: 'update', table: 'ledger', key: demandSumKey(month), add: added, condition: {} },
  ];
};

const stored = z.object({
  io_units: units.default(0n),
  priced_units: units.default(0n),
  unpriced_units: units.default(0n),
  priced_payments: wholeNumber.default(0),
  unpriced_payments: wholeNumber.default(0),
});

/** What the month adds up to so far. */
export const getDemand = async (database: Database, month: Month): Promise<IoDemand> => {
  const item = await database.get('ledger', demandSumKey(month));
  if (!item) return noDemand;
  const row = stored.parse(item);
  return {
    ioUnits: row.io_units,
    pricedUnits: row.priced_units,
    unpricedUnits: row.unpriced_units,
    pricedPayments: row.priced_payments,
    unpricedPayments: row.unpriced_payments,
  };
};
