/**
 * Keys of the devices table and of the presence table. Index `by_offer` has three kinds of partitions,
 * each in shards (`offerShards`): `OFFER#<model>` (can be hired; sorted by the age of its older test),
 * `HIRED`, and `UNTESTED` (waits for a test or a proof).
 */
import type { Key } from '../core/database.ts';
import { shardOf } from '../core/hash.ts';
import { type Device, standingOf, testedAtMs } from './device.ts';

/** Partitions that each kind of entry is spread over. */
export const offerShards = 4;

export const deviceKey = (deviceId: string): Key => ({ pk: `DEV#${deviceId}`, sk: 'DEVICE' });

export const deviceEventPrefix = 'EVT#';

/** One change of a device; versions sort as text. */
export const deviceEventKey = (deviceId: string, version: number): Key => ({
  pk: `DEV#${deviceId}`,
  sk: `${deviceEventPrefix}${String(version).padStart(10, '0')}`,
});

export const pastHirePrefix = 'HIRE#';
/** Sorts after every past hire of a device. */
export const pastHireEnd = 'HIRE#~';

/** Where the past hires of a device begin that were not over at this time. */
export const pastHireStart = (atMs: number): string => `${pastHirePrefix}${sortableMs(atMs + 1)}`;

/** A hire that is over, sorted by its end. */
export const pastHireKey = (deviceId: string, untilMs: number, nodeId: string): Key => ({
  pk: deviceKey(deviceId).pk,
  sk: `${pastHirePrefix}${sortableMs(untilMs)}#${nodeId}`,
});

/** Finds a device by its public key; makes a key belong to one device for ever. */
export const publicKeyPointerKey = (publicKey: string): Key => ({
  pk: `DEVKEY#${publicKey}`,
  sk: 'POINTER',
});

/** The device's last speed test. */
export const speedTestKey = (deviceId: string): Key => ({ pk: `DEV#${deviceId}`, sk: 'SPEED' });

/** The device's last verification, and the token of its workflow. */
export const verificationKey = (deviceId: string): Key => ({
  pk: `DEV#${deviceId}`,
  sk: 'VERIFICATION',
});
export const verificationWaitKey = (deviceId: string): Key => ({
  pk: `DEV#${deviceId}`,
  sk: 'VERIFICATION_WAIT',
});

export const supplierKey = (organisationId: string): Key => ({
  pk: `SUPPLIER#${organisationId}`,
  sk: 'SUPPLIER',
});

export const siteKey = (siteId: string): Key => ({ pk: `SITE#${siteId}`, sk: 'SITE' });

export const siteDevicePrefix = 'DEVICE#';
/** Sorts after every device of a site. */
export const siteDeviceEnd = 'DEVICE#~';

/** A device's membership of its site. */
export const siteDeviceKey = (siteId: string, deviceId: string): Key => ({
  pk: `SITE#${siteId}`,
  sk: `${siteDevicePrefix}${deviceId}`,
});

/** Join tokens are found by the hash of their secret. */
export const joinTokenKey = (secretHash: string): Key => ({ pk: `JOIN#${secretHash}`, sk: 'JOIN' });

/** Finds a join token by its id. */
export const joinTokenPointerKey = (tokenId: string): Key => ({
  pk: `JOINID#${tokenId}`,
  sk: 'POINTER',
});

export const presenceKey = (deviceId: string): Key => ({ pk: `DEV#${deviceId}`, sk: 'PRESENCE' });

/** Whose a socket connection is; in the requests table, because it ends with the connection. */
export const connectionKey = (connectionId: string): Key => ({
  pk: `CONNECTION#${connectionId}`,
  sk: 'CONNECTION',
});

export const offerPartition = (model: string, shard: number): string => `OFFER#${model}#${shard}`;
export const hiredPartition = (shard: number): string => `HIRED#${shard}`;
export const untestedPartition = (shard: number): string => `UNTESTED#${shard}`;

/** A time as text that sorts like the number. */
export const sortableMs = (ms: number): string => String(ms).padStart(15, '0');

/** The device's place in index `by_offer`; empty when it has none. */
export const offerAttributes = (device: Device): { offer_pk?: string; offer_sk?: string } => {
  const shard = shardOf(device.id, offerShards);
  const standing = standingOf(device);
  if (standing === 'none') return {};
  if (standing === 'hired') return { offer_pk: hiredPartition(shard), offer_sk: device.id };
  if (standing === 'untested') return { offer_pk: untestedPartition(shard), offer_sk: device.id };
  return {
    offer_pk: offerPartition(device.model, shard),
    offer_sk: `${sortableMs(testedAtMs(device))}#${device.id}`,
  };
};
