/**
 * A speed test as it goes on, exchange by exchange, all of it timed by the platform. Between two
 * exchanges runs the time from the moment the answer was ready until the next request had arrived
 * whole: after a `ping` that is a round trip, after a `down` the transfer of its octets, and before an
 * `up` the transfer of its own. Of each kind the shortest counts, less the shortest round trip; what the
 * platform itself adds stays in, so a line is never slower than the test says. Pure.
 *
 * Not excluded: a device that holds back its pings hides as much of its transfers, up to
 * `roundTripMsMax`; and whoever has the device's key may answer from a better place.
 */
import type { TestSpeedCommand } from '../clusters/agent-protocol.ts';
import { assert, present } from '../core/assert.ts';
import { AppError } from '../core/errors.ts';
import { sha256Hex } from '../core/hash.ts';
import type { Id } from '../core/ids.ts';
import { keystream } from '../core/keystream.ts';
import { hourMs, isoOf, secondMs } from '../core/time.ts';
import { changed, type Device, withoutFailure } from './device.ts';
import { eventOf } from './lifecycle.ts';
import type { DeviceChange } from './proved.ts';
import { type SpeedPolicy, tierOf } from './speed-policy.ts';
import type { ConnectivityTier, SpeedExchange } from './speed-schemas.ts';

/** It is repeated at this age, four hours before it stops to count. */
export const speedRetestAfterMs = 20 * hourMs;

/** finished: every exchange was made; failed: the device brought back or sent other octets. */
export const speedTestStatuses = ['open', 'finished', 'failed'] as const;

export interface SpeedTest {
  readonly id: Id<'spt'>;
  readonly deviceId: Id<'dev'>;
  /** The command that asked for it. */
  readonly commandId: Id<'cmd'>;
  /** 32 random bytes, hex; all octets of the test follow from it. */
  readonly secret: string;
  readonly status: (typeof speedTestStatuses)[number];
  /** The last answered exchange; -1 before the first. */
  readonly number: number;
  /** The clock just before that answer was stored. */
  readonly answeredAtMs: number;
  /** The shortest so far; null while there is none. */
  readonly roundTripMs: number | null;
  readonly downMs: number | null;
  readonly upMs: number | null;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
}

/** The exchanges of a test in their order. The ping after the last `down` says that it arrived. */
export const exchangesOf = (policy: SpeedPolicy): readonly SpeedExchange[] => [
  ...Array<SpeedExchange>(policy.pings).fill('ping'),
  ...Array<SpeedExchange>(policy.downParts).fill('down'),
  'ping',
  ...Array<SpeedExchange>(policy.upParts).fill('up'),
];

/** The seed of an exchange's octets, 32 bytes. */
export const seedOf = ({ secret }: Pick<SpeedTest, 'secret'>, number: number): Uint8Array =>
  Buffer.from(sha256Hex(`raymesh/speed-test ${secret} ${number}`), 'hex');

/** The octets that a `down` brings, or that an `up` has to bring. */
export const octetsOf = (
  test: Pick<SpeedTest, 'secret'>,
  number: number,
  policy: SpeedPolicy,
): Uint8Array => {
  const kind = exchangesOf(policy)[number];
  assert(kind === 'down' || kind === 'up', `exchange ${number} has no octets`);
  const count = kind === 'down' ? policy.downPartBytes : policy.upPartBytes;
  return keystream(seedOf(test, number), count);
};

/** A request of the device in its test. */
export interface ExchangeRequest {
  readonly kind: SpeedExchange;
  readonly number: number;
  /** SHA-256, hex: of what the `down` before it brought, or of what an `up` brings; else null. */
  readonly sha256: string | null;
  /** When all of it had arrived. */
  readonly arrivedAtMs: number;
}

/** What a request is in its test, and the test after it. */
export interface ExchangeDecision {
  /** repeat: it was answered before and is answered again; nothing changes. */
  readonly outcome: 'repeat' | 'next' | 'failed';
  readonly test: SpeedTest;
}

/**
 * Takes a request. Throws `speed_test.over` after the end, by time too, and `speed_test.out_of_order` for
 * any other exchange than the next one or the last one.
 */
export const decideExchange = (
  test: SpeedTest,
  request: ExchangeRequest,
  policy: SpeedPolicy,
  nowMs: number,
): ExchangeDecision => {
  const exchanges = exchangesOf(policy);
  const { number, kind, arrivedAtMs } = request;
  if (test.status === 'failed') throw new AppError('speed_test.over');
  if (exchanges[number] !== kind) throw new AppError('speed_test.out_of_order');
  if (number === test.number) return { outcome: 'repeat', test };
  if (test.status !== 'open' || arrivedAtMs >= test.expiresAtMs) {
    throw new AppError('speed_test.over');
  }
  if (number !== test.number + 1) throw new AppError('speed_test.out_of_order');
  if (request.sha256 !== expectedSha256(test, number, policy)) {
    return { outcome: 'failed', test: { ...test, status: 'failed' } };
  }
  const taken = number === 0 ? test : timed(test, exchanges, number, arrivedAtMs);
  const status = number === exchanges.length - 1 ? 'finished' : 'open';
  return { outcome: 'next', test: { ...taken, status, number, answeredAtMs: nowMs } };
};

const expectedSha256 = (test: SpeedTest, number: number, policy: SpeedPolicy): string | null => {
  const exchanges = exchangesOf(policy);
  if (exchanges[number] === 'up') return sha256Hex(octetsOf(test, number, policy));
  if (exchanges[number - 1] === 'down') return sha256Hex(octetsOf(test, number - 1, policy));
  return null;
};

/** Clocks of two machines may differ a little: a time is never below zero. */
const timed = (
  test: SpeedTest,
  exchanges: readonly SpeedExchange[],
  number: number,
  arrivedAtMs: number,
): SpeedTest => {
  const tookMs = Math.max(0, arrivedAtMs - test.answeredAtMs);
  const shorter = (before: number | null): number => Math.min(before ?? tookMs, tookMs);
  if (exchanges[number] === 'up') return { ...test, upMs: shorter(test.upMs) };
  if (exchanges[number - 1] === 'down') return { ...test, downMs: shorter(test.downMs) };
  return { ...test, roundTripMs: shorter(test.roundTripMs) };
};

/** What a finished test measured. */
export interface SpeedResult {
  readonly tier: ConnectivityTier;
  readonly downKbps: number;
  readonly upKbps: number;
  readonly roundTripMs: number;
}

/** The rates of a finished test: least ones, for what the platform adds is charged to the line. */
export const speedResultOf = (test: SpeedTest, policy: SpeedPolicy): SpeedResult => {
  assert(test.status === 'finished', `${test.id}: a result of a test that is ${test.status}`);
  const roundTripMs = present(test.roundTripMs, `${test.id}: no round trip`);
  const taken = Math.min(roundTripMs, policy.roundTripMsMax);
  // Bits in a millisecond are kilobits in a second.
  const kbps = (bytes: number, tookMs: number | null): number =>
    Math.floor((8 * bytes) / Math.max(1, present(tookMs, `${test.id}: no transfer`) - taken));
  const downKbps = kbps(policy.downPartBytes, test.downMs);
  const upKbps = kbps(policy.upPartBytes, test.upMs);
  return { tier: tierOf({ downKbps, upKbps }, policy), downKbps, upKbps, roundTripMs };
};

/** The device after a test: with what it measured, or in class 0 because it failed. Undefined: it is gone. */
export const withSpeedTest = (
  device: Device,
  result: SpeedResult | 'failed',
  nowMs: number,
): DeviceChange | undefined => {
  if (device.status === 'terminated') return undefined;
  const measured = result === 'failed' ? ({ tier: 0, downKbps: 0, upKbps: 0 } as const) : result;
  const { tier: connectivityTier, downKbps, upKbps } = measured;
  const after = changed(device, {
    connectivityTier,
    speedTestedAtMs: nowMs,
    downKbps,
    upKbps,
    ...(connectivityTier === 0 ? {} : withoutFailure(device, 'speed_test')),
  });
  const evidence =
    result === 'failed'
      ? { detail: 'What the device sent was not what it was asked for.' }
      : {
          tier: result.tier,
          down_kbps: downKbps,
          up_kbps: upKbps,
          round_trip_ms: result.roundTripMs,
        };
  const reason = result === 'failed' ? 'speed_test_failed' : 'speed_tested';
  const cause = { reason, actor: device.id, evidence } as const;
  const event = eventOf('device.speed_tested', { from: device.status, after }, cause, nowMs);
  return { device: after, event };
};

/**
 * Whether a speed test should be ordered at once: there is none, or it is from too long ago. One that
 * just failed is repeated by the schedule, not at once and for ever.
 */
export const isSpeedTestOutdated = (device: Device, nowMs: number): boolean =>
  device.speedTestedAtMs === null || nowMs - device.speedTestedAtMs >= speedRetestAfterMs;

/** Whether a speed test should be ordered this hour: it is outdated, or the line was too slow. */
export const wantsSpeedTest = (device: Device, nowMs: number): boolean =>
  isSpeedTestOutdated(device, nowMs) || device.connectivityTier === 0;

/** Whether the device may still finish it. */
export const isUnderWay = (test: SpeedTest, nowMs: number): boolean =>
  test.status === 'open' && nowMs < test.expiresAtMs;

/** What makes a new test. */
export interface NewSpeedTest {
  readonly id: Id<'spt'>;
  readonly commandId: Id<'cmd'>;
  /** 32 random bytes. */
  readonly secret: Uint8Array;
}

/** A test that begins now. */
export const newSpeedTest = (
  device: Pick<Device, 'id'>,
  { id, commandId, secret }: NewSpeedTest,
  policy: SpeedPolicy,
  nowMs: number,
): SpeedTest => ({
  id,
  deviceId: device.id,
  commandId,
  secret: Buffer.from(secret).toString('hex'),
  status: 'open',
  number: -1,
  answeredAtMs: nowMs,
  roundTripMs: null,
  downMs: null,
  upMs: null,
  createdAtMs: nowMs,
  expiresAtMs: nowMs + policy.finishWithinSeconds * secondMs,
});

/** The command that asks the device for the test. */
export const testSpeedCommand = (test: SpeedTest, policy: SpeedPolicy): TestSpeedCommand => ({
  kind: 'test_speed',
  command_id: test.commandId,
  issued_at: isoOf(test.createdAtMs),
  test_id: test.id,
  exchanges: [...exchangesOf(policy)],
  down_bytes: policy.downPartBytes,
  up_bytes: policy.upPartBytes,
  finish_within_seconds: policy.finishWithinSeconds,
});
