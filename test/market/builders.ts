/** Offers, orders and devices for the market's tests. */

import { httpFunction } from '../../functions/kit/http.ts';
import { commit } from '../../functions/kit/transaction.ts';
import { marketRoutes } from '../../functions/market/routes.ts';
import type { Id } from '../../shared/core/ids.ts';
import type { Device } from '../../shared/devices/device.ts';
import { putNewDevice } from '../../shared/devices/device-store.ts';
import type { Offer } from '../../shared/market/offer.ts';
import type { Order } from '../../shared/market/order.ts';
import { callHttp, type TestRequest } from '../support/http.ts';
import { makeKey, makeOrganisation } from '../support/identity.ts';
import type { TestRuntime } from '../support/runtime.ts';
import { startMs, testRuntime } from '../support/runtime.ts';

/** A well-formed id of that kind which ends in the number. */
const testId = <P extends 'org' | 'site' | 'dev'>(prefix: P, number: number): Id<P> =>
  `${prefix}_${String(number).padStart(26, '0')}`;

export const orgId = (number: number): Id<'org'> => testId('org', number);
export const siteId = (number: number): Id<'site'> => testId('site', number);
export const deviceId = (number: number): Id<'dev'> => testId('dev', number);

/** An RTX 4090 of supplier 1 at site 1, for the customer 1 who is that supplier. */
export const anOffer = (number: number, changes: Partial<Offer> = {}): Offer => ({
  deviceId: deviceId(number),
  organisationId: orgId(1),
  siteId: siteId(1),
  region: 'eu-west',
  model: 'RTX 4090',
  processorCount: 1,
  processorUnitsPerHour: 400_000n,
  cpus: 16,
  memoryMib: 65_536,
  rayVersion: '2.60.0',
  pythonVersion: '3.12.3',
  isolation: 'process',
  connectivityTier: 2,
  ...changes,
});

/** One RTX 4090 with a shared head, anywhere, for customer 1. */
export const anOrder = (changes: Partial<Order> = {}): Order => ({
  items: [{ model: 'RTX 4090', count: 1 }],
  head: 'shared',
  customerOrganisationId: orgId(1),
  stage: 'test',
  regions: [],
  siteId: null,
  isolationMin: 'process',
  tierMin: 0,
  image: { ray: null, python: null },
  unitsPerHourMax: null,
  ...changes,
});

/** A device that is free, tested and up. */
export const aDevice = (number: number, changes: Partial<Device> = {}): Device => ({
  id: deviceId(number),
  publicId: `public${number}`,
  organisationId: orgId(1),
  siteId: siteId(1),
  region: 'eu-west',
  name: `device ${number}`,
  status: 'up',
  statusReason: 'registered',
  movedAtMs: null,
  version: 1,
  publicKey: `key ${number}`,
  hardware: {
    os: 'linux',
    arch: 'x64',
    cpu: { name: 'AMD EPYC 7543', cores: 16 },
    memory_mib: 65_536,
    disk_free_mib: 100_000,
    gpus: Array.from({ length: changes.processorCount ?? 1 }, (_, index) => ({
      name: 'NVIDIA GeForce RTX 4090',
      uuid: `GPU-${number}-${index}`,
      memory_mib: 24_564,
      driver_version: '570.124.06',
    })),
  },
  model: 'RTX 4090',
  processorKind: 'gpu',
  processorCount: 1,
  gpuIndexes: Array.from({ length: changes.processorCount ?? 1 }, (_, index) => index),
  cpus: 16,
  address: '10.0.0.1',
  agentPort: 8_000,
  isolation: 'process',
  agentVersion: '0.1.0',
  rayVersion: '2.60.0',
  pythonVersion: '3.12.3',
  rayTestedAtMs: startMs - 1_000,
  rayTestPassed: true,
  addressReachable: true,
  connectivityTier: 2,
  speedTestedAtMs: startMs - 1_000,
  downKbps: 512_000,
  upKbps: 310_000,
  provedAtMs: startMs - 1_000,
  provedGops: 450,
  verifyFromMs: startMs - 2_000,
  verifyFailure: null,
  hiredBy: null,
  hiredNode: null,
  hiredAtMs: null,
  hiredConsent: null,
  createdAtMs: startMs - 2_000,
  ...changes,
});

/** An x86-64 CPU device. */
export const aCpuDevice = (number: number, changes: Partial<Device> = {}): Device =>
  aDevice(number, { model: 'x86-64 CPU', processorKind: 'cpu', gpuIndexes: [], ...changes });

/** The market's HTTP function with one organisation that has an owner's key. */
export const marketSetup = async (runtime: TestRuntime = testRuntime()) => {
  const serve = httpFunction(runtime, marketRoutes, { keyMode: 'test' });
  const organisationId = await makeOrganisation(runtime);
  const key = await makeKey(runtime, organisationId);
  return {
    runtime,
    organisationId,
    key,
    /** One request; with the owner's key unless another is named. */
    call: (request: TestRequest) => callHttp(serve, { key, ...request }),
    /** One request without any key. */
    callWithoutKey: ({ key: _, ...request }: TestRequest) => callHttp(serve, request),
    /** Brings devices of the organisation on to the market. */
    addDevices: async (devices: readonly Device[]) => {
      for (const device of devices) {
        await commit(runtime, putNewDevice({ ...device, organisationId }));
      }
    },
  };
};
