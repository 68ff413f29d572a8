/** The sweep ends what nobody finished, thirty seconds after its deadline, once. */
import { issueChallenges } from '../../functions/proofs/issue-challenges.ts';
import { sweepChallenges } from '../../functions/proofs/sweep-challenges.schedule.ts';
import { listCommands } from '../../shared/clusters/command-store.ts';
import { dayMs, secondMs } from '../../shared/core/time.ts';
import { commitUntilMs } from '../../shared/proofs/challenge.ts';
import { getChallenge, listRound } from '../../shared/proofs/challenge-store.ts';
import { dateAt } from '../../shared/proofs/day.ts';
import { getDayKey } from '../../shared/proofs/day-key-store.ts';
import { getProof } from '../../shared/proofs/proof-store.ts';
import { aFullLoad } from './builders.ts';
import { commitBody, proofsService, prove, proverOf, upToOpening } from './service.ts';

const delayMs = 30 * secondMs;

const challenged = async () => {
  const service = await proofsService();
  const machine = await service.addMachine(1);
  const challenge = await service.challenge(machine, aFullLoad());
  const { database } = service.runtime;
  return {
    service,
    machine,
    challenge,
    sweep: () => sweepChallenges(service.needs),
    current: () => getChallenge(database, challenge.id),
    due: () => database.all('proofs').filter(({ pk }) => pk.startsWith('DUE#')),
  };
};

describe('sweepChallenges', () => {
  it('expires a challenge without a commitment, and takes its command back', async () => {
    const { service, machine, challenge, sweep, current, due } = await challenged();
    const { clock, database } = service.runtime;
    clock.ms = commitUntilMs(challenge) + delayMs - 1;
    expect(await sweep()).toEqual({ done: 0, failed: 0 });
    expect((await current())?.status).toBe('issued');
    clock.ms += 1;
    expect(await sweep()).toEqual({ done: 1, failed: 0 });
    expect(await current()).toMatchObject({ status: 'expired', reason: 'expired', proofId: null });
    expect(await listCommands(database, machine.device.id)).toEqual([]);
    expect(due()).toEqual([]);
    expect(await sweep()).toEqual({ done: 0, failed: 0 });
  });

  it('refuses the commitment that comes after it', async () => {
    const { service, machine, challenge, sweep } = await challenged();
    service.runtime.clock.ms = commitUntilMs(challenge) + delayMs;
    await sweep();
    const { params } = challenge.load;
    const body = commitBody(
      machine,
      { challenge_id: challenge.id },
      params,
      proverOf(machine, challenge),
    );
    // As if it had been under way for long: it says that it arrived in time.
    service.runtime.clock.ms = commitUntilMs(challenge) - 1;
    const answer = await service.send(machine, 'POST', '/v1/proofs', body);
    expect([answer.status, answer.body.code]).toEqual([409, 'proof.too_late']);
  });

  it('waits for a proof that is under way, and ends it when it stops half-way', async () => {
    const { service, machine, challenge, sweep, current, due } = await challenged();
    const { clock, database } = service.runtime;
    const commitMs = challenge.load.commitWithinMs - 1;
    const { id } = await upToOpening(service, machine, challenge, { commitMs, walkMs: 17_000 });
    clock.ms = commitUntilMs(challenge) + delayMs;
    expect(await sweep()).toEqual({ done: 1, failed: 0 });
    expect((await current())?.status).toBe('answered');
    const proof = await getProof(database, machine.device.id, id);
    expect(due()).toHaveLength(1);
    clock.ms = (proof?.deadlineMs ?? 0) + delayMs - 1;
    expect(await sweep()).toEqual({ done: 0, failed: 0 });
    clock.ms += 1;
    expect(await sweep()).toEqual({ done: 1, failed: 0 });
    expect(await current()).toMatchObject({ status: 'failed', reason: 'expired', proofId: id });
    const ended = await getProof(database, machine.device.id, id);
    expect(ended).toMatchObject({ status: 'failed', reason: 'expired' });
    expect(due()).toEqual([]);
  });

  it('leaves alone what has ended, and clears what was left behind', async () => {
    const { service, machine, challenge, sweep, current, due } = await challenged();
    const { clock } = service.runtime;
    const commitMs = challenge.load.commitWithinMs - 1;
    const ready = await upToOpening(service, machine, challenge, { commitMs, walkMs: 17_000 });
    clock.ms = commitUntilMs(challenge) + delayMs;
    await sweep();
    await service.send(machine, 'PUT', ready.path, ready.bytes);
    const after = await current();
    expect(due()).toHaveLength(1);
    clock.ms += dayMs;
    expect(await sweep()).toEqual({ done: 1, failed: 0 });
    expect(await current()).toEqual(after);
    expect(due()).toEqual([]);
  });

  it('repeats what it could not finish, without doing anything twice', async () => {
    const { service, challenge, sweep, current } = await challenged();
    const { clock, database } = service.runtime;
    await sweep();
    clock.ms = commitUntilMs(challenge) + delayMs;
    database.faultOf = (writes) => {
      if (writes.some(({ key }) => key.sk === 'CHALLENGE')) throw new Error('killed');
      return 'none';
    };
    expect(await sweep()).toEqual({ done: 0, failed: 1 });
    database.faultOf = () => 'none';
    expect((await current())?.status).toBe('issued');
    expect(await sweep()).toEqual({ done: 1, failed: 0 });
    expect((await current())?.status).toBe('expired');
  });

  it('one that cannot be swept does not hold up its neighbours', async () => {
    const { service, machine, challenge, sweep } = await challenged();
    const second = await service.challenge(await service.addMachine(2), aFullLoad());
    const { clock, database } = service.runtime;
    clock.ms = commitUntilMs(challenge) + delayMs;
    database.faultOf = (writes) => {
      if (writes.some(({ key }) => key.pk === `CHL#${challenge.id}`)) throw new Error('killed');
      return 'none';
    };
    expect(await sweep()).toEqual({ done: 1, failed: 1 });
    expect((await getChallenge(database, second.id))?.status).toBe('expired');
    expect(machine.device.id).not.toBe(second.deviceId);
  });

  it('makes the key of tomorrow, so that its hash is public today', async () => {
    const { service, sweep } = await challenged();
    const { clock, database } = service.runtime;
    const tomorrow = dateAt(clock.ms + dayMs);
    expect(await getDayKey(database, tomorrow)).toBeUndefined();
    await sweep();
    expect(await getDayKey(database, tomorrow)).toHaveLength(32);
  });

  it('shows in its round how each challenge ended', async () => {
    const { service, sweep } = await challenged();
    const machine = await service.addMachine(2);
    const { device, processor } = machine;
    const [issued] = await issueChallenges(service.runtime, {
      purpose: 'acceptance',
      round: 'clu#1',
      processors: [{ device, processor, load: aFullLoad() }],
    });
    if (!issued) throw new Error('nothing was issued');
    const shown = async () =>
      (await listRound(service.runtime.database, 'clu#1')).map(({ status, reason }) => [
        status,
        reason,
      ]);
    expect(await shown()).toEqual([['issued', null]]);
    const { answer } = await prove(service, machine, issued);
    expect(answer.body.verdict).toBe('passed');
    expect(await shown()).toEqual([['passed', null]]);
    await sweep();
  });
});
