/** A device as tests have it, without what serves it: simulations load this often. */
import type { Id } from '../../shared/core/ids.ts';
import type { Device } from '../../shared/devices/device.ts';
import { startMs } from '../support/runtime.ts';

/** A well-formed id of that kind which ends in the number. */
export const testId = <P extends 'org' | 'site' | 'dev' | 'clu' | 'nod' | 'jtk' | 'cmd' | 'spt'>(
  prefix: P,
  number: number,
): Id<P> => `${prefix}_${String(number).padStart(26, '0')}`;

export const hardware: Device['hardware'] = {
  os: 'linux',
  arch: 'x64',
  cpu: { name: 'Intel(R) Xeon(R) Platinum 8488C', cores: 4 },
  memory_mib: 8192,
  disk_free_mib: 20_000,
  gpus: [],
};

/** A CPU that is up, tested a minute ago, and free. */
export const aDevice = (number: number, changes: Partial<Device> = {}): Device => ({
  id: testId('dev', number),
  publicId: `public${number}`,
  organisationId: testId('org', 1),
  siteId: testId('site', 1),
  region: 'eu-west',
  name: `device ${number}`,
  status: 'up',
  statusReason: 'registered',
  movedAtMs: null,
  version: 1,
  publicKey: `key ${number}`,
  hardware,
  model: 'x86-64 CPU',
  processorKind: 'cpu',
  processorCount: 1,
  gpuIndexes: [],
  cpus: 4,
  address: `10.0.0.${number}`,
  agentPort: 7070,
  isolation: 'process',
  agentVersion: '0.1.0',
  rayVersion: '2.60.0',
  pythonVersion: '3.12.3',
  rayTestedAtMs: startMs - 60_000,
  rayTestPassed: true,
  addressReachable: true,
  connectivityTier: 2,
  speedTestedAtMs: startMs - 60_000,
  downKbps: 512_000,
  upKbps: 310_000,
  provedAtMs: startMs - 60_000,
  provedGops: 450,
  verifyFromMs: startMs - 60_000,
  verifyFailure: null,
  hiredBy: null,
  hiredNode: null,
  hiredAtMs: null,
  hiredConsent: null,
  createdAtMs: startMs - 60_000,
  ...changes,
});

/** What makes a device hired by cluster 1 since now. */
export const hired: Partial<Device> = {
  hiredBy: testId('clu', 1),
  hiredNode: testId('nod', 1),
  hiredAtMs: startMs,
  hiredConsent: true,
};
