/** POST /v1/proofs/{proof_id}/walk: the second commitment, in its turn, in time, once. */
import { sweepChallenges } from '../../functions/proofs/sweep-challenges.schedule.ts';
import { minuteMs } from '../../shared/core/time.ts';
import type { Proof } from '../../shared/proofs/proof.ts';
import { getProof } from '../../shared/proofs/proof-store.ts';
import { bytesOfHex, toHex } from '../../shared/proofs/protocol/bytes.ts';
import { deriveH2 } from '../../shared/proofs/protocol/derivation.ts';
import { signBytes } from '../../shared/proofs/protocol/ed25519.ts';
import { aFullLoad, aLoad } from './builders.ts';
import { commitBody, proofsService, proverOf, walkBody } from './service.ts';

const committed = async (load = aFullLoad()) => {
  const service = await proofsService();
  const machine = await service.addMachine(1);
  const challenge = await service.challenge(machine, load);
  const prover = proverOf(machine, challenge);
  service.runtime.clock.ms += 4;
  const source = { challenge_id: challenge.id };
  const sent = commitBody(machine, source, challenge.load.params, prover);
  const { body } = await service.send(machine, 'POST', '/v1/proofs', sent);
  const path = `/v1/proofs/${body.id}/walk`;
  const stored = async (): Promise<Proof> => {
    const proof = await getProof(service.runtime.database, machine.device.id, body.id);
    if (!proof) throw new Error('no proof');
    return proof;
  };
  /** Any root of lanes, signed as its device would. */
  const rootBody = (byte: number) => {
    const laneRoot = new Uint8Array(32).fill(byte);
    const h2 = deriveH2(prover.h1, {
      walkSeed: bytesOfHex(body.walk_seed ?? '0'.repeat(64)),
      laneRoot,
    });
    return { lane_root: toHex(laneRoot), signature: toHex(signBytes(machine.key.keySeed, h2)) };
  };
  const walk = (more: object = {}) =>
    service.send(machine, 'POST', path, { ...rootBody(1), ...more });
  return {
    ...service,
    machine,
    challenge,
    prover,
    id: body.id,
    seed: body.walk_seed,
    path,
    stored,
    walk,
    rootBody,
  };
};

describe('walkProof', () => {
  it('200: gets the seed of the samples, and a minute from its storing on', async () => {
    const { send, machine, path, prover, seed, runtime, stored } = await committed();
    const walked = prover.walk(bytesOfHex(seed));
    runtime.clock.ms += 90;
    const answer = await send(machine, 'POST', path, walkBody(walked));
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ sample_seed: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(await stored()).toMatchObject({
      status: 'walked',
      laneRoot: toHex(walked.commitment.laneRoot),
      sampleSeed: answer.body.sample_seed,
      t2Ms: runtime.clock.ms,
      deadlineMs: runtime.clock.ms + minuteMs,
    });
  });

  it('200: repeated, gets the very same answer, at any time', async () => {
    const { walk, runtime, stored } = await committed();
    const first = await walk();
    for (const laterMs of [0, minuteMs, 40 * 24 * 60 * minuteMs]) {
      runtime.clock.ms += laterMs;
      const again = await walk();
      expect([again.status, again.body]).toEqual([200, first.body]);
    }
    expect((await stored()).status).toBe('walked');
  });

  it('200: draws one seed, however many come at once', async () => {
    const { walk } = await committed();
    const answers = await Promise.all([walk(), walk(), walk()]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(new Set(answers.map(({ body }) => body.sample_seed)).size).toBe(1);
  });

  it('400: any other form', async () => {
    const { walk, send, machine, path, rootBody } = await committed();
    for (const change of [
      { lane_root: 'AB'.repeat(32) },
      { lane_root: '' },
      { signature: 'ab'.repeat(63) },
      { seconds: 1 },
    ]) {
      const answer = await walk(change);
      expect([change, answer.status, answer.body.code]).toEqual([change, 400, 'request.malformed']);
    }
    const other = await send(machine, 'POST', path.replace('/poc_', '/prc_'), rootBody(1));
    expect([other.status, other.body.code]).toEqual([400, 'request.malformed']);
  });

  it('401: a signature over another digest changes nothing', async () => {
    const { walk, rootBody, prover, stored } = await committed();
    const before = await stored();
    for (const signature of [rootBody(2).signature, toHex(prover.h1Signature)]) {
      const answer = await walk({ signature });
      expect([answer.status, answer.body.code]).toEqual([401, 'proof.signature_invalid']);
    }
    expect(await stored()).toEqual(before);
  });

  it('404: a proof that is not there, and one of another device, alike', async () => {
    const { send, machine, path, rootBody, addMachine, stored } = await committed();
    const before = await stored();
    const other = await addMachine(2);
    const unknown = path.replace(/poc_\w{26}/, `poc_${'0'.repeat(26)}`);
    for (const answer of [
      await send(machine, 'POST', unknown, rootBody(1)),
      await send(other, 'POST', path, rootBody(1)),
    ]) {
      expect([answer.status, answer.body.code]).toEqual([404, 'proof.unknown']);
    }
    expect(await stored()).toEqual(before);
  });

  it('409 too_late: from the deadline on, and the proof has expired', async () => {
    const { walk, runtime, stored } = await committed();
    const { deadlineMs } = await stored();
    runtime.clock.ms = deadlineMs;
    const answer = await walk();
    expect([answer.status, answer.body.code]).toEqual([409, 'proof.too_late']);
    expect(await stored()).toMatchObject({ status: 'failed', reason: 'expired', laneRoot: null });
    const again = await walk();
    expect([again.status, again.body.code]).toEqual([409, 'proof.final']);
  });

  it('200: a millisecond before the deadline', async () => {
    const { walk, runtime, stored } = await committed();
    runtime.clock.ms = (await stored()).deadlineMs - 1;
    expect((await walk()).status).toBe(200);
  });

  it('409 phase: a proof without a walk', async () => {
    const { walk, stored } = await committed(aLoad());
    const answer = await walk();
    expect([answer.status, answer.body.code]).toEqual([409, 'proof.phase']);
    expect((await stored()).status).toBe('committed');
  });

  it('409 final: a proof without a walk that is over', async () => {
    const { walk, runtime, needs, stored } = await committed(aLoad());
    runtime.clock.ms += 10 * minuteMs;
    await sweepChallenges(needs);
    expect((await stored()).status).toBe('failed');
    const answer = await walk();
    expect([answer.status, answer.body.code]).toEqual([409, 'proof.final']);
  });

  it('409 phase_conflict: another root ends a live proof, and the first keeps its answer', async () => {
    const { walk, rootBody, stored } = await committed();
    const first = await walk();
    const other = await walk(rootBody(2));
    expect([other.status, other.body.code]).toEqual([409, 'proof.phase_conflict']);
    expect(await stored()).toMatchObject({ status: 'failed', reason: 'phase_conflict' });
    expect((await walk()).body).toEqual(first.body);
    expect((await walk(rootBody(2))).body.code).toBe('proof.final');
  });

  it('409: of two different roots at once, one is answered and the other ends the proof', async () => {
    const { walk, rootBody, stored } = await committed();
    const answers = await Promise.all([walk(rootBody(1)), walk(rootBody(2))]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect((await stored()).reason).toBe('phase_conflict');
  });
});
