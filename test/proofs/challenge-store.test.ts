/** What a round tells of its challenges, from their issue to their end. */
import { listRound } from '../../shared/proofs/challenge-store.ts';
import { getProof } from '../../shared/proofs/proof-store.ts';
import { aFullLoad, aLoad } from './builders.ts';
import { commitBody, proofsService, proverOf, upToOpening, walkBody } from './service.ts';

const round = 'clu_00000000000000000000000001#1';

const inRound = async (load = aFullLoad()) => {
  const service = await proofsService();
  const machine = await service.addMachine(1);
  const challenge = await service.challenge(machine, load, { round });
  const { database } = service.runtime;
  const shown = async () => {
    const [result, ...more] = await listRound(database, round);
    expect(more).toEqual([]);
    return [result?.status, result?.proofUntilMs];
  };
  const deadlineOf = async (id: string) =>
    (await getProof(database, machine.device.id, id))?.deadlineMs;
  return { service, machine, challenge, shown, deadlineOf };
};

describe('a round', () => {
  it('tells until when a proof waits: for its walk, then for its opening, then no more', async () => {
    const { service, machine, challenge, shown, deadlineOf } = await inRound();
    const { clock } = service.runtime;
    expect(await shown()).toEqual(['issued', null]);
    const prover = proverOf(machine, challenge);
    clock.ms += 4;
    const source = { challenge_id: challenge.id };
    const body = commitBody(machine, source, challenge.load.params, prover);
    const { id, walk_seed } = (await service.send(machine, 'POST', '/v1/proofs', body)).body;
    expect(await shown()).toEqual(['answered', clock.ms + challenge.load.walkWithinMs]);
    const walked = prover.walk(Buffer.from(walk_seed, 'hex'));
    clock.ms += 100;
    const path = `/v1/proofs/${id}`;
    const walk = await service.send(machine, 'POST', `${path}/walk`, walkBody(walked));
    expect(await shown()).toEqual(['answered', clock.ms + 60_000]);
    expect(await deadlineOf(id)).toBe(clock.ms + 60_000);
    const sections = prover.sections(Buffer.from(walk.body.sample_seed, 'hex'), walked);
    await service.send(machine, 'PUT', `${path}/opening`, Buffer.concat(sections));
    expect(await shown()).toEqual(['passed', null]);
  });

  it('tells it of a light proof from its commitment on', async () => {
    const { service, machine, challenge, shown } = await inRound(aLoad());
    await upToOpening(service, machine, challenge);
    expect(await shown()).toEqual(['answered', service.runtime.clock.ms + 60_000]);
  });
});
