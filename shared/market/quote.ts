/**
 * A quote: an order priced line by line, good for 15 minutes and for one cluster. Invariant: the
 * total is the sum of the lines' amounts, each the line's rate over the ordered hours, rounded up;
 * the hold is the total. Pure.
 */
import { assert } from '../core/assert.ts';
import { AppError } from '../core/errors.ts';
import type { Id } from '../core/ids.ts';
import { mulDivCeil } from '../core/money.ts';
import { hourMs, minuteMs } from '../core/time.ts';
import type { Match } from './matcher.ts';
import type { Order } from './order.ts';
import type { LineCeiling, QuotedTerms } from './quoted-match.ts';

/** How long a quote may be spent. */
export const quoteLifetimeMs = 15 * minuteMs;
/** Longest order, hours. */
export const hoursMax = 8_760;

/** One device of the quoted cluster. */
export interface QuoteLine extends LineCeiling {
  /** Micro-USD for the ordered hours, rounded up. */
  readonly amountUnits: bigint;
}

export type QuoteStatus = 'open' | 'spent' | 'expired';

export interface Quote {
  readonly id: Id<'quo'>;
  readonly organisationId: Id<'org'>;
  readonly order: Order;
  /** 1 to 8760. */
  readonly hours: number;
  /** Whether the devices may prove themselves while they are hired: short proofs of some seconds an hour. */
  readonly proofConsent: boolean;
  /** What all devices have in common. */
  readonly terms: QuotedTerms;
  /** The head first. */
  readonly lines: readonly QuoteLine[];
  /** Micro-USD per hour of all lines. */
  readonly unitsPerHour: bigint;
  /** Micro-USD for the ordered hours. */
  readonly totalUnits: bigint;
  /** Micro-USD of credit that the cluster will reserve. */
  readonly holdUnits: bigint;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  /** The cluster that spent it. */
  readonly clusterId: Id<'clu'> | null;
}

/** What a quote is made of, beside the plan. */
export interface QuoteRequest {
  readonly id: Id<'quo'>;
  readonly order: Order;
  readonly hours: number;
  readonly proofConsent: boolean;
  readonly nowMs: number;
}

/** Prices a plan. */
export const priceMatch = (request: QuoteRequest, match: Match): Quote => {
  const { id, order, hours, proofConsent, nowMs } = request;
  const orderedMs = BigInt(hours) * BigInt(hourMs);
  const lines = match.nodes.map((node) => ({
    lineId: node.lineId,
    role: node.role,
    schedulable: node.schedulable,
    model: node.offer.model,
    processors: node.offer.processorCount,
    rateUnitsPerHour: node.rateUnitsPerHour,
    amountUnits: mulDivCeil(node.rateUnitsPerHour, orderedMs, BigInt(hourMs)),
  }));
  const totalUnits = lines.reduce((sum, { amountUnits }) => sum + amountUnits, 0n);
  return assertQuote({
    id,
    organisationId: order.customerOrganisationId,
    order,
    hours,
    proofConsent,
    terms: {
      region: match.region,
      rayVersion: match.rayVersion,
      pythonMinor: match.pythonMinor,
    },
    lines,
    unitsPerHour: match.unitsPerHour,
    totalUnits,
    holdUnits: totalUnits,
    createdAtMs: nowMs,
    expiresAtMs: nowMs + quoteLifetimeMs,
    clusterId: null,
  });
};

/** Holds before a quote is written and after it was read; a breach is a bug. */
export const assertQuote = (quote: Quote): Quote => {
  const { id, lines, hours } = quote;
  const amounts = lines.reduce((sum, line) => sum + line.amountUnits, 0n);
  const rates = lines.reduce((sum, line) => sum + line.rateUnitsPerHour, 0n);
  assert(lines.length >= 1 && lines[0]?.role === 'head', `${id}: no head`);
  assert(hours >= 1 && hours <= hoursMax, `${id}: ${hours} hours`);
  assert(quote.totalUnits === amounts && quote.holdUnits === amounts, `${id}: a wrong total`);
  assert(quote.unitsPerHour === rates, `${id}: a wrong price per hour`);
  return quote;
};

/** Where a quote stands at that time. */
export const quoteStatus = (
  quote: Pick<Quote, 'clusterId' | 'expiresAtMs'>,
  nowMs: number,
): QuoteStatus => {
  if (quote.clusterId !== null) return 'spent';
  return nowMs < quote.expiresAtMs ? 'open' : 'expired';
};

/** Throws `market.quote_spent` or `market.quote_expired` unless the quote can be spent now. */
export const requireOpen = (quote: Quote, nowMs: number): void => {
  const status = quoteStatus(quote, nowMs);
  if (status === 'spent') {
    throw new AppError('market.quote_spent', { extra: { cluster_id: quote.clusterId } });
  }
  if (status === 'expired') throw new AppError('market.quote_expired');
};
