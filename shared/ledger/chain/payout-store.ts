/**
 * Reads of the holds of payouts. Strongly consistent, both holds of one payout at one instant; what was read
 * is held to the same invariants as what is written.
 */
import * as z from 'zod';
import type { Database, Item } from '../../core/database.ts';
import { units, wholeNumber } from '../../core/field.ts';
import { assertHold } from '../held-credit.ts';
import { heldAttributes, heldOf } from '../held-store.ts';
import { holdKey } from '../keys.ts';
import {
  type PayoutHold,
  type PayoutHolds,
  type PayoutIoHold,
  payoutAccount,
  payoutIoId,
  payoutSources,
  payoutTransferId,
} from './payout-hold.ts';

const prefix = 'P#pay:';
const ioSuffix = ':io';

const storedHold = { ...heldAttributes, pk: z.string().startsWith(prefix) };

const storedPayoutHold = z.object({
  ...storedHold,
  organisation: z.string(),
  // Holds that are older than payouts of rewards do not say it.
  source: z.enum(payoutSources).default('earnings'),
  token: z.enum(['usdc', 'io']),
  fee_units: units,
});

const storedIoHold = z.object({
  ...storedHold,
  price_id: z.string(),
  nano_usd_per_io: units,
  price_at_ms: wholeNumber,
});

/** Whether the item is a hold of what a payout takes from its source. */
export const isPayoutHold = ({ pk }: Item): boolean =>
  pk.startsWith(prefix) && !pk.endsWith(ioSuffix);
/** Whether the item is a hold of our IO for a payout. */
export const isPayoutIoHold = ({ pk }: Item): boolean =>
  pk.startsWith(prefix) && pk.endsWith(ioSuffix);

/** The hold in a `P#pay:` item. */
export const parsePayoutHold = (item: Item): PayoutHold => {
  const row = storedPayoutHold.parse(item);
  const hold: PayoutHold = {
    ...heldOf(row),
    account: payoutAccount(row.source, row.organisation),
    organisation: row.organisation,
    payoutId: row.pk.slice(prefix.length),
    source: row.source,
    token: row.token,
    feeUnits: row.fee_units,
  };
  assertHold(hold);
  return hold;
};

/** The hold of IO in a `P#pay:…:io` item. */
export const parsePayoutIoHold = (item: Item): PayoutIoHold => {
  const row = storedIoHold.parse(item);
  const hold: PayoutIoHold = {
    ...heldOf(row),
    account: 'fx:io',
    payoutId: row.pk.slice(prefix.length, -ioSuffix.length),
    price: { id: row.price_id, nanoUsdPerIo: row.nano_usd_per_io, atMs: row.price_at_ms },
  };
  assertHold(hold);
  return hold;
};

/** What is held for a payout; undefined when nothing is, or ever was. */
export const getPayoutHolds = async (
  database: Database,
  payoutId: string,
): Promise<PayoutHolds | undefined> => {
  const keys = [holdKey(payoutTransferId(payoutId)), holdKey(payoutIoId(payoutId))];
  const [hold, ioHold] = await database.getTogether('ledger', keys);
  if (!hold) return undefined;
  return { hold: parsePayoutHold(hold), ioHold: ioHold && parsePayoutIoHold(ioHold) };
};
