/** What the end of a proof changes, all at once, and that a death in between loses nothing. */
import { issueChallenges } from '../../functions/proofs/issue-challenges.ts';
import { sweepChallenges } from '../../functions/proofs/sweep-challenges.schedule.ts';
import { hourMs } from '../../shared/core/time.ts';
import { changed } from '../../shared/devices/device.ts';
import { listDeviceEvents } from '../../shared/devices/device-event-store.ts';
import { getDevice, putDevice } from '../../shared/devices/device-store.ts';
import { putVerificationWait } from '../../shared/devices/verification-store.ts';
import { getChallenge } from '../../shared/proofs/challenge-store.ts';
import { processorsOf } from '../../shared/proofs/processor.ts';
import { changedRecord, newRecord } from '../../shared/proofs/processor-record.ts';
import {
  getProcessorRecord,
  listProcessorRecords,
  putProcessorRecord,
} from '../../shared/proofs/processor-record-store.ts';
import { getProof } from '../../shared/proofs/proof-store.ts';
import { aFullLoad, aLoad } from './builders.ts';
import { gpus } from './called.ts';
import { type Machine, type ProofsService, proofsService, prove, upToOpening } from './service.ts';

/** A machine with two GPUs, as one that proves with the first and one that proves with the second. */
const twoGpus = async (service: ProofsService) => {
  const first = await service.addMachine(1, gpus(2));
  const [, processor] = processorsOf(first.device);
  if (!processor) throw new Error('one processor alone');
  const second: Machine = { ...first, processor, key: { ...first.key, claim: processor.claim } };
  return [first, second] as const;
};

const onboard = async (
  service: ProofsService,
  machine: Machine,
  purpose: 'onboarding' | 'recheck',
) => {
  const challenge = await service.challenge(machine, aFullLoad(), { purpose });
  const { answer } = await prove(service, machine, challenge);
  expect(answer.body.verdict).toBe('passed');
};

describe('a full pass', () => {
  it('of the last processor proves the device, with what all reached together', async () => {
    const service = await proofsService();
    const { database } = service.runtime;
    const [first, second] = await twoGpus(service);
    await onboard(service, first, 'onboarding');
    expect((await getDevice(database, first.device.id))?.provedAtMs).toBeNull();
    await onboard(service, second, 'onboarding');
    const device = await getDevice(database, first.device.id);
    expect(device).toMatchObject({ provedAtMs: service.runtime.clock.ms, provedGops: 2 });
    const { events } = await listDeviceEvents(database, first.device.id, { limit: 10 });
    expect(events[0]).toMatchObject({ kind: 'device.proved' });
  });

  it('of verify-device makes the processor count from the next full hour on', async () => {
    const service = await proofsService();
    const [machine] = await twoGpus(service);
    await onboard(service, machine, 'onboarding');
    const { device, processor } = machine;
    const record = await getProcessorRecord(service.runtime.database, device.id, processor.id);
    const nextHourMs = Math.ceil(service.runtime.clock.ms / hourMs) * hourMs;
    expect(record?.countsFromMs).toBe(nextHourMs);
  });

  it('of anything else proves no device that verify-device has not proved', async () => {
    const service = await proofsService();
    const machine = await service.addMachine(1, gpus());
    await onboard(service, machine, 'recheck');
    const device = await getDevice(service.runtime.database, machine.device.id);
    expect(device?.provedAtMs).toBeNull();
  });
});

describe('hardware that comes and goes', () => {
  it('leaves records behind, of which a proof of what is there knows nothing', async () => {
    const service = await proofsService();
    const { database } = service.runtime;
    const [first, second] = await twoGpus(service);
    const { id: deviceId, organisationId } = first.device;
    for (let number = 10; number < 30; number += 1) {
      // Before all others in the order of ids.
      const gone = { ...first.processor, id: `prc_00${number}` } as const;
      const record = changedRecord(newRecord(gone, organisationId), {});
      await database.write(putProcessorRecord(record));
    }
    await onboard(service, first, 'onboarding');
    await onboard(service, second, 'onboarding');
    expect((await getDevice(database, deviceId))?.provedAtMs).toBe(service.runtime.clock.ms);
    // Once more: the record that is there is changed, not put a second time.
    await onboard(service, first, 'onboarding');
  });

  it('takes nothing back from who committed and then became another model', async () => {
    const service = await proofsService();
    const { database, clock } = service.runtime;
    const machine = await service.addMachine(1, gpus());
    await onboard(service, machine, 'onboarding');
    const challenge = await service.challenge(machine, aLoad(), {});
    await upToOpening(service, machine, challenge);
    const known = await getDevice(database, machine.device.id);
    if (!known) throw new Error('no device');
    await database.write(putDevice(changed(known, { model: 'RTX 3060' })));
    clock.ms += hourMs;
    await sweepChallenges(service.needs);
    const record = await getProcessorRecord(database, known.id, machine.processor.id);
    expect(record?.challenges).toEqual([{ atMs: challenge.t0Ms, profile: 1, passed: false }]);
  });
});

describe('a device that failed the challenge before a hire', () => {
  it('is proved again by verify-device, and by no full pass of a recheck', async () => {
    const service = await proofsService();
    const { database, clock } = service.runtime;
    const machine = await service.addMachine(1, gpus());
    await onboard(service, machine, 'onboarding');
    clock.ms += hourMs;
    const failing = await service.challenge(machine, aLoad(), { purpose: 'acceptance' });
    await prove(service, machine, failing, { commitMs: 2_000 });
    const provedAtMs = async () => (await getDevice(database, machine.device.id))?.provedAtMs;
    expect(await provedAtMs()).toBeNull();
    clock.ms += hourMs;
    await onboard(service, machine, 'recheck');
    expect(await provedAtMs()).toBeNull();
    await onboard(service, machine, 'onboarding');
    expect(await provedAtMs()).toBe(clock.ms);
  });
});

describe('a light pass of a challenge', () => {
  it('tells the gate of the hour when the whole group was challenged, and only then', async () => {
    for (const wholeGroup of [true, false]) {
      const service = await proofsService();
      const machine = await service.addMachine(1, gpus());
      const challenge = await service.challenge(machine, aLoad(), { wholeGroup });
      await prove(service, machine, challenge);
      const records = await listProcessorRecords(service.runtime.database, machine.device.id);
      expect(records.flatMap((record) => record.challenges)).toHaveLength(wholeGroup ? 1 : 0);
    }
  });
});

describe('three strikes', () => {
  it('block the device, and each makes it wait longer', async () => {
    const service = await proofsService();
    const { runtime } = service;
    const machine = await service.addMachine(1);
    for (const strikes of [1, 2, 3]) {
      const challenge = await service.challenge(machine, aLoad());
      const { answer } = await prove(
        service,
        machine,
        challenge,
        {},
        { leaf: (_r, _l, bytes) => bytes.fill(0) },
      );
      expect(answer.body).toMatchObject({ verdict: 'failed', reason: 'sample_value' });
      const device = await getDevice(runtime.database, machine.device.id);
      expect(device?.status).toBe(strikes === 3 ? 'blocked' : 'up');
      if (strikes < 3) expect(device?.verifyFromMs).toBe(runtime.clock.ms + strikes * hourMs);
    }
    const { device, processor } = machine;
    const record = await getProcessorRecord(runtime.database, device.id, processor.id);
    expect(record?.strikes).toHaveLength(3);
  });
});

describe('whoever dies in between', () => {
  /** What was written when everything went well, without the requests' own records. */
  const outcome = (service: ProofsService) =>
    [...service.runtime.database.snapshot()].filter(([at]) => !at.startsWith('requests '));

  it('leaves a proof that its device can finish, with the same end', async () => {
    const play = async (diesAt: number) => {
      const service = await proofsService();
      const machine = await service.addMachine(1, gpus());
      const challenge = await service.challenge(machine, aFullLoad(), { purpose: 'onboarding' });
      const ready = await upToOpening(service, machine, challenge);
      let writes = 0;
      let died = false;
      const { put } = service.needs.transcripts;
      const dieOr = () => {
        writes += 1;
        if (writes !== diesAt) return;
        died = true;
        throw new Error('killed');
      };
      // Dies before or right after each effect: the transcript, then the transaction.
      service.needs.transcripts.put = async (name, text) => {
        dieOr();
        await put(name, text);
        dieOr();
      };
      service.runtime.database.faultOf = (all) => {
        if (all.some(({ table }) => table === 'proofs')) dieOr();
        return 'none';
      };
      // A strike, which is not given without its transcript.
      const forged = Uint8Array.from(ready.bytes);
      forged[0] = (forged[0] ?? 0) ^ 1;
      const first = await service.send(machine, 'PUT', ready.path, forged);
      expect(first.status >= 500).toBe(died);
      service.needs.transcripts.put = put;
      service.runtime.database.faultOf = () => 'none';
      const answer = await service.send(machine, 'PUT', ready.path, forged);
      const kept = [...service.transcripts];
      return { died, body: answer.body, end: outcome(service), kept };
    };
    const well = await play(0);
    expect(well.body).toMatchObject({ verdict: 'failed', reason: 'roots' });
    expect(well.kept).toHaveLength(1);
    for (let diesAt = 1; ; diesAt += 1) {
      const { died, ...end } = await play(diesAt);
      expect(end).toEqual({ body: well.body, end: well.end, kept: well.kept });
      if (!died) {
        expect(diesAt).toBe(4);
        break;
      }
    }
  });

  it('after the transcript, and is never asked again: the proof expires, and takes no place', async () => {
    const service = await proofsService();
    const machine = await service.addMachine(1, gpus());
    const challenge = await service.challenge(machine, aFullLoad(), { purpose: 'onboarding' });
    const ready = await upToOpening(service, machine, challenge);
    const { database, clock } = service.runtime;
    database.faultOf = (all) => {
      if (all.some(({ table }) => table === 'proofs')) throw new Error('killed');
      return 'none';
    };
    expect((await service.send(machine, 'PUT', ready.path, ready.bytes)).status).toBe(500);
    database.faultOf = () => 'none';
    expect(service.transcripts.size).toBe(1);
    clock.ms += hourMs;
    await sweepChallenges(service.needs);
    expect(await getProof(database, machine.device.id, ready.id)).toMatchObject({
      ...{ status: 'failed', reason: 'expired', openingDigest: null, receipt: null },
    });
    expect((await getChallenge(database, challenge.id))?.status).toBe('failed');
    // Late, the opening that was judged once gets no verdict any more.
    const late = await service.send(machine, 'PUT', ready.path, ready.bytes);
    expect([late.status, late.body.code]).toEqual([409, 'proof.final']);
    expect(service.transcripts.size).toBe(1);
  });

  it('after the end: the same opening gets the stored verdict', async () => {
    const service = await proofsService();
    const machine = await service.addMachine(1, gpus());
    const challenge = await service.challenge(machine, aFullLoad(), { purpose: 'onboarding' });
    const ready = await upToOpening(service, machine, challenge);
    service.runtime.database.faultOf = (all) =>
      all.some(({ key }) => key.sk === ready.id || key.sk.startsWith('PROOF#'))
        ? 'lost_answer'
        : 'none';
    const answer = await service.send(machine, 'PUT', ready.path, ready.bytes);
    expect([answer.status, answer.body.verdict]).toEqual([200, 'passed']);
  });

  it('a device that moved meanwhile only delays the end', async () => {
    const service = await proofsService();
    const machine = await service.addMachine(1, gpus());
    const challenge = await service.challenge(machine, aFullLoad(), { purpose: 'onboarding' });
    const ready = await upToOpening(service, machine, challenge);
    let conflicts = 0;
    service.runtime.database.faultOf = (all) => {
      const ends = all.some(({ table }) => table === 'devices');
      conflicts += ends ? 1 : 0;
      return ends && conflicts <= 2 ? 'conflict' : 'none';
    };
    const answer = await service.send(machine, 'PUT', ready.path, ready.bytes);
    expect(answer.body.verdict).toBe('passed');
    const { database } = service.runtime;
    expect((await getProof(database, machine.device.id, ready.id))?.status).toBe('passed');
    expect((await getChallenge(database, challenge.id))?.status).toBe('passed');
  });
});

describe('the end of a challenge', () => {
  it('of verify-device wakes the workflow that waits for it', async () => {
    const service = await proofsService();
    const machine = await service.addMachine(1, gpus());
    const { database } = service.runtime;
    await database.write(putVerificationWait(machine.device.id, 'token'));
    await prove(service, machine, await service.challenge(machine, aLoad()));
    expect(service.woken).toEqual([]);
    const challenge = await service.challenge(machine, aLoad(), { purpose: 'onboarding' });
    await prove(service, machine, challenge);
    expect(service.woken).toEqual(['token']);
  });

  it('stands, though the workflow cannot be reached', async () => {
    const service = await proofsService();
    const machine = await service.addMachine(1, gpus());
    await service.runtime.database.write(putVerificationWait(machine.device.id, 'token'));
    service.needs.workflows.wake = async () => {
      throw new Error('away');
    };
    const challenge = await service.challenge(machine, aLoad(), { purpose: 'onboarding' });
    const { answer } = await prove(service, machine, challenge);
    expect(answer.body.verdict).toBe('passed');
    expect(service.runtime.lines.some(({ event }) => event === 'challenge.not_followed')).toBe(
      true,
    );
  });

  it('of acceptance leaves a note for the workflow of its cluster', async () => {
    const service = await proofsService();
    const machine = await service.addMachine(1, gpus());
    const { device, processor } = machine;
    const [issued] = await issueChallenges(service.runtime, {
      purpose: 'acceptance',
      round: 'clu_00000000000000000000000001#1',
      processors: [{ device, processor, load: aLoad() }],
    });
    if (!issued) throw new Error('nothing was issued');
    await prove(service, machine, issued);
    expect(service.runtime.database.all('clusters')).toMatchObject([
      { pk: 'CLU#clu_00000000000000000000000001', sk: `ANSWER#${issued.id}` },
    ]);
  });
});
