/**
 * How a device was hired at an instant, from its own item, its past hires and the cluster that had it.
 * The slot's calls and the judging of the hour ask the same question, and get the same answer.
 */
import type { Cluster } from '../../shared/clusters/cluster.ts';
import { getCluster } from '../../shared/clusters/cluster-store.ts';
import { present } from '../../shared/core/assert.ts';
import type { Database } from '../../shared/core/database.ts';
import type { Device } from '../../shared/devices/device.ts';
import { hireAt, type PastHire } from '../../shared/devices/hire.ts';
import { listPastHires } from '../../shared/devices/hire-store.ts';
import { type HiredAs, hiredAs } from '../../shared/proofs/hired-as.ts';

/** Reads a cluster, or remembers it. */
export type ReadCluster = (clusterId: string) => Promise<Cluster | undefined>;

/** How the device was hired at `atMs`; null: it was free. A free device costs one read. */
export const loadHiredAs = async (
  database: Database,
  device: Device,
  atMs: number,
): Promise<HiredAs | null> => {
  const past = await listPastHires(database, device.id, atMs);
  return hiredAsAt((clusterId) => getCluster(database, clusterId), device, past, atMs);
};

/** The same from past hires that were read before. */
export const hiredAsAt = async (
  readCluster: ReadCluster,
  device: Device,
  past: readonly PastHire[],
  atMs: number,
): Promise<HiredAs | null> => {
  const hire = hireAt(device, past, atMs);
  if (!hire) return null;
  if (!hire.proofConsent) return 'no_consent';
  const cluster = await readCluster(hire.clusterId);
  return hiredAs(present(cluster, `${device.id} was hired by no cluster`), device.id);
};
