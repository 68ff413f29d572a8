/** Waiting by a clock that a test moves: the wait ends when the clock has come so far, however it came there. */
import { waitByClock } from '../../agent/ray/monotonic-clock.ts';

/** A clock that goes on while it is waited for, and jumps once. */
const machine = (jump: { readonly afterMs: number; readonly byMs: number }) => {
  const time = { passedMs: 0, movedMs: 0 };
  const wait = async (ms: number) => {
    time.passedMs += ms;
    if (time.passedMs >= jump.afterMs) time.movedMs = jump.byMs;
  };
  const monotonicMs = () => time.passedMs + time.movedMs;
  return { time, wait: waitByClock(monotonicMs, wait) };
};

it('takes as long as it says while nobody moves the clock', async () => {
  const { time, wait } = machine({ afterMs: Number.POSITIVE_INFINITY, byMs: 0 });
  await wait(1_100);
  expect(time.passedMs).toBe(1_100);
});

it('ends soon after the clock was moved beyond its end', async () => {
  const { time, wait } = machine({ afterMs: 500, byMs: 300_000 });
  await wait(300_000);
  expect(time.passedMs).toBe(500);
});

it('goes on for what is left when the clock was moved by less', async () => {
  const { time, wait } = machine({ afterMs: 500, byMs: 1_000 });
  await wait(3_000);
  expect(time.passedMs).toBe(2_000);
});

it('ends at once when it is called off', async () => {
  const off = new AbortController();
  off.abort();
  const wait = waitByClock(
    () => 0,
    () => Promise.reject(new Error('it waited')),
  );
  await expect(wait(1_000, off.signal)).resolves.toBeUndefined();
});
