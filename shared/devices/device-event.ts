/**
 * What happened to a device, written in the transaction that made it happen: from, to, the reason, who
 * caused it, and what it was concluded from. Its number is the device's version after the change.
 */
import type { Id } from '../core/ids.ts';
import type { DeviceReason, DeviceStatus } from './device.ts';

export const deviceEventKinds = [
  'device.registered',
  'device.status_changed',
  'device.ray_tested',
  'device.speed_tested',
  'device.proved',
  'device.struck',
  'device.not_accepted',
  'device.verification_failed',
  'device.renamed',
  'device.hardware_changed',
] as const;

export interface DeviceEvent {
  readonly deviceId: Id<'dev'>;
  /** Version of the device after the change. */
  readonly version: number;
  readonly kind: (typeof deviceEventKinds)[number];
  /** Null at registration. */
  readonly from: DeviceStatus | null;
  readonly to: DeviceStatus;
  readonly reason: DeviceReason;
  /** `key_...`, `dev_...`, `clu_...` or `platform`. */
  readonly actor: string;
  /** Facts behind it, snake_case; no secrets, nobody else's ids. */
  readonly evidence: Evidence;
  readonly atMs: number;
}

export type Evidence = Readonly<Record<string, string | number | boolean | null>>;
