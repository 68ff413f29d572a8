/** Suspicion: exactly the pairs of the definition, and never by a coincidence. */
import fc from 'fast-check';
import { dayMs, minuteMs } from '../../shared/core/time.ts';
import {
  type CallHistory,
  emptyHistory,
  noteCall,
  suspectGroups,
  suspectPairs,
  suspicionWindow,
} from '../../shared/proofs/suspicion.ts';
import { startMs } from '../support/runtime.ts';

const window = suspicionWindow(startMs, 10);
const slotMs = (slot: number): number => window.fromMs + slot * 10 * minuteMs;

/** What happened to a device: its slots, and which it passed. */
type Calls = ReadonlyMap<number, boolean>;

const historyOf = (deviceId: string, calls: Calls): CallHistory => {
  const history = emptyHistory(deviceId, window);
  for (const [slot, passed] of calls) noteCall(history, window, { atMs: slotMs(slot), passed });
  return history;
};

const slots = (count: number, from: number, passed: boolean): [number, boolean][] =>
  Array.from({ length: count }, (_, index) => [from + index, passed]);

/** Two devices with `common` calls of which both passed `joint`, and others of their own. */
const pairWith = ({ common = 8, joint = 1, others = 20, otherMisses = 2 } = {}) => {
  const lost = common - joint;
  // They take turns: of the slots that only one passes, each passes half.
  const a = new Map([
    ...slots(joint, 0, true),
    ...slots(lost, 100, true).map(([slot], index) => [slot, index % 2 === 0] as const),
    ...slots(others - otherMisses, 1_000, true),
    ...slots(otherMisses, 2_000, false),
  ]);
  const b = new Map([
    ...slots(joint, 0, true),
    ...slots(lost, 100, true).map(([slot], index) => [slot, index % 2 === 1] as const),
    ...slots(others - otherMisses, 3_000, true),
    ...slots(otherMisses, 4_000, false),
  ]);
  return suspectPairs([historyOf('dev_a', a), historyOf('dev_b', b)]);
};

describe('a pair', () => {
  it('is suspected at eight common calls of which both passed one', () => {
    expect(pairWith()).toEqual([{ deviceIds: ['dev_a', 'dev_b'], common: 8, bothPassed: 1 }]);
  });

  it.each([
    ['seven common calls', { common: 7, joint: 0 }],
    ['two joint passes of fifteen', { common: 15, joint: 2 }],
    ['nineteen other calls', { others: 19, otherMisses: 0 }],
    ['less than nine tenths of the other calls passed', { others: 20, otherMisses: 3 }],
  ])('is not suspected with %s', (_, changes) => {
    expect(pairWith(changes)).toEqual([]);
  });

  it('is suspected also when one of the two always yields', () => {
    const winner = new Map([...slots(8, 0, true), ...slots(40, 1_000, true)]);
    const loser = new Map([...slots(8, 0, false), ...slots(40, 2_000, true)]);
    const pairs = suspectPairs([historyOf('dev_w', winner), historyOf('dev_l', loser)]);
    expect(pairs.map(({ deviceIds }) => deviceIds)).toEqual([['dev_l', 'dev_w']]);
  });

  it('is not suspected for an outage that it shared: its other calls were lost too', () => {
    const outage = slots(8, 0, false);
    const a = new Map([...outage, ...slots(18, 1_000, true), ...slots(6, 1_100, false)]);
    const b = new Map([...outage, ...slots(18, 2_000, true), ...slots(6, 2_100, false)]);
    expect(suspectPairs([historyOf('dev_a', a), historyOf('dev_b', b)])).toEqual([]);
  });

  it('of one cohort, always called together, has no other calls and is left to the gate', () => {
    const a = new Map([...slots(50, 0, true), ...slots(50, 100, false)]);
    const b = new Map([...slots(50, 0, false), ...slots(50, 100, true)]);
    expect(suspectPairs([historyOf('dev_a', a), historyOf('dev_b', b)])).toEqual([]);
  });
});

/** The definition, word for word. */
const isSuspected = (a: Calls, b: Calls): boolean => {
  const common = [...a.keys()].filter((slot) => b.has(slot));
  const joint = common.filter((slot) => a.get(slot) && b.get(slot)).length;
  const good = (mine: Calls, other: Calls): boolean => {
    const others = [...mine].filter(([slot]) => !other.has(slot));
    return (
      others.length >= 20 && others.filter(([, passed]) => passed).length * 10 >= others.length * 9
    );
  };
  return common.length >= 8 && joint * 8 <= common.length && good(a, b) && good(b, a);
};

/** Some devices on one slow GPU, called in a window short enough for many common calls. */
const fleet = fc.array(
  fc.record({
    called: fc.uniqueArray(fc.integer({ min: 0, max: 89 }), { minLength: 20, maxLength: 60 }),
    passPercent: fc.constantFrom(0, 50, 95, 100),
  }),
  { minLength: 2, maxLength: 6 },
);

describe('the search', () => {
  it('finds exactly the pairs of the definition', () => {
    let suspected = 0;
    fc.assert(
      fc.property(fleet, fc.infiniteStream(fc.integer({ min: 0, max: 99 })), (drawn, dice) => {
        const taken = new Set<number>();
        const calls = drawn.map(
          ({ called, passPercent }) =>
            new Map(
              called.map((slot) => {
                const free = !taken.has(slot);
                taken.add(slot);
                const die = dice.next().value ?? 0;
                return [slot, free || (passPercent < 100 && die >= 97)] as const;
              }),
            ),
        );
        const expected = calls.flatMap((a, i) =>
          calls.flatMap((b, j) => (i < j && isSuspected(a, b) ? [`dev_${i} dev_${j}`] : [])),
        );
        suspected += expected.length;
        const found = suspectPairs(calls.map((one, index) => historyOf(`dev_${index}`, one)));
        expect(found.map(({ deviceIds }) => deviceIds.join(' ')).sort()).toEqual(expected.sort());
      }),
      { seed: 8, numRuns: 400 },
    );
    expect(suspected).toBeGreaterThan(50);
  });

  it('leaves calls outside of the window out', () => {
    const history = emptyHistory('dev_a', window);
    noteCall(history, window, { atMs: startMs, passed: false });
    noteCall(history, window, { atMs: window.fromMs - 10 * minuteMs, passed: false });
    expect(history).toEqual(emptyHistory('dev_a', window));
    expect(startMs - window.fromMs).toBe(30 * dayMs);
  });

  it('holds a device to the worst of its processors', () => {
    const history = emptyHistory('dev_a', window);
    for (const passed of [true, false, true]) {
      noteCall(history, window, { atMs: window.fromMs, passed });
    }
    expect([history.called[0], history.missed[0]]).toEqual([1, 1]);
  });
});

describe('groups', () => {
  const pair = (a: string, b: string) => ({
    deviceIds: [a, b] as [string, string],
    common: 8,
    bothPassed: 0,
  });

  it('join what a chain of pairs connects', () => {
    const pairs = [pair('d', 'e'), pair('b', 'c'), pair('x', 'y'), pair('c', 'd'), pair('a', 'b')];
    expect(suspectGroups(pairs)).toEqual([
      ['a', 'b', 'c', 'd', 'e'],
      ['x', 'y'],
    ]);
    expect(suspectGroups([])).toEqual([]);
  });
});
