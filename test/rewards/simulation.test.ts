/** Guarantees of the simulation: the published years, and shares that a real hour gives to the same fleet. */
import fc from 'fast-check';
import { models } from '../../shared/market/catalogue.ts';
import { nominate, type RewardedProcessor } from '../../shared/rewards/nomination.ts';
import { type FleetLine, simulateFleet, yearlyEmissions } from '../../shared/rewards/simulation.ts';
import { splitHour } from '../../shared/rewards/split.ts';
import { aDeviceHour, firstHourUnits, policy } from './builders.ts';

const terms = { tier: 2, minutes: 60, hired: false };

/** As they were computed from the published schedule: IO of the year, and until its end. */
const published: readonly (readonly [number, string, string])[] = [
  [1, '37840636.87', '37840636.87'],
  [2, '33480009.57', '71320646.45'],
  [5, '23188197.07', '150339089.81'],
  [10, '12571950.56', '231848471.46'],
  [19, '4176830.89', '296304493.01'],
  [20, '3695506.99', '300000000.00'],
];

/** Rounded to a hundredth of a token. */
const rounded = (units: bigint): string =>
  (Number((units + 500_000n) / 1_000_000n) / 100).toFixed(2);

describe('the years', () => {
  it('are the published ones', () => {
    const years = yearlyEmissions();
    for (const [year, units, cumulative] of published) {
      const found = years[year - 1];
      expect([
        found?.year,
        rounded(found?.units ?? 0n),
        rounded(found?.cumulativeUnits ?? 0n),
      ]).toEqual([year, units, cumulative]);
    }
    expect(years).toHaveLength(20);
    expect(years[0]?.supplyBasisPoints).toBe(756);
  });
});

describe('a fleet', () => {
  const anyLine = fc.record({
    devices: fc.integer({ min: 1, max: 8 }),
    processors: fc.integer({ min: 1, max: 8 }),
    model: fc.constantFrom(...models.map(({ model }) => model)),
  });

  /** The same fleet in a real hour: every device nominated, the hour split. */
  const splitOf = (fleet: readonly FleetLine[]): readonly (readonly bigint[])[] => {
    const entries = fleet.map((line, at) =>
      Array.from({ length: line.devices }, (_, device) => {
        const known = models.find(({ model }) => model === line.model);
        const isMeasured = known?.kind === 'cpu' || known?.peakTops !== null;
        const processors = Array.from(
          { length: line.processors },
          (): RewardedProcessor => ({ model: line.model, proof: isMeasured ? null : 'not_judged' }),
        );
        const stakeUnits = 10n ** 16n;
        return nominate(aDeviceHour(100 * at + device, { processors, stakeUnits }), policy);
      }),
    );
    const flat = entries.flat(2);
    const { shares } = splitHour(firstHourUnits, flat, policy);
    let next = 0;
    return entries.map((devices) => devices.map(() => shares[next++] ?? 0n));
  };

  it('earns what a real hour would give it, but for a base unit', () => {
    void fc.assert(
      fc.property(fc.array(anyLine, { maxLength: 6 }), (fleet) => {
        const simulated = simulateFleet(fleet, terms, policy);
        for (const [line, shares] of splitOf(fleet).entries()) {
          const units = simulated[line]?.hourUnits ?? -1n;
          for (const share of shares) expect([units, units + 1n]).toContain(share);
        }
      }),
      { seed: 500 },
    );
  });

  it('shares all that its pools give, but for a base unit of each device', () => {
    const fleet = [
      { devices: 500, processors: 8, model: 'H100 SXM' },
      { devices: 3_000, processors: 1, model: 'RTX 3060' },
    ];
    const rewards = simulateFleet(fleet, terms, policy);
    for (const [year, { units }] of yearlyEmissions().entries()) {
      const paid = rewards.reduce(
        (sum, { devices, yearUnits }) => sum + BigInt(devices) * (yearUnits[year] ?? 0n),
        0n,
      );
      expect(paid <= units && units - paid < 3_500n).toBe(true);
    }
    expect(rewards[0]).toMatchObject({
      pool: 'enterprise',
      score: 16_014_000n,
      stakeUnits: 16_000n * 10n ** 8n,
      peakTops: 15_832,
    });
  });

  it.each([
    ['A10', 'a multiplier of 0'],
    ['RTX 5000', 'no peak to be measured by'],
  ])('of %s earns nothing, for it has %s', (model) => {
    const [reward] = simulateFleet([{ devices: 1, processors: 1, model }], terms, policy);
    expect(reward).toMatchObject({ score: 0n, hourUnits: 0n, stakeUnits: 0n });
  });
});
