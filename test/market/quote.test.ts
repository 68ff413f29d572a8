/** Guarantees of quotes: sums that are exact, and one quote for one cluster. */
import fc from 'fast-check';
import { commit } from '../../functions/kit/transaction.ts';
import { WriteRefused } from '../../shared/core/database.ts';
import { AppError } from '../../shared/core/errors.ts';
import { planMatch } from '../../shared/market/matcher.ts';
import { priceMatch, type Quote, requireOpen } from '../../shared/market/quote.ts';
import { getQuote, putQuote, spendQuote } from '../../shared/market/quote-store.ts';
import { startMs, testRuntime } from '../support/runtime.ts';
import { anOffer, anOrder, orgId } from './builders.ts';

const clusterId = 'clu_00000000000000000000000001';

const aQuote = (rates: readonly bigint[] = [400_000n], hours = 1): Quote => {
  const offers = rates.map((units, at) => anOffer(at + 1, { processorUnitsPerHour: units }));
  const order = anOrder({ items: [{ model: 'RTX 4090', count: rates.length }] });
  const match = planMatch(order, offers, 'a');
  if (match.outcome !== 'matched') throw new Error(match.suggestion);
  const id = 'quo_00000000000000000000000001';
  return priceMatch({ id, order, hours, proofConsent: true, nowMs: startMs }, match);
};

const codeOf = (run: () => void): string | undefined => {
  try {
    run();
    return undefined;
  } catch (error) {
    return error instanceof AppError ? error.code : 'bug';
  }
};

describe('a quote', () => {
  it('holds exactly the rates over the hours, line by line', () => {
    const rate = fc.bigInt({ min: 1_000n, max: 1_000_000_000n });
    const rates = fc.array(rate, { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(rates, fc.integer({ min: 1, max: 8_760 }), (units, hours) => {
        const quote = aQuote(units, hours);
        const sum = units.reduce((total, each) => total + each, 0n);
        expect(quote.unitsPerHour).toBe(sum);
        expect(quote.holdUnits).toBe(sum * BigInt(hours));
        expect(quote.lines.reduce((total, { amountUnits }) => total + amountUnits, 0n)).toBe(
          quote.totalUnits,
        );
      }),
      { seed: 17 },
    );
  });

  it('is read as it was written', async () => {
    const { database, ...runtime } = testRuntime();
    const quote = aQuote([400_000n, 500_000n], 5);
    await commit({ database, ...runtime }, [putQuote(quote)]);
    expect(await getQuote(database, quote.id)).toEqual(quote);
  });

  it('is kept for a week after it expired', async () => {
    const runtime = testRuntime();
    await commit(runtime, [putQuote(aQuote())]);
    const expiresMs = startMs + 15 * 60_000 + 7 * 86_400_000;
    expect(runtime.database.all('market')[0]?.['expires_at_s']).toBe(BigInt(expiresMs / 1000));
  });

  it('is open for 15 minutes', () => {
    const quote = aQuote();
    const end = startMs + 15 * 60_000;
    expect(codeOf(() => requireOpen(quote, end - 1))).toBeUndefined();
    expect(codeOf(() => requireOpen(quote, end))).toBe('market.quote_expired');
    expect(codeOf(() => requireOpen({ ...quote, clusterId }, end))).toBe('market.quote_spent');
  });
});

describe('spending a quote', () => {
  const storedSetup = async () => {
    const runtime = testRuntime();
    const quote = aQuote();
    await commit(runtime, [putQuote(quote)]);
    return { runtime, quote };
  };

  it('happens once', async () => {
    const { runtime, quote } = await storedSetup();
    await commit(runtime, [spendQuote(quote, clusterId, startMs)]);
    const other = 'clu_00000000000000000000000002';
    const again = commit(runtime, [spendQuote(quote, other, startMs)]);
    await expect(again).rejects.toBeInstanceOf(WriteRefused);
    expect((await getQuote(runtime.database, quote.id))?.clusterId).toBe(clusterId);
  });

  it('is refused from the moment at which it expires', async () => {
    const { runtime, quote } = await storedSetup();
    const late = commit(runtime, [spendQuote(quote, clusterId, quote.expiresAtMs)]);
    await expect(late).rejects.toBeInstanceOf(WriteRefused);
    await commit(runtime, [spendQuote(quote, clusterId, quote.expiresAtMs - 1)]);
  });

  it('is refused to another organisation', async () => {
    const { runtime, quote } = await storedSetup();
    const theirs = { ...quote, organisationId: orgId(2) };
    const write = commit(runtime, [spendQuote(theirs, clusterId, startMs)]);
    await expect(write).rejects.toBeInstanceOf(WriteRefused);
  });
});
