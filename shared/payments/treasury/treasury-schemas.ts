/** What crosses the boundary of the operator's view of the treasury. */
import * as z from 'zod';
import type { Token } from '../../core/chain.ts';
import { moneySchema, moneyToJson, usd } from '../../core/money.ts';
import { isoOf, isoOrNull } from '../../core/time.ts';
import { pricedTokens } from '../../core/token-price.ts';
import { isoSchema } from '../../core/wire.ts';
import { differenceOf, isUsable, type Treasury, treasuryProblems } from './treasury.ts';

const tokenSchema = z.enum(['usdc', 'io']);

const custodySchema = z.strictObject({
  token: tokenSchema,
  mint: z.string(),
  /** Address of the treasury's token account. */
  account: z.string(),
  /** What the account held at the slot, finalized. */
  held: moneySchema,
  slot: z.string(),
  /** What the ledger said that it holds. */
  booked: moneySchema,
  /** Came or left and is not posted yet. */
  unposted: moneySchema,
  /** Held beyond both; negative: missing. */
  difference: moneySchema,
  differs_since: isoSchema.nullable(),
  /** What came and belongs to nobody yet. */
  suspense: moneySchema,
});

export const treasurySchema = z
  .strictObject({
    object: z.literal('treasury'),
    /** `blocked`: no money moves on Solana until the problems are gone. */
    status: z.enum(['sound', 'warned', 'blocked']),
    wallet: z.string(),
    /** Left for fees on the chain. */
    lamports: z.string(),
    custody: z.array(custodySchema),
    /** IO that conversions left with the platform, and what of it is held for payouts. */
    position: z.strictObject({ available: moneySchema, held: moneySchema }),
    debts: z.strictObject({ owed: moneySchema, organisations: z.int() }),
    /** Payouts that are neither paid nor failed, as of the check. */
    payouts_in_flight: z.strictObject({
      payouts: z.int(),
      amount: moneySchema,
      oldest_at: isoSchema.nullable(),
    }),
    /** When the oldest deposit that nobody has claimed was found, dust aside. */
    oldest_suspense_at: isoSchema.nullable(),
    problems: z.array(
      z.strictObject({
        code: z.enum(treasuryProblems),
        token: tokenSchema.nullable(),
        message: z.string(),
      }),
    ),
    checked_at: isoSchema,
  })
  .meta({ id: 'Treasury', description: 'What the platform holds on Solana, owes and is owed.' });

/** What the ledger says now, beside what the last check found; base units. */
interface Books {
  readonly suspense: Readonly<Record<Token, bigint>>;
  readonly position: { readonly available: bigint; readonly held: bigint };
}

/** USDC counts as dollars: the base units are the same. */
const moneyOf = (token: Token, units: bigint) =>
  moneyToJson(token === 'usdc' ? usd(units) : { asset: 'io', units });

export const treasuryToJson = (
  treasury: Treasury,
  { suspense, position }: Books,
): z.input<typeof treasurySchema> => {
  const { problems } = treasury;
  const isBlocked = !isUsable(problems);
  return {
    object: 'treasury',
    status: isBlocked ? 'blocked' : problems.length > 0 ? 'warned' : 'sound',
    wallet: treasury.wallet,
    lamports: treasury.lamports.toString(),
    custody: pricedTokens.map((token) => {
      const custody = treasury.custody[token];
      return {
        token,
        ...treasury.tokens[token],
        held: moneyOf(token, custody.heldUnits),
        slot: custody.slot.toString(),
        booked: moneyOf(token, custody.bookedUnits),
        unposted: moneyOf(token, custody.unpostedUnits),
        difference: moneyOf(token, differenceOf(custody)),
        differs_since: isoOrNull(custody.differsSinceMs),
        suspense: moneyOf(token, suspense[token]),
      };
    }),
    position: {
      available: moneyOf('io', position.available),
      held: moneyOf('io', position.held),
    },
    debts: {
      owed: moneyToJson(usd(treasury.debts.units)),
      organisations: treasury.debts.organisations,
    },
    payouts_in_flight: {
      payouts: treasury.payouts.count,
      amount: moneyToJson(usd(treasury.payouts.units)),
      oldest_at: isoOrNull(treasury.payouts.oldestMs),
    },
    oldest_suspense_at: isoOrNull(treasury.oldestSuspenseMs),
    problems: problems.map(({ code, token, says: message }) => ({ code, token, message })),
    checked_at: isoOf(treasury.checkedAtMs),
  };
};
