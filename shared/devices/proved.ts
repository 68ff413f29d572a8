/**
 * What proofs make of a device. It is proved once every one of its processors has passed a full proof
 * since its verification began; a strike (an opening that was forged) takes that away, and the third
 * one within thirty days blocks the device for good. Pure; whoever makes a proof final writes the device
 * in the same transaction.
 */
import { assert } from '../core/assert.ts';
import { dayMs, hourMs, isoOf } from '../core/time.ts';
import { changed, type Device, withoutFailure } from './device.ts';
import type { DeviceEvent, Evidence } from './device-event.ts';
import { eventOf, statusAfter } from './lifecycle.ts';

/** Strikes count for this long. */
export const strikesCountMs = 30 * dayMs;
/** That many of them block a device. */
export const strikesMax = 3;
/** Wait before a device may verify itself again, for each strike that counts. */
const waitPerStrikeMs = hourMs;

/** What is known of one processor; `unsupported` where its model has no reference to be proved against. */
export type ProcessorProof =
  | { readonly lastFullPassAtMs: number | null; readonly gops: number | null }
  | 'unsupported';

/** A device after a change, and the event that records it. */
export interface DeviceChange {
  readonly device: Device;
  readonly event: DeviceEvent;
}

/**
 * The device once its last processor has passed: `proofs` has one entry per processor. Undefined while
 * one is missing, and where the device is proved already or gone.
 */
export const withProof = (
  device: Device,
  proofs: readonly ProcessorProof[],
  nowMs: number,
): DeviceChange | undefined => {
  assert(proofs.length === device.processorCount, `${device.id}: proofs of other processors`);
  if (device.provedAtMs !== null || !mayProve(device, nowMs)) return undefined;
  if (!proofs.every((proof) => counts(proof, device))) return undefined;
  const measured = proofs.flatMap((proof) => (proof === 'unsupported' ? [] : (proof.gops ?? [])));
  const provedGops =
    measured.length === 0 ? null : Math.floor(measured.reduce((sum, gops) => sum + gops, 0));
  const after = changed(device, {
    provedAtMs: nowMs,
    provedGops,
    ...withoutFailure(device, 'proofs'),
  });
  const evidence = { processors: device.processorCount, gops: provedGops };
  const cause = { reason: 'proofs_passed', actor: device.id, evidence } as const;
  return {
    device: after,
    event: eventOf('device.proved', { from: device.status, after }, cause, nowMs),
  };
};

/** Passes from before the verification began, during the wait after a strike say, prove nothing. */
const counts = (proof: ProcessorProof, device: Device): boolean =>
  proof === 'unsupported' ||
  (proof.lastFullPassAtMs !== null && proof.lastFullPassAtMs >= device.verifyFromMs);

const mayProve = (device: Device, nowMs: number): boolean =>
  nowMs >= device.verifyFromMs && device.status !== 'blocked' && device.status !== 'terminated';

/** What makes a device prove itself anew from now on, or from the end of the wait after a strike. */
export const verifyAnew = (
  { verifyFromMs }: Pick<Device, 'verifyFromMs'>,
  nowMs: number,
): Partial<Device> => ({
  provedAtMs: null,
  provedGops: null,
  verifyFromMs: Math.max(verifyFromMs, nowMs),
});

/** What a strike changes; for writers who change the device for other causes in the same transaction. */
export const strikeChanges = (
  device: Device,
  strikes: readonly number[],
  nowMs: number,
): Partial<Device> => {
  const counting = countingStrikes(strikes, nowMs);
  const status = counting >= strikesMax ? statusAfter(device.status, 'proof_fraud') : undefined;
  return {
    provedAtMs: null,
    provedGops: null,
    verifyFromMs: Math.max(device.verifyFromMs, nowMs + counting * waitPerStrikeMs),
    verifyFailure: 'proof_failed',
    ...(status === undefined ? {} : { status, statusReason: 'proof_fraud' as const }),
  };
};

/**
 * The device after a strike. `strikes` are the times of all strikes of its processors, this one
 * included. Undefined for a device that is gone.
 */
export const withStrike = (
  device: Device,
  strikes: readonly number[],
  nowMs: number,
  evidence: Evidence = {},
): DeviceChange | undefined => {
  if (device.status === 'terminated') return undefined;
  const after = changed(device, strikeChanges(device, strikes, nowMs));
  const seen = {
    ...evidence,
    strikes: countingStrikes(strikes, nowMs),
    verify_from: isoOf(after.verifyFromMs),
  };
  const cause = { reason: 'proof_fraud', actor: 'platform', evidence: seen } as const;
  return {
    device: after,
    event: eventOf('device.struck', { from: device.status, after }, cause, nowMs),
  };
};

/**
 * The device after it failed the challenge before a hire, which began at `t0Ms`: it has to prove itself
 * anew. Undefined where it has no proof left to lose, or proved itself since. Slow and silent devices lose
 * no more than that; a forgery is a strike besides.
 */
export const withFailedAcceptance = (
  device: Device,
  failed: { readonly t0Ms: number; readonly evidence: Evidence },
  nowMs: number,
): DeviceChange | undefined => {
  if (device.provedAtMs === null || device.provedAtMs > failed.t0Ms) return undefined;
  const after = changed(device, { ...verifyAnew(device, nowMs), verifyFailure: 'proof_failed' });
  const { evidence } = failed;
  const cause = { reason: 'acceptance_failed', actor: 'platform', evidence } as const;
  return {
    device: after,
    event: eventOf('device.not_accepted', { from: device.status, after }, cause, nowMs),
  };
};

const countingStrikes = (strikes: readonly number[], nowMs: number): number => {
  const counting = strikes.filter((atMs) => nowMs - atMs < strikesCountMs).length;
  assert(counting >= 1, 'a strike that is not among the strikes');
  return counting;
};
