/** POST /v1/proofs: one commitment per source and processor, in time, to the work that was asked for. */

import { hourMs, minuteMs } from '../../shared/core/time.ts';
import { changed } from '../../shared/devices/device.ts';
import { putDevice } from '../../shared/devices/device-store.ts';
import { getChallenge } from '../../shared/proofs/challenge-store.ts';
import { groupOfAddress, latestValue } from '../../shared/proofs/place.ts';
import { getPlace } from '../../shared/proofs/place-store.ts';
import { processorsOf } from '../../shared/proofs/processor.ts';
import { changedRecord } from '../../shared/proofs/processor-record.ts';
import {
  getProcessorRecord,
  putProcessorRecord,
} from '../../shared/proofs/processor-record-store.ts';
import { getProof } from '../../shared/proofs/proof-store.ts';
import { toHex } from '../../shared/proofs/protocol/bytes.ts';
import { claimHashOf } from '../../shared/proofs/protocol/claim.ts';
import { signBytes } from '../../shared/proofs/protocol/ed25519.ts';
import { paramsHashOf } from '../../shared/proofs/protocol/parameters.ts';
import { testId } from '../devices/builders.ts';
import { aFullLoad, aLoad } from './builders.ts';
import {
  calledFull,
  calledLight,
  calledMachine,
  gpus,
  nextSlot,
  reportDriver,
  slotLoad,
  standingOf,
} from './called.ts';
import { makeCluster } from './hires.ts';
import { commitBody, type Machine, proofsService, prove } from './service.ts';

/** A commitment to nothing real: what a server cannot tell from a real one before it is opened. */
const anything = ({ key }: Machine, byte = 0xab) => {
  const h1 = new Uint8Array(32).fill(byte);
  return { h1, h1Signature: signBytes(key.keySeed, h1) };
};

const challenged = async (load = aFullLoad()) => {
  const service = await proofsService();
  const machine = await service.addMachine(1);
  const challenge = await service.challenge(machine, load);
  const source = { challenge_id: challenge.id };
  const body = (committed = anything(machine), more: object = {}) => ({
    ...commitBody(machine, source, load.params, committed),
    ...more,
  });
  const commit = (sent: object = body()) => service.send(machine, 'POST', '/v1/proofs', sent);
  const stored = (id: string) => getProof(service.runtime.database, machine.device.id, id);
  return { ...service, machine, challenge, body, commit, stored };
};

describe('commitProof to a challenge', () => {
  it('200: a full proof gets the seed of its walk, timed by the platform alone', async () => {
    const { runtime, commit, stored, challenge, machine } = await challenged();
    runtime.clock.ms += 7;
    const answer = await commit();
    expect(answer.status).toBe(200);
    const { id, walk_seed } = answer.body;
    expect(answer.body).toEqual({ id, walk_seed: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(await stored(id)).toMatchObject({
      status: 'committed',
      purpose: 'recheck',
      sourceId: challenge.id,
      t0Ms: challenge.t0Ms,
      t1Ms: challenge.t0Ms + 7,
      t1bMs: challenge.t0Ms + 7,
      deadlineMs: challenge.t0Ms + 7 + 18_000,
      walkSeed: walk_seed,
      sampleSeed: null,
      processorId: machine.processor.id,
    });
    expect(await getChallenge(runtime.database, challenge.id)).toMatchObject({
      status: 'answered',
      proofId: id,
    });
  });

  it('200: a light proof gets the seed of its samples, and a minute', async () => {
    const { commit, stored, runtime } = await challenged(aLoad());
    const { body } = await commit();
    expect(Object.keys(body)).toEqual(['id', 'sample_seed']);
    expect((await stored(body.id))?.deadlineMs).toBe(runtime.clock.ms + minuteMs);
  });

  it('200: counts from when the gateway had it, not from when it was looked at', async () => {
    const { runtime, send, machine, body, stored } = await challenged();
    const gatewayMs = runtime.clock.ms + 5;
    const answer = await send(machine, 'POST', '/v1/proofs', body(), { gatewayMs });
    expect((await stored(answer.body.id))?.t1Ms).toBe(gatewayMs);
  });

  it('200: repeated, gets the very same answer, at any time and however it ended', async () => {
    const service = await proofsService();
    const machine = await service.addMachine(1);
    const challenge = await service.challenge(machine, aFullLoad());
    const { commit, answer, id } = await prove(service, machine, challenge);
    expect(answer.body.verdict).toBe('passed');
    const walkSeed = (await getProof(service.runtime.database, machine.device.id, id))?.walkSeed;
    for (const laterMs of [0, 20_000, 30 * 24 * hourMs]) {
      service.runtime.clock.ms += laterMs;
      const again = await service.send(machine, 'POST', '/v1/proofs', commit);
      expect([again.status, again.body]).toEqual([200, { id, walk_seed: walkSeed }]);
    }
  });

  it('200: draws one seed, however many come at once', async () => {
    const { commit, runtime } = await challenged();
    const answers = await Promise.all([commit(), commit(), commit()]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(new Set(answers.map(({ body }) => body.walk_seed)).size).toBe(1);
    expect(runtime.database.all('proofs').filter(({ sk }) => sk.startsWith('PROOF#'))).toHaveLength(
      1,
    );
  });

  it('200: keeps the seed of an answer that was lost on its way', async () => {
    const { commit, runtime, stored } = await challenged();
    let lost = 0;
    runtime.database.faultOf = (writes) => {
      lost += writes.some(({ key }) => key.sk.startsWith('PROOF#')) ? 1 : 0;
      return lost === 1 ? 'lost_answer' : 'none';
    };
    const answer = await commit();
    runtime.database.faultOf = () => 'none';
    expect([answer.status, lost]).toEqual([200, 1]);
    expect((await stored(answer.body.id))?.walkSeed).toBe(answer.body.walk_seed);
    expect((await commit()).body).toEqual(answer.body);
  });

  it('400: neither slot nor challenge, both, or another form of anything', async () => {
    const { commit, body, challenge } = await challenged();
    const full = body();
    const wrong: Record<string, unknown>[] = [
      { challenge_id: undefined },
      { slot: '2026-11-22T12:00:00Z' },
      { h1: full.h1.toUpperCase() },
      { h1: full.h1.slice(1) },
      { signature: full.h1 },
      { params_hash: `0x${full.params_hash.slice(2)}` },
      { profile: 3 },
      { profile: '2' },
      { processor_id: challenge.id },
      { time: 5 },
    ];
    for (const change of wrong) {
      const answer = await commit({ ...full, ...change });
      expect([change, answer.status, answer.body.code]).toEqual([change, 400, 'request.malformed']);
    }
  });

  it('401: a signature over another digest, or by another key, changes nothing', async () => {
    const { commit, body, machine, runtime, addMachine } = await challenged();
    const other = await addMachine(2);
    const before = runtime.database.all('proofs');
    const { h1 } = anything(machine);
    for (const h1Signature of [anything(machine, 2).h1Signature, anything(other).h1Signature]) {
      const answer = await commit(body({ h1, h1Signature }));
      expect([answer.status, answer.body.code]).toEqual([401, 'proof.signature_invalid']);
    }
    expect(runtime.database.all('proofs')).toEqual(before);
  });

  it('401: an unsigned request is refused before anything is read', async () => {
    const { ask, body } = await challenged();
    const answer = await ask('/v1/proofs', { method: 'POST', body: body() });
    expect([answer.status, answer.body.code]).toEqual([401, 'device.signature_invalid']);
  });

  it('404: a challenge that is not there, or of another device', async () => {
    const { commit, body, addMachine, challenge, send } = await challenged();
    const unknown = await commit({ ...body(), challenge_id: `chl_${'0'.repeat(26)}` });
    expect([unknown.status, unknown.body.code]).toEqual([404, 'proof.unknown_challenge']);
    const other = await addMachine(2);
    const source = { challenge_id: challenge.id };
    const theirs = commitBody(other, source, challenge.load.params, anything(other));
    const foreign = await send(other, 'POST', '/v1/proofs', theirs);
    expect([foreign.status, foreign.body.code]).toEqual([404, 'proof.unknown_challenge']);
  });

  it('404: a processor that the device does not have', async () => {
    const { commit, body } = await challenged();
    const answer = await commit({ ...body(), processor_id: `prc_${'0'.repeat(26)}` });
    expect([answer.status, answer.body.code]).toEqual([404, 'proof.unknown_processor']);
  });

  it('409 too_late: from the deadline on, and not a millisecond before', async () => {
    for (const [lateMs, status] of [
      [-1, 200],
      [0, 409],
    ] as const) {
      const { commit, runtime, challenge } = await challenged();
      runtime.clock.ms = challenge.t0Ms + challenge.load.commitWithinMs + lateMs;
      const answer = await commit();
      expect(answer.status).toBe(status);
      if (status === 409) {
        expect(answer.body.code).toBe('proof.too_late');
        expect(runtime.database.all('proofs').some(({ sk }) => sk.startsWith('PROOF#'))).toBe(
          false,
        );
      }
    }
  });

  it('409 assignment_changed: says what is asked for, and waits for that', async () => {
    const { commit, body, challenge } = await challenged();
    const { params } = challenge.load;
    for (const change of [
      { profile: 1 },
      { params_hash: 'a'.repeat(64) },
      { claim_hash: 'b'.repeat(64) },
    ]) {
      const answer = await commit({ ...body(), ...change });
      expect([answer.status, answer.body.code]).toEqual([409, 'proof.assignment_changed']);
      expect(answer.body).toMatchObject({
        profile: 2,
        params,
        params_hash: toHex(paramsHashOf(params)),
        claim_hash: body().claim_hash,
      });
    }
    expect((await commit()).status).toBe(200);
  });

  it('409 assignment_changed: asks for the claim of the challenge, whatever the device reports by now', async () => {
    const service = await proofsService();
    const machine = await service.addMachine(1, gpus());
    const { params } = aFullLoad();
    const source = { challenge_id: (await service.challenge(machine, aFullLoad())).id };
    const [processor] = processorsOf(await reportDriver(service, machine, '590.1'));
    if (!processor) throw new Error('no processor');
    expect(processor.id).toBe(machine.processor.id);
    const commit = (as: Machine) =>
      service.send(machine, 'POST', '/v1/proofs', commitBody(as, source, params, anything(as)));
    const newer = await commit({ ...machine, processor });
    expect([newer.status, newer.body.code]).toEqual([409, 'proof.assignment_changed']);
    const { claim } = machine.processor;
    expect(newer.body).toMatchObject({ claim, claim_hash: toHex(claimHashOf(claim)) });
    // Who does as it says is accepted.
    const asked = { ...processor, claim: newer.body.claim };
    const answer = await commit({ ...machine, processor: asked });
    expect(answer.status).toBe(200);
    const { database } = service.runtime;
    expect(await getProof(database, machine.device.id, answer.body.id)).toMatchObject({ claim });
  });

  it('409 phase_conflict: another commitment ends a live proof, once and for all', async () => {
    const { commit, body, machine, stored, challenge, runtime } = await challenged();
    const first = await commit();
    const other = await commit(body(anything(machine, 2)));
    expect([other.status, other.body.code]).toEqual([409, 'proof.phase_conflict']);
    expect(await stored(first.body.id)).toMatchObject({
      status: 'failed',
      reason: 'phase_conflict',
      h1: body().h1,
    });
    expect(await getChallenge(runtime.database, challenge.id)).toMatchObject({
      status: 'failed',
      reason: 'phase_conflict',
    });
    const again = await commit(body(anything(machine, 2)));
    expect([again.status, again.body.code]).toEqual([409, 'proof.final']);
    expect((await commit()).body).toEqual(first.body);
  });

  it('409 too_late: another commitment after the deadline of the walk finds it expired', async () => {
    const { commit, body, machine, stored, runtime } = await challenged();
    const { id } = (await commit()).body;
    runtime.clock.ms = (await stored(id))?.deadlineMs ?? 0;
    const answer = await commit(body(anything(machine, 2)));
    expect([answer.status, answer.body.code]).toEqual([409, 'proof.too_late']);
    expect(await stored(id)).toMatchObject({ status: 'failed', reason: 'expired' });
  });
});

describe('commitProof by a device with another driver', () => {
  it('200: to a slot with the claim of today, which the slot’s proof keeps', async () => {
    const service = await proofsService();
    const machine = await calledMachine(service);
    const { slot } = await nextSlot(service, standingOf(machine), calledLight);
    const [processor] = processorsOf(await reportDriver(service, machine, '590.1'));
    if (!processor) throw new Error('no processor');
    const old = await inSlot(service, machine, slot, 1);
    expect([old.status, old.body.code]).toEqual([409, 'proof.assignment_changed']);
    expect(old.body.claim).toEqual(processor.claim);
    const answer = await inSlot(service, { ...machine, processor }, slot, 1);
    expect(answer.status).toBe(200);
    const { database } = service.runtime;
    const proof = await getProof(database, machine.device.id, answer.body.id);
    expect(proof?.claim).toEqual({ ...machine.processor.claim, driver: '590.1' });
  });
});

/** A commitment to a slot, with the machine's place and record as they are. */
const inSlot = (
  service: Awaited<ReturnType<typeof proofsService>>,
  machine: Machine,
  slot: string,
  profile: 0 | 1 | 2,
  more: object = {},
) => {
  const { params } = slotLoad(machine, profile, service.runtime.clock.ms);
  const body = commitBody(machine, { slot }, params, anything(machine));
  return service.send(machine, 'POST', '/v1/proofs', { ...body, ...more });
};

describe('commitProof to a slot', () => {
  it('200: a called processor, light or full as the slot is', async () => {
    for (const [wanted, profile, seed] of [
      [calledLight, 1, 'sample_seed'],
      [calledFull, 2, 'walk_seed'],
    ] as const) {
      const service = await proofsService();
      const machine = await calledMachine(service);
      const { slot, opensAtMs } = await nextSlot(service, standingOf(machine), wanted);
      service.runtime.clock.ms += 5_000;
      const answer = await inSlot(service, machine, slot, profile);
      expect(answer.status).toBe(200);
      expect(Object.keys(answer.body)).toEqual(['id', seed]);
      const proof = await getProof(service.runtime.database, machine.device.id, answer.body.id);
      expect(proof).toMatchObject({ purpose: 'slot', sourceId: slot, t0Ms: opensAtMs });
      expect(proof?.load).toEqual(slotLoad(machine, profile, opensAtMs));
    }
  });

  it('409 not_called: a slot that calls somebody else', async () => {
    const service = await proofsService();
    const machine = await calledMachine(service);
    const { slot } = await nextSlot(service, standingOf(machine), ({ called }) => !called);
    const answer = await inSlot(service, machine, slot, 1);
    expect([answer.status, answer.body.code]).toEqual([409, 'proof.not_called']);
  });

  it('409 not_called: a device that became another model when it saw the seed', async () => {
    const service = await proofsService();
    const machine = await calledMachine(service);
    const { slot } = await nextSlot(service, standingOf(machine), calledLight);
    const { database } = service.runtime;
    const other = changed(machine.device, { model: 'RTX 3060' });
    await database.write(putDevice(other));
    const [processor] = processorsOf(other);
    if (!processor) throw new Error('no processor');
    const weaker: Machine = { ...machine, device: other, processor };
    const answer = await inSlot(service, weaker, slot, 1);
    expect([answer.status, answer.body.code]).toEqual([409, 'proof.not_called']);
    const old = await inSlot(service, machine, slot, 1);
    expect([old.status, old.body.code]).toEqual([404, 'proof.unknown_processor']);
    // It is what it was again: the record was there all the time, and the call still waits.
    await database.write(putDevice(changed(other, { model: 'RTX 4090' })));
    expect((await inSlot(service, machine, slot, 1)).status).toBe(200);
  });

  it('409 not_called: a processor that does not count yet', async () => {
    const service = await proofsService();
    const machine = await calledMachine(service);
    const { slot, opensAtMs } = await nextSlot(service, standingOf(machine), calledLight);
    const { database } = service.runtime;
    const record = await getProcessorRecord(database, machine.device.id, machine.processor.id);
    if (!record) throw new Error('no record');
    const later = changedRecord(record, { countsFromMs: opensAtMs + 1 });
    await database.write(putProcessorRecord(later));
    const answer = await inSlot(service, machine, slot, 1);
    expect([answer.status, answer.body.code]).toEqual([409, 'proof.not_called']);
  });

  it('409 assignment_changed: a light proof in a full slot', async () => {
    const service = await proofsService();
    const machine = await calledMachine(service);
    const { slot } = await nextSlot(service, standingOf(machine), calledFull);
    const answer = await inSlot(service, machine, slot, 1);
    expect([answer.status, answer.body.code]).toEqual([409, 'proof.assignment_changed']);
    expect(answer.body.profile).toBe(2);
    expect((await inSlot(service, machine, slot, 2)).status).toBe(200);
  });

  it('425: a slot that has not opened', async () => {
    const service = await proofsService();
    const machine = await calledMachine(service);
    const { slot } = await nextSlot(service, standingOf(machine), calledLight);
    service.runtime.clock.ms -= 1;
    const answer = await inSlot(service, machine, slot, 1);
    expect([answer.status, answer.body.code]).toEqual([425, 'proof.too_early']);
  });

  it('404: any other spelling of a slot', async () => {
    const service = await proofsService();
    const machine = await calledMachine(service);
    const answer = await inSlot(service, machine, '2026-11-22T12:00:00.000Z', 1);
    expect([answer.status, answer.body.code]).toEqual([404, 'proof.unknown_slot']);
  });

  it('409 too_late: from 3 T after the opening on', async () => {
    const service = await proofsService();
    const machine = await calledMachine(service);
    const { slot, opensAtMs } = await nextSlot(service, standingOf(machine), calledLight);
    const { commitWithinMs } = slotLoad(machine, 1, opensAtMs);
    expect(commitWithinMs).toBeGreaterThanOrEqual(12_000);
    service.runtime.clock.ms = opensAtMs + commitWithinMs;
    const answer = await inSlot(service, machine, slot, 1);
    expect([answer.status, answer.body.code]).toEqual([409, 'proof.too_late']);
    service.runtime.clock.ms -= 1;
    expect((await inSlot(service, machine, slot, 1)).status).toBe(200);
  });

  it('asks a hired device for a micro proof, as it was hired when the slot opened', async () => {
    const service = await proofsService();
    const machine = await calledMachine(service);
    const { slot, opensAtMs } = await nextSlot(service, standingOf(machine, 'micro'), calledLight);
    const clusterId = await makeCluster(service, machine);
    const hire = async (hiredAtMs: number) => {
      const { device } = machine;
      await service.runtime.database.write(
        putDevice(
          changed(device, {
            hiredBy: clusterId,
            hiredNode: testId('nod', 1),
            hiredAtMs,
            hiredConsent: true,
          }),
        ),
      );
    };
    await hire(opensAtMs);
    const answer = await inSlot(service, machine, slot, 1);
    expect([answer.status, answer.body.code]).toEqual([409, 'proof.assignment_changed']);
    expect(answer.body.profile).toBe(0);
    expect((await inSlot(service, machine, slot, 0)).status).toBe(200);
  });

  it('asks as before of a device that was hired after the slot opened', async () => {
    const service = await proofsService();
    const machine = await calledMachine(service);
    const { slot, opensAtMs } = await nextSlot(service, standingOf(machine), calledLight);
    const clusterId = await makeCluster(service, machine);
    const hired = changed(machine.device, {
      hiredBy: clusterId,
      hiredNode: testId('nod', 1),
      hiredAtMs: opensAtMs + 1,
      hiredConsent: true,
    });
    await service.runtime.database.write(putDevice(hired));
    expect((await inSlot(service, machine, slot, 1)).status).toBe(200);
  });

  it('notes the network that it comes from, for the next hour on', async () => {
    const service = await proofsService();
    const machine = await calledMachine(service);
    const { slot } = await nextSlot(service, standingOf(machine), calledLight);
    const { params } = slotLoad(machine, 1, service.runtime.clock.ms);
    const body = commitBody(machine, { slot }, params, anything(machine));
    await service.send(machine, 'GET', '/v1/agent/proof-assignment');
    const moved = { sourceIp: '198.51.100.20' };
    expect((await service.send(machine, 'POST', '/v1/proofs', body, moved)).status).toBe(200);
    const place = await getPlace(service.runtime.database, machine.device.id);
    expect(place && latestValue(place.value).group).toBe(groupOfAddress('198.51.100.20'));
    expect(place?.value.steps).toHaveLength(2);
  });
});
