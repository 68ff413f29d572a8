/**
 * What Proof of Compute does for one device again and again, measured piece by piece: the slot's document,
 * the hour's assignment, a light and a full proof of an RTX 4090 at the protocol's real size, and what is
 * stored for it. The verifier's work is real; the prover's is left out, for it is the device's.
 */
import { createPrivateKey, sign } from 'node:crypto';
import { httpFunction } from '../../functions/kit/http.ts';
import { commit } from '../../functions/kit/transaction.ts';
import { seedOfSlot } from '../../functions/proofs/day-keys.ts';
import { judgeHours } from '../../functions/proofs/judge-hour.schedule.ts';
import { proofRoutes } from '../../functions/proofs/routes.ts';
import { buildVerifierLayer } from '../../infra/verifier-layer.ts';
import { present } from '../../shared/core/assert.ts';
import { hourMs, minuteMs, secondMs } from '../../shared/core/time.ts';
import { putNewDevice } from '../../shared/devices/device-store.ts';
import { uncalibrated } from '../../shared/proofs/calibration.ts';
import { firstPlace, groupOfAddress, slotCallOf } from '../../shared/proofs/place.ts';
import { putPlace } from '../../shared/proofs/place-store.ts';
import { protocolPolicy } from '../../shared/proofs/policy.ts';
import { processorsOf } from '../../shared/proofs/processor.ts';
import { changedRecord, newRecord } from '../../shared/proofs/processor-record.ts';
import { putProcessorRecord } from '../../shared/proofs/processor-record-store.ts';
import { loadOf } from '../../shared/proofs/proof-load.ts';
import { bytesOfHex, toHex } from '../../shared/proofs/protocol/bytes.ts';
import { claimHashOf } from '../../shared/proofs/protocol/claim.ts';
import { deriveH1, deriveH2 } from '../../shared/proofs/protocol/derivation.ts';
import type { ProofEngine } from '../../shared/proofs/protocol/engine.ts';
import { layoutOf } from '../../shared/proofs/protocol/opening.ts';
import { type Profile, paramsHashOf } from '../../shared/proofs/protocol/parameters.ts';
import { slotIdAt } from '../../shared/proofs/protocol/slot.ts';
import { bindingOf } from '../../shared/proofs/protocol/verify.ts';
import { loadWasmEngine } from '../../shared/proofs/protocol/wasm-engine.ts';
import { aDevice, orgId } from '../market/builders.ts';
import { callHttp, type TestRequest } from '../support/http.ts';
import { fullSizeProof, measuredEngine } from '../support/proofs/full-size.ts';
import { startMs } from '../support/runtime.ts';
import { type Work, workOf } from './device-works.ts';
import { type FleetWork, fleetWork } from './fleet-works.ts';
import { itemBytes, type Measured, meanOf } from './meter.ts';
import { type MeteredWorld, withMeteredWorld } from './metered-world.ts';
import type { BenchDevice } from './world.ts';

const times = 100;
const proofTimes = 20;
const warmUp = 5;
/** An HTTP API counts a request for each of these. */
const requestBytes = 512 * 1024;
const address = '203.0.113.7';

export interface ProofWorks {
  readonly slotPoll: Work;
  readonly assignment: Work;
  readonly light: Work;
  readonly full: Work;
  /** An hour judged: what it costs at all, and what each device adds. */
  readonly judging: FleetWork;
  /** GiB in the table for the proofs of one processor, and in the bucket for a month of transcripts. */
  readonly storedGib: number;
  readonly transcriptGib: number;
}

/** The proofs function in this world, at the protocol's own numbers. */
const proofsFunction = ({ world }: MeteredWorld, device: BenchDevice, engine: ProofEngine) => {
  const opened = fullSizeProof(loadOfDevice(device, 2).params);
  let transcriptBytes = 0;
  const needs = {
    ...world.runtime,
    stage: 'dev',
    engine: measuredEngine(engine, opened),
    workflows: { wake: async () => {} },
    secrets: { read: async () => 'secret', readPrevious: async () => undefined },
    receiptSecretArn: 'arn',
    transcripts: {
      put: async (_: string, text: string) => {
        transcriptBytes = Buffer.byteLength(text);
      },
    },
  };
  const serve = httpFunction(needs, proofRoutes, { keyMode: 'test' });
  const call = async (request: TestRequest) => {
    const answer = await callHttp(serve, { sourceIp: address, ...request });
    if (answer.status >= 300) throw new Error(`${request.path}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  return { call, needs, transcriptBytes: () => transcriptBytes };
};

const processorOf = ({ device }: BenchDevice) => present(processorsOf(device)[0], 'no processor');

const loadOfDevice = (device: BenchDevice, profile: Profile) =>
  present(loadOf(processorOf(device), uncalibrated, profile, protocolPolicy, startMs), 'no load');

/** Moves the clock to the opening of the next slot that calls the device for a proof of this profile. */
const nextCall = async (
  { world, unmetered }: MeteredWorld,
  device: BenchDevice,
  profile: Profile,
): Promise<{ readonly slot: string; readonly seed: Uint8Array }> => {
  const { clock, randomness } = world.runtime;
  const place = { cohort: device.device.organisationId, group: groupOfAddress(address), parts: 1 };
  const standing = { place, model: device.device.model, hired: null };
  const stepMs = protocolPolicy.slotMinutes * minuteMs;
  clock.ms = Math.ceil((clock.ms + 1) / stepMs) * stepMs;
  for (;;) {
    const slot = slotIdAt(clock.ms);
    const seed = present(await seedOfSlot({ clock, randomness, database: unmetered }, slot), 'day');
    const call = slotCallOf({ seed }, standing, protocolPolicy);
    if (call.called && call.profile === profile) return { slot, seed };
    clock.ms += stepMs;
  }
};

/** One proof of the slot, as its agent sends it; the time that the work takes is waited for. */
const prove = async (
  { world }: MeteredWorld,
  { call }: ReturnType<typeof proofsFunction>,
  device: BenchDevice,
  profile: Profile,
  { slot, seed }: { readonly slot: string; readonly seed: Uint8Array },
): Promise<void> => {
  const { params } = loadOfDevice(device, profile);
  const processor = processorOf(device);
  const claimHash = claimHashOf(processor.claim);
  const opening = new Uint8Array(layoutOf(params).bytes);
  opening.set(fullSizeProof(params).opening);
  const { h0 } = bindingOf({
    sourceId: slot,
    sourceSeed: seed,
    devicePub: Buffer.from(device.device.publicKey, 'base64'),
    processorId: processor.id,
    claimHash,
    params,
  });
  const h1 = deriveH1(h0, opening.subarray(0, layoutOf(params).rootsBytes));
  const key = createPrivateKey(device.privateKeyPem);
  const signed = (digest: Uint8Array) => sign(null, digest, key).toString('hex');
  world.runtime.clock.ms += 4.5 * secondMs;
  const committed = await call(
    world.signed(device, 'POST', '/v1/proofs', {
      slot,
      processor_id: processor.id,
      profile,
      params_hash: toHex(paramsHashOf(params)),
      claim_hash: toHex(claimHash),
      h1: toHex(h1),
      signature: signed(h1),
    }),
  );
  if (profile === 2) {
    world.runtime.clock.ms += 2.5 * secondMs;
    const laneRoot = opening.subarray(0, 32);
    const h2 = deriveH2(h1, { walkSeed: bytesOfHex(committed.walk_seed), laneRoot });
    const walk = { lane_root: toHex(laneRoot), signature: signed(h2) };
    await call(world.signed(device, 'POST', `/v1/proofs/${committed.id}/walk`, walk));
  }
  const path = `/v1/proofs/${committed.id}/opening`;
  const answer = await call(world.signedRaw(device, { method: 'PUT', path, rawBody: opening }));
  if (answer.verdict !== 'passed') throw new Error(`the bench's proof failed: ${answer.reason}`);
};

const requestsOf = (profile: Profile, device: BenchDevice): number => {
  const bytes = layoutOf(loadOfDevice(device, profile).params).bytes;
  return (profile === 2 ? 2 : 1) + Math.ceil(bytes / requestBytes);
};

const proofWork = async (
  metered: MeteredWorld,
  service: ReturnType<typeof proofsFunction>,
  device: BenchDevice,
  profile: Profile,
): Promise<Work> => {
  const samples: Measured[] = [];
  for (let turn = 0; turn < warmUp + proofTimes; turn += 1) {
    const called = await nextCall(metered, device, profile);
    const sample = await metered.meter.measure(1, () =>
      prove(metered, service, device, profile, called),
    );
    if (turn >= warmUp) samples.push(sample);
  }
  const [name, invocations] =
    profile === 2 ? (['full proof', 3] as const) : (['light proof', 2] as const);
  return workOf(name, meanOf(samples), invocations, {
    httpRequest: requestsOf(profile, device),
    ...(profile === 2 ? { bucketPut: 1 } : {}),
  });
};

const repeated = async (
  { world, meter }: MeteredWorld,
  stepMs: number,
  work: () => Promise<unknown>,
): Promise<Measured> => {
  const turn = async () => {
    world.runtime.clock.ms += stepMs;
    await work();
  };
  for (let done = 0; done < warmUp; done += 1) await turn();
  return meter.measure(times, turn);
};

/** DynamoDB bills so much for each item and each place of it in an index, beside its own bytes. */
const itemOverheadBytes = 100;
const gib = 1024 ** 3;

/** A month of an hourly light and a year of a daily full proof, by the mean of those in the table. */
const storedGib = async ({ unmetered }: MeteredWorld): Promise<number> => {
  const { items } = await unmetered.scan('proofs', { index: 0, count: 1 });
  const proofs = items.filter(({ sk }) => sk.startsWith('PROOF#'));
  const bytesOf = (full: boolean) => {
    const some = proofs.filter((item) => 'walk_seed' in item === full);
    return some.reduce((sum, item) => sum + itemBytes(item), 0) / some.length;
  };
  // Its place in the index holds the four keys.
  const indexBytes = 4 * 40 + itemOverheadBytes;
  const each = itemOverheadBytes + indexBytes;
  return (30 * 24 * (bytesOf(false) + each) + 365 * (bytesOf(true) + each)) / gib;
};

const judgedDevices = 40;
const judgedHours = 8;

/** Places and records of a fleet that counts. */
const addCounting = async ({ world, unmetered }: MeteredWorld): Promise<void> => {
  const { runtime } = world;
  for (let number = 1; number <= judgedDevices; number += 1) {
    const device = aDevice(number, { organisationId: orgId(1) });
    const processor = present(processorsOf(device)[0], 'no processor');
    const since = Math.floor(runtime.clock.ms / hourMs) * hourMs - 2 * hourMs;
    const counting = { countsFromMs: since, provedAtMs: since, judgedHourMs: since };
    const record = changedRecord(newRecord(processor, device.organisationId), counting);
    const place = { cohort: device.organisationId, group: groupOfAddress(address), parts: 1 };
    await commit({ ...runtime, database: unmetered }, [
      ...putNewDevice(device),
      putProcessorRecord(record),
      putPlace(firstPlace(device.id, place)),
    ]);
  }
};

/** Without devices, and with some of which each hour calls about one in one slot. */
const measureJudging = (): Promise<FleetWork> =>
  withMeteredWorld({ devices: 0, suppliers: 1 }, async (metered) => {
    const { world, meter } = metered;
    const needs = { ...world.runtime, stage: 'dev', workflows: { wake: async () => {} } };
    world.runtime.clock.ms = Math.floor(world.runtime.clock.ms / hourMs) * hourMs + 5 * minuteMs;
    const judge = async () => {
      world.runtime.clock.ms += hourMs;
      // The day's key is there: agents have asked for its slots.
      const { clock, randomness } = world.runtime;
      await seedOfSlot({ clock, randomness, database: metered.unmetered }, slotIdAt(clock.ms));
      const { failed } = await judgeHours(needs);
      if (failed > 0) throw new Error(`${failed} devices could not be judged`);
    };
    const empty = await meter.measure(judgedHours, judge);
    await addCounting(metered);
    await judge();
    const full = await meter.measure(judgedHours, judge);
    return fleetWork('an hour judged', { empty, full, devices: judgedDevices });
  });

export const measureProofWorks = async (): Promise<ProofWorks> => ({
  ...(await measureOwnWorks()),
  judging: await measureJudging(),
});

const measureOwnWorks = (): Promise<Omit<ProofWorks, 'judging'>> =>
  withMeteredWorld({ devices: 1, suppliers: 1 }, async (metered) => {
    const { world } = metered;
    const device = present(world.devices[0], 'no device');
    const engine = loadWasmEngine(await buildVerifierLayer());
    const service = proofsFunction(metered, device, engine);
    const processor = processorOf(device);
    const since = world.runtime.clock.ms - hourMs;
    const record = changedRecord(newRecord(processor, device.device.organisationId), {
      countsFromMs: since,
      provedAtMs: since,
    });
    await metered.unmetered.write(putProcessorRecord(record));
    const slotMs = protocolPolicy.slotMinutes * minuteMs;
    world.runtime.clock.ms = Math.floor(world.runtime.clock.ms / slotMs) * slotMs;
    const slotPoll = await repeated(metered, slotMs, () =>
      service.call({
        method: 'GET',
        path: `/v1/proofs/slots/${slotIdAt(Math.floor(world.runtime.clock.ms / slotMs) * slotMs)}`,
      }),
    );
    const assignment = await repeated(metered, hourMs, () =>
      service.call(world.signed(device, 'GET', '/v1/agent/proof-assignment')),
    );
    const light = await proofWork(metered, service, device, 1);
    const full = await proofWork(metered, service, device, 2);
    return {
      slotPoll: workOf('document of a slot', slotPoll, 1, { httpRequest: 1 }),
      assignment: workOf('assignment of an hour', assignment, 1, { httpRequest: 1 }),
      light,
      full,
      storedGib: await storedGib(metered),
      transcriptGib: (30 * service.transcriptBytes()) / gib,
    };
  });
