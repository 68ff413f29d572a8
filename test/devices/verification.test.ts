/** The rules of a verification: when one begins, what is asked next, when to give up, when to try again. */
import { dayMs, hourMs, minuteMs } from '../../shared/core/time.ts';
import {
  type Device,
  failedCheck,
  type VerifyFailure,
  verifyFailures,
} from '../../shared/devices/device.ts';
import { speedPolicyOf } from '../../shared/devices/speed-policy.ts';
import { newSpeedTest, type SpeedTest } from '../../shared/devices/speed-test.ts';
import {
  advanced,
  attemptsMax,
  beginVerification,
  ended,
  executionOf,
  judgeVerification,
  nextCheck,
  type RoundState,
  roundOf,
  roundsMax,
  type Verification,
  verificationMsMax,
  withFailure,
} from '../../shared/devices/verification.ts';
import { startMs } from '../support/runtime.ts';
import { aDevice, hired, testId, unverified } from './builders.ts';

const policy = speedPolicyOf('test');
const joined = aDevice(1, unverified);
const begun = (device: Device = joined, before?: Verification, nowMs = startMs): Verification => {
  const verification = beginVerification(device, before, nowMs);
  if (!verification) throw new Error('nothing begins');
  return verification;
};

describe('what is asked next', () => {
  const measured: Partial<Device> = {
    connectivityTier: 1,
    speedTestedAtMs: startMs,
    downKbps: 100_000,
    upKbps: 10_000,
  };
  it.each<[string, Partial<Device>, string | undefined]>([
    ['nothing was shown', {}, 'speed_test'],
    ['the line was too slow', { ...measured, connectivityTier: 0 }, 'speed_test'],
    [
      'the speed test is from long ago',
      { ...measured, speedTestedAtMs: startMs - 20 * hourMs },
      'speed_test',
    ],
    ['the line was measured', measured, 'proofs'],
    ['it is proved', { ...measured, provedAtMs: startMs }, 'ray_test'],
    [
      'Ray failed',
      { ...measured, provedAtMs: startMs, rayTestedAtMs: startMs, addressReachable: true },
      'ray_test',
    ],
    [
      'its address cannot be dialled',
      { ...measured, provedAtMs: startMs, rayTestedAtMs: startMs, rayTestPassed: true },
      'ray_test',
    ],
    [
      'all was shown',
      {
        ...measured,
        provedAtMs: startMs,
        rayTestedAtMs: startMs,
        rayTestPassed: true,
        addressReachable: true,
      },
      undefined,
    ],
  ])('when %s', (_, changes, check) => {
    expect(nextCheck({ ...joined, ...changes }, startMs)).toBe(check);
  });
});

describe('a verification', () => {
  it('begins with nothing asked for, under a name of its own', () => {
    const verification = begun();
    expect(verification).toMatchObject({ status: 'running', startedAtMs: startMs, version: 1 });
    expect(executionOf(verification)).toBe(`${joined.id}-${startMs}`);
    // Step Functions takes 80 characters.
    expect(executionOf(verification).length).toBeLessThanOrEqual(80);
  });

  it.each<[string, Device, number]>([
    ['has shown everything', aDevice(1), startMs],
    ['is hired', { ...joined, ...hired }, startMs],
    ['is down', { ...joined, status: 'down', statusReason: 'heartbeat_lost' }, startMs],
    ['is paused', { ...joined, status: 'paused' }, startMs],
    ['is blocked', { ...joined, status: 'blocked' }, startMs],
    ['waits after a strike', { ...joined, verifyFromMs: startMs + 1 }, startMs],
  ])('does not begin for a device that %s', (_, device, nowMs) => {
    expect(beginVerification(device, undefined, nowMs)).toBeUndefined();
  });

  it('does not begin beside one that goes on, until that must be over', () => {
    const running = begun();
    const later = startMs + verificationMsMax;
    expect(beginVerification(joined, running, later - 1)).toBeUndefined();
    expect(begun(joined, running, later)).toMatchObject({ startedAtMs: later, version: 2 });
  });

  it.each(['ready', 'left'] as const)('begins again at once after one that ended %s', (status) => {
    const over = ended(begun(), status, startMs);
    expect(begun(joined, over, startMs + 1).version).toBe(over.version + 1);
  });

  it('waits an hour after a failure, then two, then four, and never more than a day', () => {
    let verification = begun();
    const waits: number[] = [];
    for (let nowMs = startMs; waits.length < 7; nowMs = verification.retryFromMs) {
      if (waits.length > 0) verification = begun(joined, verification, nowMs);
      verification = ended(verification, 'failed', nowMs);
      waits.push((verification.retryFromMs - nowMs) / hourMs);
      expect(beginVerification(joined, verification, verification.retryFromMs - 1)).toBeUndefined();
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 24, 24]);
    expect(dayMs).toBe(24 * hourMs);
  });

  it('forgets failures once one was passed, and remembers them through one that was left', () => {
    const failed = { ...begun(), failures: 3 };
    expect(ended(failed, 'left', startMs).failures).toBe(3);
    expect(ended(failed, 'ready', startMs).failures).toBe(0);
  });

  it('does not wait after a failure when something happened since that asks for another', () => {
    const failed = ended(begun(), 'failed', startMs + minuteMs);
    const again = { ...joined, verifyFromMs: startMs + minuteMs + 1 };
    expect(begun(again, failed, startMs + 2 * minuteMs).status).toBe('running');
    // What happened before its end does not.
    const before = { ...joined, verifyFromMs: startMs + minuteMs };
    expect(beginVerification(before, failed, startMs + 2 * minuteMs)).toBeUndefined();
  });

  it('names each of its rounds of challenges', () => {
    const first = advanced(begun(), { rounds: 1 });
    const second = advanced(first, { rounds: 2 });
    expect(new Set([roundOf(first), roundOf(second), roundOf(begun())]).size).toBe(3);
    const next = begun(joined, ended(first, 'left', startMs), startMs + 1);
    expect(roundOf({ ...next, rounds: 1 })).not.toBe(roundOf(first));
  });
});

describe('the judgement', () => {
  const judge = (
    device: Partial<Device>,
    verification: Partial<Verification> = {},
    found: { speedTest?: SpeedTest; round?: RoundState; nowMs?: number } = {},
  ) => {
    const { speedTest, round = 'none', nowMs = startMs } = found;
    const facts = {
      device: { ...joined, ...device },
      verification: { ...begun(), ...verification },
      speedTest,
      round,
      isHeard: true,
    };
    return judgeVerification(facts, nowMs);
  };
  const made = { id: testId('spt', 1), commandId: testId('cmd', 1), secret: new Uint8Array(32) };
  const open = newSpeedTest(joined, made, policy, startMs);
  const lined: Partial<Device> = {
    connectivityTier: 2,
    speedTestedAtMs: startMs,
    downKbps: 500_000,
    upKbps: 400_000,
  };
  const proved: Partial<Device> = { ...lined, provedAtMs: startMs };
  const spent = { speedTests: attemptsMax };

  it.each<[string, Partial<Device>]>([
    ['hired', hired],
    ['down', { status: 'down', statusReason: 'heartbeat_lost' }],
    ['struck', { verifyFromMs: startMs + 1 }],
  ])('is left when the device is %s', (_, device) => {
    expect(judge({ ...proved, ...device })).toEqual({ outcome: 'left' });
  });

  it('is ready when nothing is missing', () => {
    const shown = { rayTestedAtMs: startMs, rayTestPassed: true, addressReachable: true };
    expect(judge({ ...proved, ...shown })).toEqual({ outcome: 'ready' });
  });

  it('asks for a speed test, waits while it goes on, asks again when its time is over', () => {
    expect(judge({})).toEqual({ outcome: 'ask' });
    expect(judge({}, { speedTests: 1 }, { speedTest: open })).toEqual({ outcome: 'wait' });
    const nowMs = open.expiresAtMs;
    expect(judge({}, { speedTests: 1 }, { speedTest: open, nowMs })).toEqual({ outcome: 'ask' });
    // A third that goes on is waited for.
    expect(judge({}, spent, { speedTest: open })).toEqual({ outcome: 'wait' });
  });

  it.each<[VerifyFailure, Partial<Device>, SpeedTest]>([
    ['speed_test_unanswered', {}, open],
    ['speed_test_failed', { ...lined, connectivityTier: 0 }, { ...open, status: 'failed' }],
    ['line_too_slow', { ...lined, connectivityTier: 0 }, { ...open, status: 'finished' }],
  ])('fails after three speed tests: %s', (reason, device, speedTest) => {
    const nowMs = open.expiresAtMs;
    expect(judge(device, spent, { speedTest, nowMs })).toEqual({ outcome: 'failed', reason });
  });

  it.each<[RoundState, string]>([
    ['none', 'ask'],
    ['open', 'wait'],
    ['passed', 'ask'],
    ['failed', 'ask'],
    ['unanswered', 'ask'],
  ])('with a round that is %s: %s', (round, outcome) => {
    expect(judge(lined, { rounds: 1 }, { round })).toEqual({ outcome });
  });

  it.each<[VerifyFailure, RoundState]>([
    ['proof_failed', 'failed'],
    ['proof_unanswered', 'unanswered'],
  ])('fails with %s after three rounds that %s', (reason, round) => {
    const verification = { rounds: 3, failedRounds: attemptsMax - 1 };
    expect(judge(lined, verification, { round })).toEqual({ outcome: 'failed', reason });
    // The rounds of a calibration that pass cost no attempt.
    expect(judge(lined, verification, { round: 'passed' })).toEqual({ outcome: 'ask' });
  });

  it('begins no more rounds than a calibration with its failures can need', () => {
    expect(judge(lined, { rounds: roundsMax - 1 }, { round: 'passed' }).outcome).toBe('ask');
    expect(judge(lined, { rounds: roundsMax }, { round: 'open' }).outcome).toBe('wait');
    expect(judge(lined, { rounds: roundsMax }, { round: 'passed' })).toEqual({
      outcome: 'failed',
      reason: 'proof_failed',
    });
  });

  it('asks for a test of Ray, waits three minutes for the answer, asks again', () => {
    expect(judge(proved)).toEqual({ outcome: 'ask' });
    const ordered = { rayTests: 1, rayOrderedAtMs: startMs };
    const at = (ms: number) => ({ nowMs: startMs + ms });
    expect(judge(proved, ordered, at(3 * minuteMs - 1))).toEqual({ outcome: 'wait' });
    expect(judge(proved, ordered, at(3 * minuteMs))).toEqual({ outcome: 'ask' });
    const failed = { ...proved, rayTestedAtMs: startMs + 1 };
    expect(judge(failed, ordered, at(2))).toEqual({ outcome: 'ask' });
    // An older answer is none to this order.
    const older = { ...proved, rayTestedAtMs: startMs - 1 };
    expect(judge(older, ordered, at(2))).toEqual({ outcome: 'wait' });
  });

  it.each<[VerifyFailure, number | null]>([
    ['ray_test_unanswered', null],
    ['ray_test_failed', startMs + 1],
  ])('fails after three tests of Ray: %s', (reason, rayTestedAtMs) => {
    const ordered = { rayTests: attemptsMax, rayOrderedAtMs: startMs };
    const found = { nowMs: startMs + 3 * minuteMs };
    expect(judge({ ...proved, rayTestedAtMs }, ordered, found)).toEqual({
      outcome: 'failed',
      reason,
    });
  });
});

describe('a failure', () => {
  it('stands in the device and in an event, with the time of the next attempt', () => {
    const retryFromMs = startMs + hourMs;
    const { device, event } = withFailure(joined, 'line_too_slow', { retryFromMs }, startMs);
    expect(device).toMatchObject({ verifyFailure: 'line_too_slow', version: joined.version + 1 });
    expect(event).toMatchObject({
      kind: 'device.verification_failed',
      reason: 'verification_failed',
      actor: 'platform',
      evidence: { failure: 'line_too_slow', retried_at: '2026-11-22T13:00:00.000Z' },
    });
  });

  it('is of one check each, or of the platform', () => {
    const ofPlatform = verifyFailures.filter((failure) => failedCheck[failure] === null);
    expect(ofPlatform).toEqual(['platform_fault']);
  });
});
