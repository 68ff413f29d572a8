/** Places: what changes holds from the next full hour, and the past stays known. */
import fc from 'fast-check';
import { hourMs, minuteMs } from '../../shared/core/time.ts';
import {
  changedPlace,
  changeHourly,
  firstPlace,
  groupOfAddress,
  hourlyValue,
  judgedWithinMs,
  latestValue,
  nextFullHour,
  type PlaceValue,
  seenPlace,
  slotCallOf,
  slotsOfHour,
  valueAt,
} from '../../shared/proofs/place.ts';
import { protocolPolicy } from '../../shared/proofs/policy.ts';
import { slotIdAt, slotSeedOf } from '../../shared/proofs/protocol/slot.ts';
import { testId } from '../devices/builders.ts';
import { startMs } from '../support/runtime.ts';

const value: PlaceValue = { cohort: 'org_1', group: 'net:10.0.0.0/24', parts: 1 };
const seedAt = (atMs: number) => slotSeedOf(new Uint8Array(32).fill(7), slotIdAt(atMs));

describe('an hourly value', () => {
  it('changes at the next full hour, and a change at HH:00 holds for the slot HH:00', () => {
    const later = changeHourly(hourlyValue('a'), 'b', startMs + 1);
    expect(valueAt(later, startMs + hourMs - 1)).toBe('a');
    expect(valueAt(later, startMs + hourMs)).toBe('b');
    const now = changeHourly(hourlyValue('a'), 'b', startMs);
    expect(valueAt(now, startMs)).toBe('b');
    expect(valueAt(now, startMs - 1)).toBe('a');
  });

  it('takes the last of several changes within an hour', () => {
    const twice = changeHourly(changeHourly(hourlyValue('a'), 'b', startMs + 1), 'c', startMs + 2);
    expect(valueAt(twice, startMs + 3)).toBe('a');
    expect(valueAt(twice, startMs + hourMs)).toBe('c');
    expect(latestValue(twice)).toBe('c');
  });

  it('still knows the value of an hour that is judged after the next change', () => {
    const first = changeHourly(hourlyValue('a'), 'b', startMs + 1);
    const second = changeHourly(first, 'c', startMs + hourMs + 1);
    expect(valueAt(second, startMs + 10 * minuteMs)).toBe('a');
    expect(valueAt(second, startMs + hourMs + 10 * minuteMs)).toBe('b');
    expect(valueAt(second, startMs + 2 * hourMs)).toBe('c');
  });

  it('knows the value of every hour of three days, and forgets what is older', () => {
    const hours = fc.array(fc.integer({ min: 1, max: 20 * 60 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(hours, (gapsMinutes) => {
        let known = hourlyValue(-1);
        let nowMs = startMs;
        const history: { fromMs: number; value: number }[] = [{ fromMs: 0, value: -1 }];
        gapsMinutes.forEach((gap, index) => {
          nowMs += gap * minuteMs;
          known = changeHourly(known, index, nowMs);
          history.push({ fromMs: nextFullHour(nowMs), value: index });
        });
        for (let atMs = nowMs - judgedWithinMs; atMs <= nowMs + hourMs; atMs += 10 * minuteMs) {
          const expected = history.findLast(({ fromMs }) => fromMs <= atMs)?.value;
          expect(valueAt(known, atMs)).toBe(expected);
        }
        expect(known.steps.length).toBeLessThanOrEqual(judgedWithinMs / hourMs + 2);
      }),
      { seed: 6, numRuns: 100 },
    );
  });
});

describe('a place', () => {
  const place = firstPlace(testId('dev', 1), value);

  it('follows the network that the device is seen in', () => {
    const moved = seenPlace(place, 'net:10.0.1.0/24', startMs + 1);
    expect(moved).toMatchObject({ version: 2 });
    expect(valueAt(moved.value, startMs + 2).group).toBe(value.group);
    expect(valueAt(moved.value, startMs + hourMs).group).toBe('net:10.0.1.0/24');
  });

  it('is the same object when nothing is new', () => {
    expect(seenPlace(place, value.group, startMs)).toBe(place);
    expect(changedPlace(place, { parts: 1 }, startMs)).toBe(place);
  });

  it('keeps the group that suspicion gave it', () => {
    const pinned = { ...changedPlace(place, { group: 'sus:1' }, startMs), groupPinned: true };
    expect(seenPlace(pinned, 'net:10.0.1.0/24', startMs + hourMs)).toBe(pinned);
  });
});

describe('a network', () => {
  it.each([
    ['203.0.113.77', 'net:203.0.113.0/24'],
    ['::ffff:203.0.113.77', 'net:203.0.113.0/24'],
    ['2001:db8:1:2::5', 'net:2001:db8:1::/48'],
    ['2001:0DB8:0001:0002:0003:0004:0005:0006', 'net:2001:db8:1::/48'],
    ['2001:db8::1', 'net:2001:db8:0::/48'],
    ['::1', 'net:0:0:0::/48'],
    ['unknown', 'net:unknown'],
  ])('of %s is %s', (address, network) => {
    expect(groupOfAddress(address)).toBe(network);
  });
});

describe('a slot', () => {
  const standing = { place: value, model: 'RTX 4090', hired: null } as const;
  const slots = Array.from({ length: 2_000 }, (_, index) => ({
    seed: seedAt(startMs + index * 10 * minuteMs),
  }));

  it('opens six times an hour', () => {
    expect(slotsOfHour(startMs, protocolPolicy)).toEqual(
      [0, 10, 20, 30, 40, 50].map((minutes) => startMs + minutes * minuteMs),
    );
  });

  it('calls a hired processor like an idle one, except in full slots, and with less work', () => {
    for (const slot of slots) {
      const idle = slotCallOf(slot, standing, protocolPolicy);
      const hired = slotCallOf(slot, { ...standing, hired: 'micro' }, protocolPolicy);
      expect(hired.called).toBe(idle.called && !idle.full);
      expect(hired.profile).toBe(0);
      expect(idle.profile).toBe(idle.full ? 2 : 1);
    }
  });

  it('calls nobody whose customer refused, and treats a hire that counts as idle as none', () => {
    for (const slot of slots.slice(0, 300)) {
      const refused = slotCallOf(slot, { ...standing, hired: 'no_consent' }, protocolPolicy);
      expect(refused).toMatchObject({ called: false, rollCall: false });
      const fake = slotCallOf(slot, { ...standing, hired: 'idle' }, protocolPolicy);
      expect(fake).toEqual(slotCallOf(slot, standing, protocolPolicy));
    }
  });

  it('calls processors of one group of a cohort together, whatever its number of parts', () => {
    const split = { ...standing, place: { ...value, parts: 12 } };
    const other = { ...split, place: { ...split.place, group: 'net:10.9.9.0/24' } };
    let apart = 0;
    for (const slot of slots) {
      const one = slotCallOf(slot, split, protocolPolicy);
      expect(slotCallOf(slot, { ...split }, protocolPolicy)).toEqual(one);
      if (slotCallOf(slot, other, protocolPolicy).called !== one.called) apart += 1;
    }
    expect(apart).toBeGreaterThan(300);
  });
});
