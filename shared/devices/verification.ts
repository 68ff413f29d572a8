/**
 * The verification of a device: a speed test, full proofs of all of its processors together, a test start
 * of Ray; whatever is missing, in this order, one after the other, so that none disturbs another. What
 * was shown stands in the device itself; here stands how often each was asked for, for what is asked of a
 * device may get lost on its way and costs it nothing at first. Pure.
 */
import { assert } from '../core/assert.ts';
import type { Id } from '../core/ids.ts';
import { dayMs, hourMs, isoOf, minuteMs } from '../core/time.ts';
import { type Check, changed, type Device, type VerifyFailure } from './device.ts';
import { eventOf } from './lifecycle.ts';
import type { DeviceChange } from './proved.ts';
import { isTestOutdated } from './ray-test.ts';
import { isUnderWay, type SpeedTest, wantsSpeedTest } from './speed-test.ts';

export const verificationStatuses = [
  'running',
  /** The device showed all of it. */
  'ready',
  /** The device was hired, went down or was taken off before the end. */
  'left',
  'failed',
] as const;

/** The last verification of a device. */
export interface Verification {
  readonly deviceId: Id<'dev'>;
  readonly status: (typeof verificationStatuses)[number];
  readonly startedAtMs: number;
  readonly endedAtMs: number | null;
  /** Speed tests that were ordered while the device was heard, and tests of Ray. */
  readonly speedTests: number;
  readonly rayTests: number;
  /** When the last test of Ray was ordered. */
  readonly rayOrderedAtMs: number | null;
  /** Rounds of challenges that were begun, and those of them that failed before the last one. */
  readonly rounds: number;
  readonly failedRounds: number;
  /** Verifications that failed in a row. */
  readonly failures: number;
  /** After a failure: no earlier than then is it tried again by itself. */
  readonly retryFromMs: number;
  /** Grows by one with each change. */
  readonly version: number;
}

/** Nothing is asked for more often in one verification. */
export const attemptsMax = 3;
/** A CPU is calibrated by four rounds; beside those there is room for failed ones. */
export const roundsMax = 12;
/** A verification that is older is over, whatever its item says: the workflow has ended by then. */
export const verificationMsMax = 65 * minuteMs;
/** A test of Ray that was not answered by then will not be. */
const rayAnswerMsMax = 3 * minuteMs;

const retryMsMax = dayMs;

/** What is missing; undefined once the device can be offered. */
export const nextCheck = (device: Device, nowMs: number): Check | undefined => {
  if (wantsSpeedTest(device, nowMs)) return 'speed_test';
  if (device.provedAtMs === null) return 'proofs';
  const tested = device.rayTestPassed && device.addressReachable;
  return tested && !isTestOutdated(device, nowMs) ? undefined : 'ray_test';
};

/** Whether something is missing that single tests do not bring: its first speed test, or its proofs. */
export const needsVerification = (device: Device): boolean =>
  device.speedTestedAtMs === null || device.provedAtMs === null;

/** Whether it can be verified at that time: it is up and free, and no wait after a strike runs. */
export const canBeVerified = (device: Device, nowMs: number): boolean =>
  device.status === 'up' && device.hiredBy === null && nowMs >= device.verifyFromMs;

/** The name of its execution: the same verification is never started twice. */
export const executionOf = ({ deviceId, startedAtMs }: Verification): string =>
  `${deviceId}-${startedAtMs}`;

/** Whether it goes on. */
export const isRunning = (verification: Verification | undefined, nowMs: number): boolean =>
  verification?.status === 'running' && nowMs - verification.startedAtMs < verificationMsMax;

/**
 * The verification that begins now; undefined while one goes on, where none is needed or possible, and
 * for a while after one that failed, unless something happened to the device since that asks for another.
 */
export const beginVerification = (
  device: Device,
  before: Verification | undefined,
  nowMs: number,
): Verification | undefined => {
  if (!needsVerification(device) || !canBeVerified(device, nowMs)) return undefined;
  if (isRunning(before, nowMs)) return undefined;
  const failed = before?.status === 'failed';
  const asked = device.verifyFromMs > (before?.endedAtMs ?? 0);
  if (failed && !asked && nowMs < before.retryFromMs) return undefined;
  return {
    deviceId: device.id,
    status: 'running',
    startedAtMs: nowMs,
    endedAtMs: null,
    speedTests: 0,
    rayTests: 0,
    rayOrderedAtMs: null,
    rounds: 0,
    failedRounds: 0,
    failures: before?.failures ?? 0,
    retryFromMs: nowMs,
    version: (before?.version ?? 0) + 1,
  };
};

/** The verification with these changes, one version on. */
export const advanced = (
  verification: Verification,
  changes: Partial<Verification>,
): Verification => ({ ...verification, ...changes, version: verification.version + 1 });

/** The name of the round of challenges that was begun last. */
export const roundOf = (verification: Verification): string =>
  `${executionOf(verification)}#${verification.rounds}`;

/** How a round of challenges stands. */
export type RoundState = 'none' | 'open' | 'passed' | 'failed' | 'unanswered';

/** What was found out about a verification. */
export interface VerificationFacts {
  readonly device: Device;
  readonly verification: Verification;
  readonly speedTest: SpeedTest | undefined;
  /** Of the last round that was begun. */
  readonly round: RoundState;
  /** Whether its agent has spoken since it joined. */
  readonly isHeard: boolean;
}

export type Judgement =
  | { readonly outcome: 'ready' | 'left' | 'ask' | 'wait' }
  | { readonly outcome: 'failed'; readonly reason: VerifyFailure };

/** ask: the next check is to be asked for, again or for the first time; wait: it was. */
export const judgeVerification = (facts: VerificationFacts, nowMs: number): Judgement => {
  const { device } = facts;
  if (!canBeVerified(device, nowMs)) return { outcome: 'left' };
  switch (nextCheck(device, nowMs)) {
    case 'speed_test':
      return judgeSpeed(facts, nowMs);
    case 'proofs':
      return judgeProofs(facts);
    case 'ray_test':
      return judgeRay(facts, nowMs);
    default:
      return { outcome: 'ready' };
  }
};

const judgeSpeed = (
  { device, verification, speedTest }: VerificationFacts,
  nowMs: number,
): Judgement => {
  if (speedTest && isUnderWay(speedTest, nowMs)) return { outcome: 'wait' };
  if (verification.speedTests < attemptsMax) return { outcome: 'ask' };
  if (speedTest?.status === 'failed') return { outcome: 'failed', reason: 'speed_test_failed' };
  const measured = (device.speedTestedAtMs ?? 0) >= verification.startedAtMs;
  return { outcome: 'failed', reason: measured ? 'line_too_slow' : 'speed_test_unanswered' };
};

const judgeProofs = ({ verification, round }: VerificationFacts): Judgement => {
  if (round === 'open') return { outcome: 'wait' };
  const failed = round === 'failed' || round === 'unanswered';
  const attempts = verification.failedRounds + (failed ? 1 : 0);
  if (attempts < attemptsMax && verification.rounds < roundsMax) return { outcome: 'ask' };
  return {
    outcome: 'failed',
    reason: round === 'unanswered' ? 'proof_unanswered' : 'proof_failed',
  };
};

const judgeRay = ({ device, verification }: VerificationFacts, nowMs: number): Judgement => {
  const { rayOrderedAtMs, rayTests } = verification;
  const answered = (device.rayTestedAtMs ?? 0) >= (rayOrderedAtMs ?? 0);
  const pending = rayOrderedAtMs !== null && nowMs - rayOrderedAtMs < rayAnswerMsMax;
  if (pending && !(answered && device.rayTestedAtMs !== null)) return { outcome: 'wait' };
  if (rayTests < attemptsMax) return { outcome: 'ask' };
  return {
    outcome: 'failed',
    reason: answered && device.rayTestedAtMs !== null ? 'ray_test_failed' : 'ray_test_unanswered',
  };
};

/** A verification that ended; after a failure the next one waits an hour, then two, then four, a day at most. */
export const ended = (
  verification: Verification,
  status: 'ready' | 'left' | 'failed',
  nowMs: number,
): Verification => {
  assert(verification.status === 'running', `${verification.deviceId}: ended twice`);
  const failures = status === 'failed' ? verification.failures + 1 : 0;
  const waitMs = failures === 0 ? 0 : Math.min(retryMsMax, hourMs * 2 ** (failures - 1));
  return advanced(verification, {
    status,
    endedAtMs: nowMs,
    failures: status === 'left' ? verification.failures : failures,
    retryFromMs: nowMs + waitMs,
  });
};

/** The device with the reason for which its verification failed, and the event that says it. */
export const withFailure = (
  device: Device,
  reason: VerifyFailure,
  verification: Pick<Verification, 'retryFromMs'>,
  nowMs: number,
): DeviceChange => {
  const after = changed(device, { verifyFailure: reason });
  const evidence = { failure: reason, retried_at: isoOf(verification.retryFromMs) };
  const cause = { reason: 'verification_failed', actor: 'platform', evidence } as const;
  const change = { from: device.status, after };
  return { device: after, event: eventOf('device.verification_failed', change, cause, nowMs) };
};
