/** Speed tests: the exchanges and their order, what is timed, what it makes of a line and its device. */
import { sha256Hex } from '../../shared/core/hash.ts';
import { speedPolicyOf, tierOf } from '../../shared/devices/speed-policy.ts';
import {
  decideExchange,
  type ExchangeRequest,
  exchangesOf,
  newSpeedTest,
  octetsOf,
  type SpeedTest,
  speedResultOf,
  speedRetestAfterMs,
  testSpeedCommand,
  wantsSpeedTest,
  withSpeedTest,
} from '../../shared/devices/speed-test.ts';
import { startMs } from '../support/runtime.ts';
import { aDevice, testId } from './builders.ts';

const policy = speedPolicyOf('prod');
const exchanges = exchangesOf(policy);
const last = exchanges.length - 1;

const fresh = newSpeedTest(
  aDevice(1),
  { id: testId('spt', 1), commandId: testId('cmd', 1), secret: new Uint8Array(32).fill(7) },
  policy,
  startMs,
);

/** An honest request for that exchange. */
const asking = (test: SpeedTest, number: number, arrivedAtMs: number): ExchangeRequest => {
  const kind = exchanges[number] ?? 'ping';
  const before = exchanges[number - 1];
  const owed = kind === 'up' ? number : before === 'down' ? number - 1 : undefined;
  const sha256 = owed === undefined ? null : sha256Hex(octetsOf(test, owed, policy));
  return { kind, number, sha256, arrivedAtMs };
};

/** The test after its first exchanges; each arrives that long after the answer before it. */
const played = (
  tookMs: (number: number) => number,
  until = last,
  from: SpeedTest = fresh,
): SpeedTest => {
  let test = from;
  for (let number = test.number + 1; number <= until; number += 1) {
    const arrivedAtMs = test.answeredAtMs + tookMs(number);
    const decision = decideExchange(
      test,
      asking(test, number, arrivedAtMs),
      policy,
      arrivedAtMs + 3,
    );
    expect(decision.outcome).toBe('next');
    test = decision.test;
  }
  return test;
};

/** What an exchange has to carry takes longer than an empty one. */
const line = (roundTripMs: number, downMs: number, upMs: number) => (number: number) => {
  if (exchanges[number] === 'up') return roundTripMs + upMs;
  return exchanges[number - 1] === 'down' ? roundTripMs + downMs : roundTripMs;
};

const bytesOf = (kind: string, each: number) =>
  exchanges.filter((exchange) => exchange === kind).length * each;

describe('the exchanges', () => {
  it('carry 1 MiB down and 3 MiB up, on every stage', () => {
    for (const stage of ['local', 'dev', 'prod']) {
      const { downPartBytes, upPartBytes } = speedPolicyOf(stage);
      expect(exchangesOf(speedPolicyOf(stage))).toEqual(exchanges);
      expect(bytesOf('down', downPartBytes)).toBe(2 ** 20);
      expect(bytesOf('up', upPartBytes)).toBe(3 * 2 ** 20);
    }
  });

  it('are named by the command, with the time in which they have to be made', () => {
    expect(testSpeedCommand(fresh, policy)).toMatchObject({
      kind: 'test_speed',
      test_id: fresh.id,
      exchanges,
      down_bytes: 262_144,
      up_bytes: 1_048_576,
      finish_within_seconds: (fresh.expiresAtMs - fresh.createdAtMs) / 1000,
    });
  });

  it('have octets of their own each, that nobody knows beforehand', () => {
    const numbers = exchanges.flatMap((kind, number) => (kind === 'ping' ? [] : [number]));
    const digests = numbers.map((number) => sha256Hex(octetsOf(fresh, number, policy)));
    expect(new Set(digests).size).toBe(numbers.length);
    const another = { ...fresh, secret: 'ff'.repeat(32) };
    expect(digests).not.toContain(sha256Hex(octetsOf(another, 6, policy)));
  });
});

describe('a speed test', () => {
  it('takes the shortest of each kind, less the shortest round trip', () => {
    const times = line(20, 4, 12);
    const jittered = (number: number) => times(number) + (number % 3 === 0 ? 0 : 15);
    const finished = played(jittered);
    expect(finished).toMatchObject({ status: 'finished', roundTripMs: 20, downMs: 24, upMs: 32 });
    expect(speedResultOf(finished, policy)).toEqual({
      tier: 2,
      downKbps: Math.floor((8 * 262_144) / 4),
      upKbps: Math.floor((8 * 1_048_576) / 12),
      roundTripMs: 20,
    });
  });

  it('never finds a time below a millisecond, whatever the clocks say', () => {
    const finished = played(() => -5);
    expect(finished).toMatchObject({ roundTripMs: 0, downMs: 0, upMs: 0 });
    expect(speedResultOf(finished, policy)).toMatchObject({ downKbps: 2_097_152, tier: 4 });
  });

  it('takes no more than half a second out of a transfer for round trips', () => {
    const held = speedResultOf(played(line(3_000, 0, 0)), policy);
    expect(held).toMatchObject({ tier: 0, roundTripMs: 3_000, downKbps: 838 });
  });

  it('answers a repeat of the last exchange and changes nothing', () => {
    for (const until of [0, 3, 7, last]) {
      const test = played(line(20, 5, 5), until);
      const again = asking(test, until, test.expiresAtMs + 1);
      expect(decideExchange(test, again, policy, test.expiresAtMs + 1)).toEqual({
        outcome: 'repeat',
        test,
      });
    }
  });

  it.each([
    ['one is left out', 5],
    ['an older one comes again', 2],
  ])('refuses when %s', (_, number) => {
    const test = played(line(20, 5, 5), 3);
    const request = asking(test, number, startMs + 500);
    expect(() => decideExchange(test, request, policy, startMs + 500)).toThrow(
      expect.objectContaining({ code: 'speed_test.out_of_order' }),
    );
  });

  it('refuses another kind of exchange, and numbers that no exchange has', () => {
    const request = { kind: 'up', number: 0, sha256: null, arrivedAtMs: startMs } as const;
    for (const number of [0, last + 1]) {
      expect(() => decideExchange(fresh, { ...request, number }, policy, startMs)).toThrow(
        expect.objectContaining({ code: 'speed_test.out_of_order' }),
      );
    }
  });

  it('is over from its time on, by the arrival', () => {
    const request = asking(fresh, 0, fresh.expiresAtMs);
    expect(() => decideExchange(fresh, request, policy, startMs)).toThrow(
      expect.objectContaining({ code: 'speed_test.over' }),
    );
    const inTime = asking(fresh, 0, fresh.expiresAtMs - 1);
    expect(decideExchange(fresh, inTime, policy, fresh.expiresAtMs + 5).outcome).toBe('next');
  });

  it.each([
    ['a ping claims to have received something', 1, sha256Hex('anything')],
    ['nothing was received of a down', 7, null],
    ['something else was received of a down', 7, sha256Hex('anything')],
    ['something else was sent by an up', last, sha256Hex('anything')],
  ])('fails when %s, and stays failed', (_, number, sha256) => {
    const test = played(line(20, 5, 5), number - 1);
    const request = { ...asking(test, number, startMs + 900), sha256 };
    const decision = decideExchange(test, request, policy, startMs + 900);
    expect(decision).toMatchObject({ outcome: 'failed', test: { status: 'failed' } });
    expect(() =>
      decideExchange(decision.test, asking(test, number, startMs), policy, startMs),
    ).toThrow(expect.objectContaining({ code: 'speed_test.over' }));
  });
});

describe('the speed class', () => {
  it.each([
    [1_600_000, 1_200_000, 4],
    [1_599_999, 1_200_000, 3],
    [1_600_000, 1_199_999, 3],
    [800_000, 600_000, 3],
    [799_999, 600_000, 2],
    [400_000, 300_000, 2],
    [400_000, 299_999, 1],
    [100_000, 10_000, 1],
    [99_999, 10_000, 0],
    [2_000_000, 9_999, 0],
  ])('of %d kbit/s down and %d up is %d', (downKbps, upKbps, tier) => {
    expect(tierOf({ downKbps, upKbps }, policy)).toBe(tier);
  });

  it('takes a hundredth of the rates where the emulator is the line', () => {
    const local = speedPolicyOf('local');
    expect(tierOf({ downKbps: 1_000, upKbps: 100 }, local)).toBe(1);
    expect(tierOf({ downKbps: 999, upKbps: 100 }, local)).toBe(0);
  });
});

describe('the tested device', () => {
  const result = { tier: 3, downKbps: 900_000, upKbps: 700_000, roundTripMs: 12 } as const;

  it('keeps what was measured, and its event says it', () => {
    const change = withSpeedTest(aDevice(1), result, startMs);
    expect(change?.device).toMatchObject({
      connectivityTier: 3,
      downKbps: 900_000,
      upKbps: 700_000,
      speedTestedAtMs: startMs,
      version: 2,
    });
    expect(change?.event).toMatchObject({
      kind: 'device.speed_tested',
      reason: 'speed_tested',
      evidence: { tier: 3, down_kbps: 900_000, up_kbps: 700_000, round_trip_ms: 12 },
    });
  });

  it('is in class 0 after a failed test', () => {
    const change = withSpeedTest(aDevice(1), 'failed', startMs);
    expect(change?.device).toMatchObject({ connectivityTier: 0, downKbps: 0, upKbps: 0 });
    expect(change?.event.reason).toBe('speed_test_failed');
  });

  it('is left alone when it is gone', () => {
    expect(withSpeedTest(aDevice(1, { status: 'terminated' }), result, startMs)).toBeUndefined();
  });

  const untested = { connectivityTier: null, speedTestedAtMs: null, downKbps: null, upKbps: null };
  it.each([
    ['is new', untested, startMs, true],
    ['is in class 0', { connectivityTier: 0 }, startMs, true],
    ['was tested 20 hours ago', { speedTestedAtMs: startMs }, startMs + speedRetestAfterMs, true],
    [
      'was tested less long ago',
      { speedTestedAtMs: startMs },
      startMs + speedRetestAfterMs - 1,
      false,
    ],
  ] as const)('that %s: whether a test is wanted', (_, changes, nowMs, wanted) => {
    expect(wantsSpeedTest(aDevice(1, changes), nowMs)).toBe(wanted);
  });
});
