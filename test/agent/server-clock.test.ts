/** The platform's time: learned from answers, carried on, and unknown once a clock has jumped. */
import { createServerClock } from '../../agent/platform/server-clock.ts';

/** A machine whose clocks a test moves; the platform's is 5 s ahead of its wall clock. */
const machine = () => {
  const time = { wallMs: 1_000_000, monotonicMs: 500 };
  const clock = createServerClock({
    clock: { nowMs: () => time.wallMs },
    monotonicMs: () => time.monotonicMs,
  });
  const jumps: (number | undefined)[] = [];
  clock.onJump(() => jumps.push(clock.nowMs()));
  const pass = (ms: number) => {
    time.wallMs += ms;
    time.monotonicMs += ms;
  };
  /** An answer: the platform reads its clock after `up` milliseconds, it arrives `down` later. */
  const answer = (up: number, down: number, aheadMs = 5_000) => {
    const sentMs = time.monotonicMs;
    pass(up);
    const serverMs = time.wallMs + aheadMs;
    pass(down);
    clock.learn({ serverMs, sentMs, receivedMs: time.monotonicMs });
  };
  return { time, clock, jumps, pass, answer };
};

it('is unknown until an answer has told it', () => {
  const { clock, jumps, answer, time } = machine();
  expect(clock.nowMs()).toBeUndefined();
  answer(20, 20);
  expect(clock.nowMs()).toBe(time.wallMs + 5_000);
  expect(jumps).toHaveLength(1);
});

it('goes on by the monotonic clock', () => {
  const { clock, answer, pass, time } = machine();
  answer(20, 20);
  pass(3_600_000);
  expect(clock.nowMs()).toBe(time.wallMs + 5_000);
});

it('says how far it may have drifted since it was told the time', () => {
  const { clock, answer, pass } = machine();
  expect(clock.driftMs()).toBe(0);
  answer(20, 20);
  pass(600_000);
  expect(clock.driftMs()).toBeCloseTo(60, 6);
  answer(20, 20);
  expect(clock.driftMs()).toBe(0);
});

it('keeps the better of two samples, and is never off by more than half a round trip', () => {
  const { clock, answer, time, jumps } = machine();
  answer(10, 10);
  answer(0, 800);
  expect(clock.nowMs()).toBe(time.wallMs + 5_000);
  answer(0, 0);
  expect(clock.nowMs()).toBe(time.wallMs + 5_000);
  expect(jumps).toHaveLength(1);
});

it('takes a worse sample once drift may have made the old one worse still', () => {
  const { clock, answer, pass, time } = machine();
  answer(1, 1);
  pass(10_000_000);
  answer(0, 200, 4_500);
  expect(clock.nowMs()).toBe(time.wallMs + 4_500 - 100);
});

it('follows a platform whose clock was moved, and says so', () => {
  const { clock, answer, time, jumps } = machine();
  answer(10, 10);
  answer(10, 10, 3_600_000);
  expect(clock.nowMs()).toBe(time.wallMs + 3_600_000);
  answer(10, 10, 5_000);
  expect(jumps).toEqual([1_005_020, 4_600_040, 1_005_060]);
});

it.each(['wallMs', 'monotonicMs'] as const)('is unknown after %s alone has jumped', (which) => {
  const { time, clock, answer, jumps } = machine();
  answer(10, 10);
  time[which] += 1_001;
  expect(clock.nowMs()).toBeUndefined();
  answer(10, 10);
  expect(clock.nowMs()).toBe(time.wallMs + 5_000);
  expect(jumps).toHaveLength(2);
});

it('outlives a wall clock that is slewed slowly while answers come', () => {
  const { time, clock, answer, pass, jumps } = machine();
  answer(10, 10);
  for (let hour = 0; hour < 5; hour += 1) {
    pass(3_600_000);
    time.wallMs += 900;
    answer(400, 400, 5_000 - 900 * (hour + 1));
    expect(clock.nowMs()).toBeDefined();
  }
  expect(jumps).toHaveLength(1);
});

it('learns nothing from an answer during which the clock was moved', () => {
  const { clock, time } = machine();
  const sentMs = time.monotonicMs;
  time.monotonicMs += 55_000;
  clock.learn({ serverMs: 2_000_000, sentMs, receivedMs: time.monotonicMs });
  expect(clock.nowMs()).toBeUndefined();
});
