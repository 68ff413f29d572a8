/**
 * Who had a device at an instant: the cluster that has it now, or one that had it before. Rules about
 * proofs ask for the instant at which a slot opened, and a hire may be over when they ask. Pure.
 */
import type { Id } from '../core/ids.ts';
import type { Device } from './device.ts';

/** A hire that is over: from its first to before its last millisecond. */
export interface PastHire {
  readonly clusterId: Id<'clu'>;
  readonly nodeId: Id<'nod'>;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly proofConsent: boolean;
}

/** A hire as it was at some instant. */
export type HireThen = Pick<PastHire, 'clusterId' | 'proofConsent'>;

/**
 * The hire at that instant; undefined when the device was free. `past`: its hires that were not over at
 * the instant; more of them do no harm.
 */
export const hireAt = (
  device: Pick<Device, 'hiredBy' | 'hiredAtMs' | 'hiredConsent'>,
  past: readonly PastHire[],
  atMs: number,
): HireThen | undefined => {
  const { hiredBy, hiredAtMs, hiredConsent } = device;
  if (hiredBy !== null && hiredAtMs !== null && hiredAtMs <= atMs) {
    return { clusterId: hiredBy, proofConsent: hiredConsent === true };
  }
  return past.find(({ fromMs, untilMs }) => fromMs <= atMs && atMs < untilMs);
};
