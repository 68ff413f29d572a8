/** What the last check of the treasury found: one item in the payments table, written by that check alone. */
import * as z from 'zod';
import type { Token } from '../../core/chain.ts';
import type { Database, Write } from '../../core/database.ts';
import { units, wholeNumber } from '../../core/field.ts';
import { treasuryKey } from '../keys.ts';
import { type Custody, type Treasury, treasuryProblems } from './treasury.ts';

const storedCustody = z.object({
  mint: z.string(),
  account: z.string(),
  held_units: units,
  slot: units,
  booked_units: units,
  unposted_units: units,
  differs_since_ms: wholeNumber.nullable(),
});

const stored = z.object({
  wallet: z.string(),
  usdc: storedCustody,
  io: storedCustody,
  lamports: units,
  io_supply_units: units.nullable().default(null),
  debts: z.object({ units, organisations: wholeNumber }),
  payouts: z
    .object({ count: wholeNumber, units, oldest_ms: wholeNumber.nullable() })
    .default({ count: 0, units: 0n, oldest_ms: null }),
  oldest_suspense_ms: wholeNumber.nullable().default(null),
  problems: z.array(
    z.object({
      code: z.enum(treasuryProblems),
      token: z.enum(['usdc', 'io']).nullable(),
      says: z.string(),
    }),
  ),
  checked_at_ms: wholeNumber,
});

const rowOf = ({ tokens, custody }: Treasury, token: Token) => ({
  mint: tokens[token].mint,
  account: tokens[token].account,
  held_units: custody[token].heldUnits,
  slot: custody[token].slot,
  booked_units: custody[token].bookedUnits,
  unposted_units: custody[token].unpostedUnits,
  differs_since_ms: custody[token].differsSinceMs,
});

const custodyOf = (row: z.output<typeof storedCustody>): Custody => ({
  heldUnits: row.held_units,
  slot: row.slot,
  bookedUnits: row.booked_units,
  unpostedUnits: row.unposted_units,
  differsSinceMs: row.differs_since_ms,
});

/** Puts what was found, in place of what was found before. */
export const putTreasury = (treasury: Treasury): Write => ({
  kind: 'put',
  table: 'payments',
  key: treasuryKey,
  attributes: {
    wallet: treasury.wallet,
    usdc: rowOf(treasury, 'usdc'),
    io: rowOf(treasury, 'io'),
    lamports: treasury.lamports,
    io_supply_units: treasury.ioSupplyUnits,
    debts: { units: treasury.debts.units, organisations: treasury.debts.organisations },
    payouts: {
      count: treasury.payouts.count,
      units: treasury.payouts.units,
      oldest_ms: treasury.payouts.oldestMs,
    },
    oldest_suspense_ms: treasury.oldestSuspenseMs,
    problems: treasury.problems.map(({ code, token, says }) => ({ code, token, says })),
    checked_at_ms: treasury.checkedAtMs,
  },
  condition: {},
});

/** Undefined before the first check: there is no chain here. */
export const getTreasury = async (database: Database): Promise<Treasury | undefined> => {
  const item = await database.get('payments', treasuryKey);
  if (!item) return undefined;
  const row = stored.parse(item);
  const placeOf = ({ mint, account }: z.output<typeof storedCustody>) => ({ mint, account });
  return {
    wallet: row.wallet,
    tokens: { usdc: placeOf(row.usdc), io: placeOf(row.io) },
    lamports: row.lamports,
    ioSupplyUnits: row.io_supply_units,
    custody: { usdc: custodyOf(row.usdc), io: custodyOf(row.io) },
    debts: row.debts,
    payouts: {
      count: row.payouts.count,
      units: row.payouts.units,
      oldestMs: row.payouts.oldest_ms,
    },
    oldestSuspenseMs: row.oldest_suspense_ms,
    problems: row.problems,
    checkedAtMs: row.checked_at_ms,
  };
};
