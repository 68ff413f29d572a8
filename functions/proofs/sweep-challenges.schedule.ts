/**
 * Ends the challenges that nobody finished: those without a commitment and those whose proof stopped
 * half-way, thirty seconds after their deadline. Also sees to it that tomorrow's key is there, so that its
 * hash is public from the day before. Whatever is swept twice is over already and changes nothing.
 */
import { dayMs } from '../../shared/core/time.ts';
import type { Challenge } from '../../shared/proofs/challenge.ts';
import { commitUntilMs, isChallengeOver } from '../../shared/proofs/challenge.ts';
import {
  type DueChallenge,
  deleteDue,
  getChallenge,
  listDueChallenges,
  putDue,
  sweepDelayMs,
} from '../../shared/proofs/challenge-store.ts';
import { dateAt } from '../../shared/proofs/day.ts';
import { dueShards } from '../../shared/proofs/keys.ts';
import { failedProof } from '../../shared/proofs/proof.ts';
import { getProof } from '../../shared/proofs/proof-store.ts';
import { retryRefused } from '../kit/retry.ts';
import { forEachDue, type TaskOutcome } from '../kit/schedule.ts';
import { commit } from '../kit/transaction.ts';
import { dayKeyOf } from './day-keys.ts';
import { consequences, endProof, type ProofNeeds, putEndedChallenge } from './end-proof.ts';
import { followChallenge } from './follow-challenge.ts';

export const sweepChallenges = async (needs: ProofNeeds): Promise<TaskOutcome> => {
  const nowMs = needs.clock.nowMs();
  await dayKeyOf(needs, dateAt(nowMs + dayMs));
  const shards = Array.from({ length: dueShards }, (_, shard) => shard);
  const due = await Promise.all(
    shards.map((shard) => listDueChallenges(needs.database, shard, nowMs)),
  );
  return forEachDue(needs, due.flat(), (entry) =>
    retryRefused(needs, () => sweepOne(needs, entry, nowMs)),
  );
};

const sweepOne = async (needs: ProofNeeds, entry: DueChallenge, nowMs: number): Promise<void> => {
  const challenge = await getChallenge(needs.database, entry.challengeId);
  if (challenge && !isChallengeOver(challenge)) {
    const waitUntilMs = await sweep(needs, challenge, nowMs);
    if (waitUntilMs !== undefined) await needs.database.write(putDue(challenge.id, waitUntilMs));
  }
  // Last: who dies before this finds the entry again.
  await needs.database.write(deleteDue(entry.challengeId, entry.dueAtMs));
};

/** Ends the challenge if its time is over; answers when to look again if not. */
const sweep = async (
  needs: ProofNeeds,
  challenge: Challenge,
  nowMs: number,
): Promise<number | undefined> => {
  if (challenge.status === 'issued') {
    const overAtMs = commitUntilMs(challenge) + sweepDelayMs;
    if (nowMs < overAtMs) return overAtMs;
    await expire(needs, challenge);
    return undefined;
  }
  const proof =
    challenge.proofId === null
      ? undefined
      : await getProof(needs.database, challenge.deviceId, challenge.proofId);
  if (!proof) throw new Error(`${challenge.id} was answered by no proof`);
  const overAtMs = proof.deadlineMs + sweepDelayMs;
  if (nowMs < overAtMs) return overAtMs;
  await endProof(needs, proof, failedProof(proof, 'expired'));
  return undefined;
};

/** No commitment came: the challenge has failed, and the processor with it. */
const expire = async (needs: ProofNeeds, challenge: Challenge): Promise<void> => {
  const ended = {
    atMs: challenge.t0Ms,
    purpose: challenge.purpose,
    profile: challenge.load.params.profile,
    passed: false,
    reason: 'expired',
    metrics: null,
    committed: false,
    wholeGroup: challenge.wholeGroup,
  } as const;
  const over: Challenge = { ...challenge, status: 'expired', reason: 'expired' };
  await commit(needs, [
    ...putEndedChallenge(over, challenge),
    ...(await consequences(needs, challenge, ended)),
  ]);
  await followChallenge(needs, over);
};
