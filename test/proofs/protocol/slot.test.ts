/** Slots: one spelling of an id, and calls that come as often as they should. */
import { bytesOfHex, sha256 } from '../../../shared/proofs/protocol/bytes.ts';
import {
  callOf,
  dateOfSlot,
  isFullSlot,
  isPartCalled,
  isRollCall,
  partOf,
  partsOf,
  slotIdAt,
  slotOpensAtMs,
  slotSeedOf,
} from '../../../shared/proofs/protocol/slot.ts';
import { binomialInterval } from '../../support/proofs/binomial.ts';

const slotMs = 600_000;
const firstMs = 1_790_812_800_000;
const dayKey = bytesOfHex('ab'.repeat(32));
const seeds = Array.from({ length: 5_000 }, (_, at) =>
  slotSeedOf(dayKey, slotIdAt(firstMs + at * slotMs)),
);
const rates = { oneIn: 6, fullOneIn: 24, rollOneIn: 144 };
const place = { cohort: 'org_1', group: '10.0.0.0/24', parts: 1, model: 'RTX 4090', hired: false };

describe('the id of a slot', () => {
  it('names the slot that opens then, and its day', () => {
    expect(slotIdAt(firstMs)).toBe('2026-10-01T00:00:00Z');
    expect(slotOpensAtMs('2026-10-01T00:00:00Z', 10)).toBe(firstMs);
    expect(dateOfSlot('2026-10-01T23:50:00Z')).toBe('2026-10-01');
    for (let at = 0; at < 1_000; at += 1) {
      const opensAtMs = firstMs + at * slotMs;
      expect(slotOpensAtMs(slotIdAt(opensAtMs), 10)).toBe(opensAtMs);
    }
  });

  it.each([
    ['between two slots', '2026-10-01T00:05:00Z'],
    ['with milliseconds', '2026-10-01T00:00:00.000Z'],
    ['with an offset', '2026-10-01T00:00:00+00:00'],
    ['with seconds', '2026-10-01T00:00:10Z'],
    ['at hour 24', '2026-10-01T24:00:00Z'],
    ['on a day that is none', '2026-02-30T00:00:00Z'],
    ['in a month that is none', '2026-13-01T00:00:00Z'],
    ['in lower case', '2026-10-01t00:00:00z'],
    ['with a space', '2026-10-01 00:00:00Z'],
    ['with more after it', '2026-10-01T00:00:00Z '],
    ['with a line more', '2026-10-01T00:00:00Z\n'],
    ['of a year of six digits', '+002026-10-01T00:00:00Z'],
    ['of other digits', '２０２６-10-01T00:00:00Z'],
    ['that is empty', ''],
  ])('%s is none', (_, text) => {
    expect(slotOpensAtMs(text, 10)).toBeUndefined();
  });
});

describe('calls', () => {
  const within = (count: number, oneIn: number): boolean => {
    const { low, high } = binomialInterval(seeds.length, 1 / oneIn);
    return low <= count && count <= high;
  };
  const countOf = (holds: (seed: Uint8Array) => boolean): number => seeds.filter(holds).length;

  it('come as often as the rates say', () => {
    expect(
      within(
        countOf((seed) => isPartCalled(seed, 'org_1', 0, rates)),
        6,
      ),
    ).toBe(true);
    expect(
      within(
        countOf((seed) => isFullSlot(seed, rates)),
        24,
      ),
    ).toBe(true);
    expect(
      within(
        countOf((seed) => isRollCall(seed, 'RTX 4090', rates)),
        144,
      ),
    ).toBe(true);
    expect(countOf((seed) => isPartCalled(seed, 'org_1', 0, { oneIn: 1 }))).toBe(seeds.length);
  });

  it('of two cohorts come together by chance alone, of one model by roll call always', () => {
    const both = countOf(
      (seed) => isPartCalled(seed, 'org_1', 0, rates) && isPartCalled(seed, 'org_2', 0, rates),
    );
    expect(within(both, 36)).toBe(true);
    for (const seed of seeds.filter((each) => isRollCall(each, place.model, rates))) {
      for (const cohort of ['org_1', 'org_2', 'org_3']) {
        const call = callOf(seed, { ...place, cohort }, rates);
        expect([call.called, call.rollCall]).toEqual([true, true]);
      }
    }
  });

  it('of the parts of a cohort differ, and a group is always of one part', () => {
    const groups = Array.from({ length: 40 }, (_, at) => `group ${at}`);
    const seed = seeds[0] as Uint8Array;
    const parts = groups.map((group) => partOf(seed, group, 4));
    expect(new Set(parts)).toEqual(new Set([0, 1, 2, 3]));
    expect(groups.map((group) => partOf(seed, group, 4))).toEqual(parts);
    expect(groups.map((group) => partOf(seed, group, 1))).toEqual(groups.map(() => 0));
  });

  it('spare a hired processor in full slots and ask it for little in all others', () => {
    for (const seed of seeds.slice(0, 2_000)) {
      const idle = callOf(seed, place, rates);
      const hired = callOf(seed, { ...place, hired: true }, rates);
      expect(idle.profile).toBe(idle.full ? 2 : 1);
      expect(hired.profile).toBe(0);
      expect(hired.called).toBe(idle.called && !idle.full);
      expect(hired.rollCall).toBe(idle.rollCall && !idle.full);
    }
  });

  it('use other draws for a cohort, its parts, a model and the slot', () => {
    const seed = sha256('a slot');
    const other = sha256('another slot');
    expect(slotSeedOf(dayKey, 'a')).not.toEqual(slotSeedOf(dayKey, 'b'));
    expect(partOf(seed, 'g', 2 ** 20)).not.toBe(partOf(other, 'g', 2 ** 20));
    expect(partOf(seed, 'g', 2 ** 20)).not.toBe(partOf(seed, 'h', 2 ** 20));
  });

  it('need a cohort without a slash: else two cohorts could share a name', () => {
    expect(() => isPartCalled(seeds[0] as Uint8Array, 'org/1', 0, rates)).toThrow('no "/"');
  });
});

it('a cohort has a part for every 256 processors, at least one', () => {
  expect([0, 1, 256, 257, 512, 513, 100_000].map(partsOf)).toEqual([1, 1, 1, 2, 2, 3, 391]);
});
