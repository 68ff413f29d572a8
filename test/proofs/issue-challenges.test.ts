/** Challenges stand with their command, their round and their due entry, or not at all. */
import { type ChallengeOrder, issueChallenges } from '../../functions/proofs/issue-challenges.ts';
import { listCommands } from '../../shared/clusters/command-store.ts';
import { WriteRefused } from '../../shared/core/database.ts';
import { secondMs } from '../../shared/core/time.ts';
import {
  getChallenge,
  listDueChallenges,
  listRound,
  putChallenge,
  sweepDelayMs,
} from '../../shared/proofs/challenge-store.ts';
import { dueShards } from '../../shared/proofs/keys.ts';
import { processorsOf } from '../../shared/proofs/processor.ts';
import { aDevice } from '../devices/builders.ts';
import { startMs, testRuntime } from '../support/runtime.ts';
import { aLoad } from './builders.ts';

const orderOf = (devices: number, round?: string): ChallengeOrder => ({
  purpose: 'acceptance',
  processors: Array.from({ length: devices }, (_, at) => {
    const device = aDevice(at + 1);
    const [processor] = processorsOf(device);
    if (!processor) throw new Error('a device without a processor');
    return { device, processor, load: aLoad() };
  }),
  ...(round === undefined ? {} : { round }),
});

describe('issueChallenges', () => {
  it('puts challenge, command, round and due entry together', async () => {
    const runtime = testRuntime();
    const order = orderOf(1, 'clu_1#1');
    const [challenge] = await issueChallenges(runtime, order);
    if (!challenge) throw new Error('nothing was issued');
    expect(await getChallenge(runtime.database, challenge.id)).toEqual(challenge);
    expect(challenge).toMatchObject({ status: 'issued', t0Ms: startMs, round: 'clu_1#1' });
    const [command] = await listCommands(runtime.database, challenge.deviceId);
    expect(command).toMatchObject({
      kind: 'prove',
      command_id: challenge.commandId,
      challenge_id: challenge.id,
      challenge: challenge.secret,
      commit_within_ms: aLoad().commitWithinMs,
    });
    const dueAtMs = startMs + aLoad().commitWithinMs + sweepDelayMs;
    const due = async (nowMs: number) => {
      const shards = Array.from({ length: dueShards }, (_, shard) => shard);
      const lists = shards.map((shard) => listDueChallenges(runtime.database, shard, nowMs));
      return (await Promise.all(lists)).flat();
    };
    expect(await due(dueAtMs - 1)).toEqual([]);
    expect(await due(dueAtMs)).toEqual([{ challengeId: challenge.id, dueAtMs }]);
  });

  it('gives all of a round one t0, over several transactions', async () => {
    const runtime = testRuntime();
    const issued = await issueChallenges(runtime, orderOf(60, 'clu_1#1'));
    expect(new Set(issued.map(({ t0Ms }) => t0Ms))).toEqual(new Set([startMs]));
    expect(new Set(issued.map(({ secret }) => secret)).size).toBe(60);
    const round = await listRound(runtime.database, 'clu_1#1');
    expect(round.map(({ processorId }) => processorId).sort()).toEqual(
      issued.map(({ processorId }) => processorId).sort(),
    );
  });

  it('issues a round once, and after a crash only what is missing', async () => {
    const runtime = testRuntime();
    const order = orderOf(60, 'clu_1#1');
    let transactions = 0;
    runtime.database.faultOf = () => {
      transactions += 1;
      if (transactions > 1) throw new Error('crash');
      return 'none';
    };
    await expect(issueChallenges(runtime, order)).rejects.toThrow('crash');
    runtime.database.faultOf = () => 'none';
    const first = await listRound(runtime.database, 'clu_1#1');
    expect(first).toHaveLength(25);
    runtime.clock.ms += 5 * secondMs;
    expect(await issueChallenges(runtime, order)).toHaveLength(35);
    expect(await issueChallenges(runtime, order)).toEqual([]);
    const all = await listRound(runtime.database, 'clu_1#1');
    expect(all).toHaveLength(60);
    expect(all.slice(0, 25)).toEqual(first);
  });
});

describe('a challenge', () => {
  it('changes only from the status that was read', async () => {
    const runtime = testRuntime();
    const [challenge] = await issueChallenges(runtime, orderOf(1));
    if (!challenge) throw new Error('nothing was issued');
    const expired = { ...challenge, status: 'expired', reason: 'expired' } as const;
    await runtime.database.write(putChallenge(expired, challenge));
    await expect(runtime.database.write(putChallenge(expired, challenge))).rejects.toThrow(
      WriteRefused,
    );
    expect(await getChallenge(runtime.database, challenge.id)).toEqual(expired);
  });
});
