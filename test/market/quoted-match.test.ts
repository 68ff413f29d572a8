/** What was quoted binds: guarantees of planning a quoted cluster and of replacing a device. */
import fc from 'fast-check';
import { deviceUnitsPerHour, type Offer } from '../../shared/market/offer.ts';
import {
  type LineCeiling,
  planQuotedMatch,
  planReplacement,
} from '../../shared/market/quoted-match.ts';
import { anOffer, anOrder, deviceId, orgId, siteId } from './builders.ts';

const terms = { region: 'eu-west', rayVersion: '2.60.0', pythonMinor: '3.12' } as const;
const filters = anOrder();

const line = (number: number, rateUnitsPerHour: bigint, processors = 1): LineCeiling => ({
  lineId: `line_${number}`,
  role: number === 1 ? 'head' : 'worker',
  schedulable: true,
  model: 'RTX 4090',
  processors,
  rateUnitsPerHour,
});

const priced = (number: number, units: bigint, changes: Partial<Offer> = {}) =>
  anOffer(number, { processorUnitsPerHour: units, ...changes });

const plan = (lines: readonly LineCeiling[], offers: readonly Offer[]) =>
  planQuotedMatch({ lines, terms, filters, offers, tieBreak: 'a' });

describe('a quoted cluster', () => {
  it('gets for every line a device of its model and size, never above its rate', () => {
    const lines = [line(1, 500n), line(2, 300n), line(3, 800n, 2)];
    const offers = [priced(1, 400n, { processorCount: 2 }), priced(2, 500n), priced(3, 300n)];
    expect(plan(lines, offers)?.nodes.map(({ lineId, offer }) => [lineId, offer.deviceId])).toEqual(
      [
        ['line_1', deviceId(2)],
        ['line_2', deviceId(3)],
        ['line_3', deviceId(1)],
      ],
    );
  });

  it('is refused when a supplier asks more than was quoted', () => {
    expect(plan([line(1, 399n)], [priced(1, 400n)])).toBeUndefined();
  });

  it.each([
    { region: 'us-east' as const },
    { rayVersion: '2.59.0' },
    { pythonVersion: '3.13.1' },
    { organisationId: orgId(2) },
    { processorCount: 2 },
    { model: 'T4' },
  ])('is refused a device that breaks what was quoted (%j)', (changes) => {
    expect(plan([line(1, 10_000n)], [priced(1, 1n, changes)])).toBeUndefined();
  });

  it('is never spread over two sites', () => {
    const offers = [priced(1, 1n), priced(2, 1n, { siteId: siteId(2) })];
    expect(plan([line(1, 9n), line(2, 9n)], offers)).toBeUndefined();
  });

  it('is found whenever some assignment fits', () => {
    const rates = fc.array(fc.bigInt({ min: 1n, max: 6n }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(rates, rates, (ceilings, prices) => {
        const offers = prices.map((units, at) => priced(at + 1, units));
        const lines = ceilings.map((ceiling, at) => line(at + 1, ceiling));
        const found = plan(lines, offers);
        expect(found !== undefined).toBe(fitsSomehow(ceilings, prices));
        for (const node of found?.nodes ?? []) {
          const ceiling =
            lines.find(({ lineId }) => lineId === node.lineId)?.rateUnitsPerHour ?? 0n;
          expect(node.rateUnitsPerHour).toBe(deviceUnitsPerHour(node.offer));
          expect(node.rateUnitsPerHour <= ceiling).toBe(true);
        }
        const used = found?.nodes.map(({ offer }) => offer.deviceId) ?? [];
        expect(new Set(used).size).toBe(used.length);
      }),
      { seed: 13 },
    );
  });
});

/** By exhaustion: whether each ceiling can have a price of its own at or below it. */
const fitsSomehow = (ceilings: readonly bigint[], prices: readonly bigint[]): boolean => {
  const [ceiling, ...rest] = ceilings;
  if (ceiling === undefined) return true;
  return prices.some((price, at) => price <= ceiling && fitsSomehow(rest, prices.toSpliced(at, 1)));
};

describe('a replacement', () => {
  const need = (offers: readonly Offer[], excludeDeviceIds: readonly string[] = []) =>
    planReplacement({
      line: line(1, 400n),
      siteId: siteId(1),
      rayVersion: '2.60.0',
      pythonVersion: '3.12.1',
      excludeDeviceIds,
      filters,
      offers,
      tieBreak: 'a',
    });

  it('is the cheapest device that fits', () => {
    expect(need([priced(1, 400n), priced(2, 300n)])?.deviceId).toBe(deviceId(2));
  });

  it.each([
    ['dearer than the quoted line', { processorUnitsPerHour: 401n }],
    ['of another site', { siteId: siteId(2) }],
    ['of another model', { model: 'T4' }],
    ['of another size', { processorCount: 2 }],
    ['with another Ray', { rayVersion: '2.59.0' }],
    ['with another Python', { pythonVersion: '3.11.2' }],
    ['of a stranger', { organisationId: orgId(2) }],
  ] as const)('is never a device %s', (_, changes) => {
    expect(need([priced(1, 100n, changes)])).toBeUndefined();
  });

  it('is never a device that already failed this cluster', () => {
    expect(need([priced(1, 100n)], [deviceId(1)])).toBeUndefined();
  });
});
