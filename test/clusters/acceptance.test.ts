/** Acceptance in memory: the real steps, reports and stores; provers whose outcome the test names. */
import type { ProveCommand } from '../../shared/clusters/agent-protocol.ts';
import { deleteCommand, putCommand } from '../../shared/clusters/command-store.ts';
import { getWait } from '../../shared/clusters/wait-store.ts';
import { present } from '../../shared/core/assert.ts';
import { isoOf, minuteMs } from '../../shared/core/time.ts';
import { listDeviceEvents } from '../../shared/devices/device-event-store.ts';
import {
  listRound,
  listRoundChallenges,
  putChallenge,
} from '../../shared/proofs/challenge-store.ts';
import { processorsOf } from '../../shared/proofs/processor.ts';
import { changedRecord, newRecord } from '../../shared/proofs/processor-record.ts';
import { putProcessorRecord } from '../../shared/proofs/processor-record-store.ts';
import { putNewProof } from '../../shared/proofs/proof-store.ts';
import type { ProofReason } from '../../shared/proofs/schemas.ts';
import { aProof } from '../proofs/builders.ts';
import { startMs } from '../support/runtime.ts';
import { starts } from './coming-up.ts';
import { type Platform, rateUnits, setup } from './fixture.ts';

const proves = async (platform: Platform): Promise<readonly ProveCommand[]> => {
  const boxes = await Promise.all(platform.devices.map(({ id }) => platform.commandsOf(id)));
  return boxes.flat().filter((command) => command.kind === 'prove');
};

const hiredOf = async (platform: Platform, id: string): Promise<readonly string[]> =>
  (await platform.cluster(id)).assignments
    .filter(({ state }) => state === 'active')
    .map(({ deviceId }) => deviceId);

const show = async (platform: Platform, id: string, of = '') =>
  (await platform.call({ method: 'GET', path: `/v1/clusters/${id}${of}` })).body;

/** One turn of the workflow, with agents that do what they are told and a head that reports. */
const turn = async (platform: Platform, id: string): Promise<string> => {
  await platform.step('dispatch-nodes', id);
  await platform.obey();
  await platform.obey();
  const { status } = await platform.cluster(id);
  if (status === 'deploying') await platform.sendRay(id).catch(() => {});
  return platform.step('assess-cluster', id);
};

const untilSettled = async (platform: Platform, id: string): Promise<string> => {
  for (let turns = 0; turns < 12; turns += 1) {
    const outcome = await turn(platform, id);
    if (outcome !== 'wait') return outcome;
  }
  throw new Error('neither running nor failed');
};

const eventsOf = (platform: Platform, id: string, kind: string) =>
  platform.database
    .all('clusters')
    .filter((item) => item.pk === `CLU#${id}` && item['event'] === kind);

describe('acceptance', () => {
  it('asks all processors of the order at one instant, with the dispatch of the nodes', async () => {
    const platform = await setup({ device: () => ({ processorCount: 2 }) });
    const id = await platform.order(4);
    platform.clock.ms += 5;
    await platform.step('dispatch-nodes', id);
    const asked = await proves(platform);
    expect(asked).toHaveLength(4);
    const issued = new Set(asked.map(({ issued_at }) => issued_at));
    expect([...issued]).toEqual([isoOf(startMs + 5)]);
    expect(new Set(asked.map(({ challenge }) => challenge)).size).toBe(4);
    expect(new Set(asked.map(({ purpose, params }) => `${purpose} ${params.profile}`))).toEqual(
      new Set(['acceptance 1']),
    );
    expect(await starts(platform)).toHaveLength(1);
    const { acceptance } = await platform.cluster(id);
    expect(acceptance).toMatchObject({ number: 1, openedAtMs: startMs + 5, challenged: 4 });
    expect(acceptance?.deviceIds.toSorted()).toEqual((await hiredOf(platform, id)).toSorted());
    // Asking again asks nothing.
    await platform.step('dispatch-nodes', id);
    expect(await proves(platform)).toHaveLength(4);
  });

  it('keeps a cluster from running whose nodes are all listed, until the last proof is in', async () => {
    const platform = await setup();
    const id = await platform.order(2);
    const [, late] = await hiredOf(platform, id);
    platform.provers.set(late ?? '', 'silent');
    await turn(platform, id);
    expect(await show(platform, id)).toMatchObject({
      status: 'deploying',
      progress: { nodes_alive: 2, nodes_ordered: 2 },
      cost: { amount: '0' },
    });
    expect((await show(platform, id, '/nodes')).data).toMatchObject([
      { status: 'alive', acceptance: { status: 'passed', reason: null } },
      { status: 'alive', acceptance: { status: 'asked', reason: null } },
    ]);
    expect(await platform.usage(id)).toBeUndefined();
    platform.provers.clear();
    await platform.prove();
    platform.clock.ms += 1_000;
    await platform.sendRay(id);
    expect(await platform.cluster(id)).toMatchObject({
      status: 'running',
      runningAtMs: platform.clock.ms,
    });
    const [running] = eventsOf(platform, id, 'cluster.running');
    expect(running?.['evidence']).toBe(
      'Ray lists all 2 nodes; all 2 processors were accepted in round 1.',
    );
  });

  it('asks nothing of a model without a reference, and says so', async () => {
    const model = 'RTX 5000';
    const platform = await setup({ device: () => ({ model }) });
    const id = await platform.order(2, { model });
    expect(await turn(platform, id)).toBe('running');
    expect(await proves(platform)).toEqual([]);
    expect((await show(platform, id, '/nodes')).data).toMatchObject([
      { acceptance: { status: 'not_needed', reason: null } },
      { acceptance: { status: 'not_needed', reason: null } },
    ]);
    const [opened] = eventsOf(platform, id, 'cluster.acceptance_opened');
    expect(opened?.['evidence']).toContain('2 devices are of a model without a reference');
  });
});

/** The commitment of this device to its challenge of the round. */
const commits = async ({ database, clock }: Platform, round: string, deviceId: string) => {
  const challenges = await listRoundChallenges(database, round);
  const challenge = present(
    challenges.find((one) => one.deviceId === deviceId),
    'not asked',
  );
  const { id: sourceId, organisationId, processorId } = challenge;
  const proof = aProof({
    ...{ sourceId, deviceId: challenge.deviceId, organisationId, processorId },
    ...{ purpose: 'acceptance', deadlineMs: clock.ms + minuteMs },
  });
  await database.write(putNewProof(proof));
  const answered = { ...challenge, status: 'answered', proofId: proof.id } as const;
  await database.write(putChallenge(answered, challenge));
  return proof;
};

describe('a device that is not accepted', () => {
  /** A cluster of two whose worker fails, and a spare device. */
  const failing = async (reason: ProofReason, devices = 3) => {
    const platform = await setup({ devices });
    const id = await platform.order(2);
    const [head = '', worker = ''] = await hiredOf(platform, id);
    platform.provers.set(worker, reason);
    return { platform, id, head, worker };
  };

  it('is replaced, and all answer anew together before anybody pays', async () => {
    const { platform, id, head, worker } = await failing('too_slow');
    expect(await turn(platform, id)).toBe('wait');
    const [, successor = ''] = await hiredOf(platform, id);
    expect(successor).not.toBe(worker);
    expect((await platform.cluster(id)).status).toBe('deploying');
    platform.clock.ms += 1_000;
    await platform.step('dispatch-nodes', id);
    const again = await proves(platform);
    expect(again.map(({ issued_at }) => issued_at)).toEqual(
      Array(2).fill(isoOf(platform.clock.ms)),
    );
    const results = await listRound(platform.database, `${id}#2`);
    expect(results.map(({ deviceId }) => deviceId).toSorted()).toEqual(
      [head, successor].toSorted(),
    );
    expect(await untilSettled(platform, id)).toBe('running');
    expect((await platform.cluster(id)).acceptance?.number).toBe(2);
  });

  it('is looked at as soon as the head reports, also when the note of its failure is late', async () => {
    const { platform, id } = await failing('too_slow');
    await platform.step('dispatch-nodes', id);
    await platform.obey();
    await platform.obey();
    const before = platform.woken.length;
    await platform.sendRay(id);
    expect(platform.woken.slice(before)).toEqual([await getWait(platform.database, id)]);
  });

  it('costs the customer nothing, who reads why it went', async () => {
    const { platform, id, worker } = await failing('walk_too_slow');
    await untilSettled(platform, id);
    const { publicId } = await platform.device(worker);
    const nodes: { device: string }[] = (await show(platform, id, '/nodes')).data;
    expect(nodes.find(({ device }) => device === publicId)).toMatchObject({
      status: 'replaced',
      status_reason: 'acceptance_failed',
      acceptance: { status: 'failed', reason: 'walk_too_slow' },
      proven_seconds: 0,
    });
    const { data: events } = await show(platform, id, '/events');
    expect(
      events.find(({ kind }: { kind: string }) => kind === 'cluster.node_replaced'),
    ).toMatchObject({
      reason_code: 'acceptance_failed',
      evidence: expect.stringContaining('its memory was slower than that of its model'),
    });
    await platform.run(id, 2 * minuteMs);
    await platform.terminate(id);
    await platform.release(id);
    const [invoice] = await platform.invoices();
    expect(invoice.total.amount).toBe(String(2n * rateUnits));
    expect(await platform.brokenBooks()).toEqual([]);
  });

  it('has to prove itself anew, and its supplier reads why', async () => {
    const { platform, id, worker } = await failing('too_slow');
    await untilSettled(platform, id);
    expect(await platform.device(worker)).toMatchObject({
      hiredBy: null,
      provedAtMs: null,
      provedGops: null,
      verifyFromMs: startMs,
      rayTestPassed: false,
    });
    const { events } = await listDeviceEvents(platform.database, worker, { limit: 10 });
    const refusals = events.filter(({ kind }) => kind === 'device.not_accepted');
    expect(refusals).toMatchObject([
      {
        reason: 'acceptance_failed',
        evidence: {
          verdict: 'too_slow',
          in_words: 'it computed more slowly than its model has to',
        },
      },
    ]);
    expect(JSON.stringify(events)).not.toContain(id);
  });

  it('that is the head is replaced, with the workers on new nodes', async () => {
    const { platform, id, head } = await failing('roots');
    platform.provers.clear();
    platform.provers.set(head, 'sample_value');
    expect(await untilSettled(platform, id)).toBe('running');
    expect(await hiredOf(platform, id)).not.toContain(head);
    expect((await platform.device(head)).provedAtMs).toBeNull();
  });

  it('that gives no answer is replaced when none can come any more', async () => {
    const { platform, id, worker } = await failing('expired');
    platform.provers.set(worker, 'silent');
    await turn(platform, id);
    const { commitUntilMs } = present(
      (await listRound(platform.database, `${id}#1`)).find(({ deviceId }) => deviceId === worker),
      'not asked',
    );
    platform.clock.ms = commitUntilMs + 9_999;
    await platform.step('assess-cluster', id);
    expect(await hiredOf(platform, id)).toContain(worker);
    platform.clock.ms += 1;
    await platform.step('assess-cluster', id);
    expect(await hiredOf(platform, id)).not.toContain(worker);
    expect((await platform.device(worker)).provedAtMs).toBeNull();
    expect(await untilSettled(platform, id)).toBe('running');
  });

  it('that commits and opens nothing is replaced when no opening can come any more', async () => {
    const { platform, id, worker } = await failing('expired');
    platform.provers.set(worker, 'silent');
    await turn(platform, id);
    const { deadlineMs } = await commits(platform, `${id}#1`, worker);
    platform.clock.ms = deadlineMs + 9_999;
    await platform.step('assess-cluster', id);
    expect(await hiredOf(platform, id)).toContain(worker);
    const before = platform.woken.length;
    platform.clock.ms += 1;
    // The head's next report says so at once; nobody waits for the workflow's own look.
    await platform.sendRay(id);
    expect(platform.woken.slice(before)).toEqual([await getWait(platform.database, id)]);
    await platform.step('assess-cluster', id);
    expect(await hiredOf(platform, id)).not.toContain(worker);
    expect((await platform.device(worker)).provedAtMs).toBeNull();
    expect(await untilSettled(platform, id)).toBe('running');
  });

  it('ends the cluster with all money returned when there is no other', async () => {
    const { platform, id, worker } = await failing('pool_too_small', 2);
    expect(await untilSettled(platform, id)).toBe('failed');
    expect(await show(platform, id)).toMatchObject({
      status: 'failed',
      status_reason: 'no_replacement',
      suggestion: expect.stringContaining('Nothing is charged.'),
      cost: { amount: '0' },
    });
    const [failed] = eventsOf(platform, id, 'cluster.failed');
    expect(failed?.['evidence']).toContain('it showed less memory than its model has');
    expect((await show(platform, id, '/nodes')).data[1]).toMatchObject({
      acceptance: { status: 'failed', reason: 'pool_too_small' },
    });
    await platform.release(id);
    expect(await platform.hold(id)).toMatchObject({ state: 'void', posted: 0n });
    expect(await platform.device(worker)).toMatchObject({ hiredBy: null, provedAtMs: null });
    const others = platform.devices.filter((device) => device.id !== worker);
    for (const other of others) {
      expect((await platform.device(other.id)).provedAtMs).not.toBeNull();
    }
    expect(await platform.brokenBooks()).toEqual([]);
  });

  it('and its like are replaced until nobody is left', async () => {
    const platform = await setup({ devices: 4 });
    for (const { id } of platform.devices) platform.provers.set(id, 'over_cap');
    const id = await platform.order(2);
    expect(await untilSettled(platform, id)).toBe('failed');
    expect((await platform.cluster(id)).reason).toBe('no_replacement');
    await platform.release(id);
    for (const device of platform.devices) {
      expect(await platform.device(device.id)).toMatchObject({ hiredBy: null, provedAtMs: null });
    }
    expect(await platform.hold(id)).toMatchObject({ state: 'void' });
  });

  it('in the new round is replaced as in the first', async () => {
    const { platform, id, worker } = await failing('lane_value', 4);
    await turn(platform, id);
    const [, second = ''] = await hiredOf(platform, id);
    expect(second).not.toBe(worker);
    platform.provers.set(second, 'too_slow');
    expect(await untilSettled(platform, id)).toBe('running');
    const { acceptance, assignments } = await platform.cluster(id);
    expect(acceptance?.number).toBe(3);
    expect(assignments.map(({ fault }) => fault?.verdict ?? null)).toEqual([
      null,
      'lane_value',
      'too_slow',
      null,
    ]);
  });
});

describe('a challenge that has to wait', () => {
  /** Devices whose processors are called in slots. */
  const called = async (platform: Platform) => {
    for (const { id } of platform.devices) {
      const device = await platform.device(id);
      for (const processor of processorsOf(device)) {
        const seen = newRecord(processor, device.organisationId);
        await platform.database.write(putProcessorRecord(changedRecord(seen, { countsFromMs: 0 })));
      }
    }
  };

  it('is not issued into a slot; the nodes do not wait, and the head’s reports bring it', async () => {
    const platform = await setup();
    await called(platform);
    platform.clock.ms = startMs + 10 * minuteMs - 1_000;
    const id = await platform.order(2);
    await turn(platform, id);
    expect(await proves(platform)).toEqual([]);
    expect(await platform.cluster(id)).toMatchObject({ status: 'deploying', acceptance: null });
    expect((await platform.nodes(id)).map(({ status }) => status)).toEqual(['alive', 'alive']);
    platform.clock.ms += 30_000;
    await platform.sendRay(id);
    expect(await proves(platform)).toHaveLength(2);
    await platform.prove();
    await platform.sendRay(id);
    expect((await platform.cluster(id)).status).toBe('running');
  });

  it('is not issued beside another one', async () => {
    const platform = await setup();
    const id = await platform.order(2);
    const [, worker = ''] = await hiredOf(platform, id);
    const other = { ...(await otherChallenge()), command_id: platform.newId('cmd') };
    await platform.database.write(putCommand({ deviceId: worker, command: other }));
    await platform.step('dispatch-nodes', id);
    expect((await platform.cluster(id)).acceptance).toBeNull();
    await platform.database.write(deleteCommand(worker, other.command_id));
    await platform.step('dispatch-nodes', id);
    expect((await platform.cluster(id)).acceptance?.number).toBe(1);
  });

  /** A command to prove, as a recheck would bring it. */
  const otherChallenge = async (): Promise<ProveCommand> => {
    const platform = await setup({ seed: 'other' });
    await platform.step('dispatch-nodes', await platform.order(1));
    return present((await proves(platform))[0], 'nothing was asked');
  };
});

describe('who dies while a round is opened', () => {
  /** Two devices of 16 processors: more than one transaction holds. */
  const large = () => setup({ devices: 2, device: () => ({ processorCount: 16 }) });
  const isIssue = (writes: readonly { readonly table: string }[]) =>
    writes.some(({ table }) => table === 'proofs');

  it('leaves a round that lapses, and nobody is asked late', async () => {
    const platform = await large();
    const id = await platform.order(32);
    let issues = 0;
    platform.database.faultOf = (writes) => {
      if (isIssue(writes)) issues += 1;
      if (issues === 2) throw new Error('death');
      return 'none';
    };
    await expect(platform.step('dispatch-nodes', id)).rejects.toThrow('death');
    platform.database.faultOf = () => 'none';
    const first = (await proves(platform)).length;
    expect(first).toBe(24);
    await platform.step('dispatch-nodes', id);
    expect(await proves(platform)).toHaveLength(first);
    await platform.prove();
    await platform.step('dispatch-nodes', id);
    expect(await proves(platform)).toEqual([]);
    platform.clock.ms += 10_000;
    await platform.step('dispatch-nodes', id);
    expect(await proves(platform)).toHaveLength(32);
    expect((await platform.cluster(id)).acceptance).toMatchObject({ number: 2, challenged: 32 });
    expect(await untilSettled(platform, id)).toBe('running');
  });

  it('before anything was written leaves nothing, and the next opens the first round', async () => {
    const platform = await large();
    const id = await platform.order(32);
    platform.database.faultOf = (writes) => {
      if (isIssue(writes)) throw new Error('death');
      return 'none';
    };
    await expect(platform.step('dispatch-nodes', id)).rejects.toThrow('death');
    expect((await platform.cluster(id)).acceptance).toBeNull();
    platform.database.faultOf = () => 'none';
    await platform.step('dispatch-nodes', id);
    expect(await proves(platform)).toHaveLength(32);
  });

  it('issues no more for a cluster that ended in between', async () => {
    const platform = await large();
    const id = await platform.order(32);
    const transact = platform.database.transact.bind(platform.database);
    platform.database.transact = async (writes, token) => {
      await transact(writes, token);
      if (!isIssue(writes)) return;
      platform.database.transact = transact;
      await platform.terminate(id);
    };
    await platform.step('dispatch-nodes', id);
    expect((await platform.cluster(id)).status).toBe('termination_requested');
    expect(await proves(platform)).toHaveLength(24);
    expect(await platform.nodes(id)).toEqual([]);
  });

  it('opens one round, when two try at once', async () => {
    const platform = await setup();
    const id = await platform.order(3);
    await Promise.all([
      platform.step('dispatch-nodes', id),
      platform.step('dispatch-nodes', id),
      platform.step('dispatch-nodes', id),
    ]);
    expect(await proves(platform)).toHaveLength(3);
    expect(await starts(platform)).toHaveLength(1);
    expect(eventsOf(platform, id, 'cluster.acceptance_opened')).toHaveLength(1);
  });
});
