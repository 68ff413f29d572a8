/** Presence: minutes are those that somebody saw, whatever order gaps, reconnects and losses come in. */
import fc from 'fast-check';
import { hourMs, hourOf, minuteMs, secondMs } from '../../shared/core/time.ts';
import {
  connected,
  decideSilence,
  decideStray,
  firstPresence,
  heard,
  inactiveAfterMs,
  isLost,
  minutesUp,
  type Presence,
  rememberedHours,
  runGapMsMax,
} from '../../shared/devices/presence.ts';
import { startMs } from '../support/runtime.ts';

/** Milliseconds up in an hour, by looking at every pair of neighbouring heartbeats. */
const naiveMinutes = (heartbeats: readonly number[], hour: number): number => {
  let ms = 0;
  for (const [index, at] of heartbeats.entries()) {
    const next = heartbeats[index + 1];
    if (next === undefined || next - at > runGapMsMax) continue;
    const from = Math.max(at, hour * hourMs);
    const to = Math.min(next, (hour + 1) * hourMs);
    ms += Math.max(0, to - from);
  }
  return Math.floor(ms / minuteMs);
};

const heartbeatsOf = (gaps: readonly number[]): readonly number[] => {
  const times = [startMs];
  for (const gap of gaps) times.push((times.at(-1) ?? startMs) + gap);
  return times;
};

const gap = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: runGapMsMax }) },
  { weight: 2, arbitrary: fc.integer({ min: runGapMsMax + 1, max: 4 * hourMs }) },
  { weight: 1, arbitrary: fc.constantFrom(runGapMsMax, runGapMsMax + 1) },
);

describe('minutes up', () => {
  it('are those between heartbeats that no gap parts, for each of the last 48 hours', () => {
    fc.assert(
      fc.property(fc.array(gap, { maxLength: 120 }), (gaps) => {
        const times = heartbeatsOf(gaps);
        let presence = firstPresence('a', startMs);
        for (const at of times.slice(1)) presence = heard(presence, at);
        const last = hourOf(times.at(-1) ?? startMs);
        for (let hour = last - rememberedHours + 1; hour <= last; hour += 1) {
          expect(minutesUp(presence, hour)).toBe(naiveMinutes(times, hour));
        }
        expect(Object.keys(presence.closed).length).toBeLessThanOrEqual(rememberedHours);
      }),
      { numRuns: 300 },
    );
  });

  it('end at the last heartbeat before a loss that was declared, however short the silence', () => {
    const up = heard(firstPresence('a', startMs), startMs + 10 * minuteMs);
    const lost: Presence = { ...up, declared: 'down' };
    const back = heard(lost, startMs + 12 * minuteMs);
    expect(back.declared).toBeNull();
    expect(minutesUp(back, hourOf(startMs))).toBe(10);
    expect(minutesUp(heard(back, startMs + 13 * minuteMs), hourOf(startMs))).toBe(11);
  });

  it('go on through a reconnect, and never backwards when two clocks differ', () => {
    const up = heard(firstPresence('a', startMs), startMs + 5 * minuteMs);
    const moved = connected(up, 'b', startMs + 6 * minuteMs);
    expect(moved.runStartedMs).toBe(startMs);
    expect(moved.connectionId).toBe('b');
    expect(heard(moved, startMs + 6 * minuteMs - 50).lastSeenMs).toBe(startMs + 6 * minuteMs);
  });
});

describe('silence', () => {
  const presence = firstPresence('a', startMs);

  it.each([
    [null, 20 * 60],
    [startMs, 60],
  ])('is a loss after four missed heartbeats (a node since %s)', (nodeSinceMs, seconds) => {
    const lostMs = startMs + seconds * secondMs;
    expect(isLost(presence, nodeSinceMs, lostMs - 1)).toBe(false);
    expect(isLost(presence, nodeSinceMs, lostMs)).toBe(true);
  });

  it('is never a loss while the device speaks at the rate of what it does', () => {
    // Waits at the idle rate, runs a node at the fast one, and is quiet again once that has ended.
    const pause = (seconds: number) => fc.integer({ min: 1, max: seconds * secondMs });
    const waits = fc.array(pause(4 * 300 - 1), { maxLength: 5 });
    const runs = fc.array(pause(59), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(waits, runs, waits, fc.nat(59_999), (before, during, after, startDelayMs) => {
        let heardPresence = presence;
        const speak = (gaps: readonly number[], nodeSinceMs: number | null) => {
          for (const gapMs of gaps) {
            const nowMs = heardPresence.lastSeenMs + gapMs;
            expect(decideSilence(heardPresence, nodeSinceMs, nowMs)).toBeUndefined();
            heardPresence = heard(heardPresence, nowMs);
          }
        };
        speak(before, null);
        // The node starts some time after the last idle heartbeat; the fast ones follow it.
        const nodeSinceMs = heardPresence.lastSeenMs + 250 * secondMs;
        const firstMs = nodeSinceMs + startDelayMs;
        expect(decideSilence(heardPresence, nodeSinceMs, firstMs)).toBeUndefined();
        heardPresence = heard(heardPresence, firstMs);
        speak(during, nodeSinceMs);
        speak(after, null);
      }),
      { numRuns: 300 },
    );
  });

  it('leads to down once, then to inactive once', () => {
    const later = startMs + inactiveAfterMs;
    expect(decideSilence(presence, null, startMs + minuteMs)).toBeUndefined();
    expect(decideSilence(presence, null, later)).toBe('down');
    const down: Presence = { ...presence, declared: 'down' };
    expect(decideSilence(down, null, later - 1)).toBeUndefined();
    expect(decideSilence(down, null, later)).toBe('inactive');
    expect(decideSilence({ ...presence, declared: 'inactive' }, null, later)).toBeUndefined();
  });
});

describe('a message of a replaced connection', () => {
  const replaced = connected(firstPresence('old', startMs), 'new', startMs + minuteMs);
  const spoke = heard(replaced, startMs + 2 * minuteMs);

  it('is a straggler within half a minute of the new one', () => {
    const { outcome, presence } = decideStray(replaced, 'old', startMs + minuteMs + 29 * secondMs);
    expect([outcome, presence]).toEqual(['ignored', replaced]);
  });

  it('is refused and counted while the new one speaks', () => {
    const { outcome, presence } = decideStray(spoke, 'old', startMs + 3 * minuteMs);
    expect([outcome, presence.strays.count, presence.connectionId]).toEqual(['refused', 1, 'new']);
  });

  it('takes the place of a new one that never spoke', () => {
    const { outcome, presence } = decideStray(replaced, 'old', startMs + 3 * minuteMs);
    expect([outcome, presence.connectionId]).toEqual(['taken_over', 'old']);
  });

  it('shows at the third time within half an hour that two machines have one key', () => {
    const first = decideStray(spoke, 'old', startMs + 3 * minuteMs).presence;
    const second = decideStray(first, 'old', startMs + 8 * minuteMs).presence;
    const third = decideStray(second, 'old', startMs + 13 * minuteMs);
    expect(third.outcome).toBe('in_use_twice');
    expect(third.presence).toMatchObject({ connectionId: null, declared: 'down' });
  });

  it('is forgotten after half an hour: planned reconnects are never taken for two machines', () => {
    let presence = spoke;
    for (let round = 1; round <= 10; round += 1) {
      const at = startMs + round * 90 * minuteMs;
      const decided = decideStray(presence, 'old', at);
      expect(decided.outcome).toBe('refused');
      presence = decided.presence;
    }
  });

  it('ends in in_use_twice for two machines that take turns, whatever their intervals', () => {
    fc.assert(
      fc.property(fc.integer({ min: 31, max: 299 }), fc.integer({ min: 31, max: 299 }), (a, b) => {
        const senders = [
          { id: 'a', every: a, next: a },
          { id: 'b', every: b, next: b },
        ];
        let presence = connected(firstPresence('a', startMs), 'b', startMs);
        for (let step = 0; step < 60; step += 1) {
          const sender = senders.reduce((x, y) => (x.next <= y.next ? x : y));
          const at = startMs + sender.next * secondMs;
          sender.next += sender.every;
          if (presence.connectionId === sender.id) presence = heard(presence, at);
          else {
            const decided = decideStray(presence, sender.id, at);
            if (decided.outcome === 'in_use_twice') return true;
            presence = decided.presence;
          }
        }
        return false;
      }),
      { numRuns: 200 },
    );
  });
});
