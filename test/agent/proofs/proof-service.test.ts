/**
 * The device's own view of its duties agrees with the platform's: over hours of slots it answers exactly
 * those that call it, with the work that is asked for. Challenges, slots and speed tests take their turns.
 * The platform is the real one, in simulated time. The prover computes nothing; it opens nothing either,
 * unless told, for a wrong opening is fraud and ends with the device being blocked.
 */

import type { ApiClient } from '../../../agent/platform/api-client.ts';
import { runProofService } from '../../../agent/proofs/proof-service.ts';
import { ProverFailed } from '../../../agent/proofs/prover.ts';
import type { Provers } from '../../../agent/proofs/provers.ts';
import { listKeptProofs } from '../../../agent/state/proof-log.ts';
import { httpFunction } from '../../../functions/kit/http.ts';
import { commit } from '../../../functions/kit/transaction.ts';
import { issueChallenges } from '../../../functions/proofs/issue-challenges.ts';
import { proofRoutes } from '../../../functions/proofs/routes.ts';
import type { ProveCommand, TestSpeedCommand } from '../../../shared/clusters/agent-protocol.ts';
import { putCluster } from '../../../shared/clusters/cluster-store.ts';
import { listCommands } from '../../../shared/clusters/command-store.ts';
import { present } from '../../../shared/core/assert.ts';
import { dayMs, hourMs, isoOf, minuteMs } from '../../../shared/core/time.ts';
import { changed } from '../../../shared/devices/device.ts';
import { putDevice } from '../../../shared/devices/device-store.ts';
import { groupOfAddress, slotCallOf } from '../../../shared/proofs/place.ts';
import { protocolPolicy } from '../../../shared/proofs/policy.ts';
import { processorsOf } from '../../../shared/proofs/processor.ts';
import { changedRecord, newRecord } from '../../../shared/proofs/processor-record.ts';
import { putProcessorRecord } from '../../../shared/proofs/processor-record-store.ts';
import { listProofs } from '../../../shared/proofs/proof-store.ts';
import { bytesOfHex } from '../../../shared/proofs/protocol/bytes.ts';
import { slotIdAt } from '../../../shared/proofs/protocol/slot.ts';
import { aCluster, anAssignment } from '../../clusters/builders.ts';
import { aDevice, addDevice, machineKey, testId } from '../../devices/builders.ts';
import { aLoad } from '../../proofs/builders.ts';
import { gpus } from '../../proofs/called.ts';
import { proofNeeds } from '../../proofs/service.ts';
import { callHttp } from '../../support/http.ts';
import { makeOrganisation } from '../../support/identity.ts';
import { testRuntime } from '../../support/runtime.ts';
import { openLine } from '../support/platform-line.ts';
import { fakeProver } from './support/fake-prover.ts';

interface Options {
  readonly count?: number;
  readonly forMs?: number;
  /** A cluster of the supplier itself has the device, or one whose customer did not consent. */
  readonly hired?: 'by_itself' | 'no_consent';
  /** Called ahead of each answer of a prover. */
  readonly before?: (gpuIndex: number | null) => void | Promise<void>;
  readonly opens?: boolean;
}

const setup = async (options: Options = {}) => {
  const { count = 1, forMs = 3 * hourMs, hired } = options;
  const platform = testRuntime('the service');
  const { needs } = proofNeeds(platform);
  const serve = httpFunction(needs, proofRoutes, { keyMode: 'test' });
  const key = machineKey();
  const organisationId = await makeOrganisation(platform);
  const device = await addDevice(
    platform,
    aDevice(1, { ...gpus(count), organisationId, publicKey: key.publicKey }),
  );
  if (hired) {
    const assignments = [anAssignment(1, { deviceId: device.id, supplierId: organisationId })];
    const cluster = aCluster({ organisationId, assignments });
    const event = { kind: 'cluster.deployment_requested', status: cluster.status } as const;
    const more = { reasonCode: cluster.reason, actor: 'platform', evidence: null } as const;
    await commit(platform, putCluster(cluster, { ...event, ...more, atMs: platform.clock.ms }));
    const hire = {
      hiredBy: cluster.id,
      hiredNode: testId('nod', 1),
      hiredAtMs: platform.clock.ms,
      hiredConsent: hired === 'by_itself',
    };
    await platform.database.write(putDevice(changed(device, hire)));
  }
  const processors = processorsOf(device);
  const since = platform.clock.ms - 24 * hourMs;
  for (const processor of processors) {
    const fields = { countsFromMs: since, provedAtMs: since, lastFullPassAtMs: since };
    const record = changedRecord(newRecord(processor, organisationId), fields);
    await platform.database.write(putProcessorRecord(record));
  }
  const startMs = platform.clock.ms;
  const end = new AbortController();
  const line = openLine({
    ...{ platform, serve, latencyMs: 5 },
    identity: { keyid: device.id, privateKeyPem: key.privateKeyPem },
    overrides: {
      wait: async (ms, signal) => {
        if (!signal?.aborted) platform.clock.ms += ms;
        if (platform.clock.ms >= startMs + forMs) end.abort();
        await new Promise((resolve) => setImmediate(resolve));
      },
    },
  });
  const began: (number | null)[] = [];
  let ended = 0;
  const provers: Provers = {
    of: (gpuIndex) => {
      const { prover } = fakeProver();
      return {
        ...prover,
        begin: async (...given) => {
          began.push(gpuIndex);
          await options.before?.(gpuIndex);
          return prover.begin(...given);
        },
        open: async (...given) => {
          if (options.opens) return prover.open(...given);
          throw new ProverFailed('It opens nothing.', false);
        },
      };
    },
    prepare: () => undefined,
    end: () => {
      ended += 1;
    },
  };
  const speedTests: { readonly atMs: number; readonly path: string }[] = [];
  const speedApi: ApiClient = {
    ...line.api,
    send: async ({ path, answer }) => {
      speedTests.push({ atMs: platform.clock.ms, path });
      const result = { tier: 2, down_kbps: 1, up_kbps: 1, round_trip_ms: 1 };
      return answer.parse({ seed: null, result });
    },
  };
  const start = () =>
    runProofService(
      line.runtime,
      { api: line.api, speedApi, key, provers, hasNode: () => hired !== undefined },
      end.signal,
    );
  const challenge = async (index = 0): Promise<ProveCommand> => {
    const processor = present(processors[index], 'no such processor');
    const asked = [{ device, processor, load: aLoad() }];
    const [issued] = await issueChallenges(platform, { purpose: 'recheck', processors: asked });
    const commands = await listCommands(platform.database, device.id);
    const found = commands.find((one) => one.command_id === issued?.commandId);
    return present(found?.kind === 'prove' ? found : undefined, 'no command');
  };
  /** The slots from the start to now in which the platform calls the processor, and how. */
  const called = async () => {
    const [processor] = processors;
    const place = { cohort: organisationId, group: groupOfAddress('203.0.113.7'), parts: 1 };
    const slots: { readonly slot: string; readonly profile: number }[] = [];
    const stepMs = 10 * minuteMs;
    for (let at = Math.ceil(startMs / stepMs) * stepMs; at < startMs + forMs; at += stepMs) {
      const path = `/v1/proofs/slots/${slotIdAt(at)}`;
      const { body } = await callHttp(serve, { method: 'GET', path });
      const standing = { place, model: processor?.model ?? '', hired: null };
      const call = slotCallOf({ seed: bytesOfHex(body.seed) }, standing, protocolPolicy);
      if (call.called) slots.push({ slot: slotIdAt(at), profile: call.profile });
    }
    return slots;
  };
  const proofs = async () =>
    (await listProofs(platform.database, { deviceId: device.id, limit: 100 })).proofs;
  const logged = (event: string) => line.lines.filter((one) => one.event === event);
  /** The codes with which proofs were abandoned. */
  const codes = () => [...new Set(logged('proof_abandoned').map(({ fields }) => fields.code))];
  return {
    codes,
    ...{ ...line, platform, device, processors, began, start, challenge, called, proofs, logged },
    ...{ end, ended: () => ended, speedTests },
  };
};

const dayLong = { forMs: 24 * hourMs };

it('answers the slots that call it, and no other, with the work that is asked for', async () => {
  const agent = await setup(dayLong);
  await agent.start().ended;
  const expected = await agent.called();
  expect(expected.length).toBeGreaterThan(10);
  expect(new Set(expected.map(({ profile }) => profile))).toEqual(new Set([1, 2]));
  const proofs = await agent.proofs();
  const answered = proofs.toReversed().map(({ sourceId, load }) => ({
    slot: sourceId,
    profile: load.params.profile,
  }));
  expect(answered).toEqual(expected);
  expect(agent.logged('proof_begins_anew')).toEqual([]);
  expect(agent.codes()).toEqual(['prover_failed']);
  for (const { t0Ms, t1Ms } of proofs) expect(t1Ms - t0Ms).toBeLessThan(6_000);
  expect(agent.ended()).toBe(1);
});

it('proves its GPUs beside each other', async () => {
  const agent = await setup({ ...dayLong, count: 3 });
  await agent.start().ended;
  const slots = await agent.called();
  const proofs = await agent.proofs();
  expect(proofs).toHaveLength(3 * slots.length);
  expect(agent.began).toHaveLength(proofs.length);
  for (const { slot } of slots) {
    const times = proofs.filter(({ sourceId }) => sourceId === slot).map(({ t1Ms }) => t1Ms);
    expect(Math.max(...times) - Math.min(...times)).toBeLessThan(1_000);
  }
});

it('is silent while a customer does not consent', async () => {
  const agent = await setup({ forMs: 6 * hourMs, hired: 'no_consent' });
  await agent.start().ended;
  expect(await agent.proofs()).toEqual([]);
  expect(agent.began).toEqual([]);
});

it('proves as if idle while its own supplier has hired it, as the platform asks', async () => {
  const agent = await setup({ forMs: 3 * dayMs, hired: 'by_itself' });
  await agent.start().ended;
  const expected = await agent.called();
  expect(new Set(expected.map(({ profile }) => profile))).toEqual(new Set([1, 2]));
  const proofs = await agent.proofs();
  expect(proofs.toReversed().map(({ sourceId }) => sourceId)).toEqual(
    expected.map(({ slot }) => slot),
  );
  expect(agent.logged('proof_begins_anew')).toEqual([]);
});

it('asks for its loads anew before the slot after a full proof, which may have raised them', async () => {
  const agent = await setup({ forMs: 3 * dayMs });
  await agent.start().ended;
  const asked = agent.sent
    .filter(({ url }) => url.pathname === '/v1/agent/proof-assignment')
    .map(({ headers }) => Number(/created=(\d+)/.exec(headers['signature-input'] ?? '')?.[1]));
  const full = (await agent.called()).filter(({ profile }) => profile === 2);
  expect(full.length).toBeGreaterThan(0);
  for (const { slot } of full) {
    const nextSeconds = (Date.parse(slot) + 10 * minuteMs) / 1000;
    const before = asked.filter((seconds) => Math.abs(nextSeconds - seconds) <= 2);
    expect([slot, before.length]).toEqual([slot, 1]);
  }
});

it('answers a challenge and keeps what came of it', async () => {
  const agent = await setup({ opens: true });
  const service = agent.start();
  const command = await agent.challenge();
  await service.prove(command);
  const [kept, ...others] = listKeptProofs(agent.runtime.stateFolder);
  expect(others).toEqual([]);
  expect(kept).toMatchObject({
    ...{ purpose: 'recheck', source_id: command.challenge_id, gpu_index: 0, model: 'RTX 4090' },
    ...{ outcome: 'failed', reason: 'roots', receipt: null },
  });
  agent.end.abort();
  await service.ended;
});

it('leaves what it had no time for to the next agent', async () => {
  const gate = Promise.withResolvers<void>();
  const agent = await setup({ before: () => gate.promise });
  const service = agent.start();
  const [first, second] = [await agent.challenge(), await agent.challenge()];
  const both = [service.prove(first), service.prove(second)];
  const outcomes = Promise.allSettled(both);
  while (agent.began.length === 0) await new Promise((resolve) => setImmediate(resolve));
  agent.end.abort();
  gate.resolve();
  await service.ended;
  expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(agent.began).toEqual([0]);
  expect(listKeptProofs(agent.runtime.stateFolder)).toEqual([]);
});

it('leaves an overdue challenge alone', async () => {
  const agent = await setup();
  const service = agent.start();
  const command = await agent.challenge();
  // The service knows the platform's time once it has its assignment.
  while (agent.api.serverClock.nowMs() === undefined) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  agent.platform.clock.ms += command.commit_within_ms;
  await service.prove({ ...command, issued_at: isoOf(Date.parse(command.issued_at)) });
  expect(agent.began).toEqual([]);
  expect(agent.logged('proof_overdue')).toMatchObject([
    { fields: { challenge_id: command.challenge_id } },
  ]);
  agent.end.abort();
  await service.ended;
});

it('does not begin a slot’s proof behind a challenge that takes too long', async () => {
  const gate = Promise.withResolvers<void>();
  const agent = await setup({ ...dayLong, before: () => gate.promise });
  const service = agent.start();
  const proving = service.prove(await agent.challenge());
  await service.ended;
  gate.resolve();
  await expect(proving).rejects.toThrow('ending');
  expect(await agent.proofs()).toHaveLength(0);
  expect(agent.began).toEqual([0]);
});

describe('a speed test', () => {
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  const command = (n: number): TestSpeedCommand => ({
    ...{ kind: 'test_speed', command_id: `cmd_01KA0ZZ9ZZ8Y7X6W5V4T3S2R1${n}` },
    ...{ test_id: `spt_01KA0ZZ9ZZ8Y7X6W5V4T3S2R1${n}`, issued_at: '2026-11-22T12:00:00.000Z' },
    ...{ exchanges: ['ping'], down_bytes: 1, up_bytes: 1, finish_within_seconds: 120 },
  });

  it('waits until nothing is being proved', async () => {
    const gate = Promise.withResolvers<void>();
    const agent = await setup({ before: () => gate.promise });
    const service = agent.start();
    const proving = service.prove(await agent.challenge());
    const testing = service.testSpeed(command(1));
    for (let turns = 0; turns < 10; turns += 1) await turn();
    expect(agent.began).toEqual([0]);
    expect(agent.speedTests).toEqual([]);
    gate.resolve();
    await Promise.all([proving, testing]);
    expect(agent.speedTests).toHaveLength(1);
    expect(agent.logged('speed_tested')).toMatchObject([{ fields: { code: 'tier_2' } }]);
    agent.end.abort();
    await service.ended;
  });

  it('keeps clear of a slot that may call the device', async () => {
    const agent = await setup({ forMs: 11 * minuteMs });
    const opensAtMs = agent.platform.clock.ms + 10 * minuteMs;
    const service = agent.start();
    while (agent.platform.clock.ms < opensAtMs - 15_000) await turn();
    expect(agent.platform.clock.ms).toBeLessThan(opensAtMs);
    await service.testSpeed(command(1));
    expect(agent.speedTests[0]?.atMs).toBeGreaterThan(opensAtMs);
    agent.end.abort();
    await service.ended;
  });

  it('follows the one before, whatever became of that', async () => {
    const agent = await setup();
    const service = agent.start();
    const failing = { ...command(1), exchanges: ['up' as const] };
    await Promise.all([service.testSpeed(failing), service.testSpeed(command(2))]);
    expect(agent.logged('speed_not_tested')).toHaveLength(1);
    expect(agent.speedTests.map(({ path }) => path.split('/')[4])).toEqual([command(2).test_id]);
    agent.end.abort();
    await service.ended;
  });
});
