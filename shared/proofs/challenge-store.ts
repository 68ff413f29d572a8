/**
 * Challenges in the proofs table, with a pointer from their round and an entry for the sweep. The three
 * are put together with the command that carries the challenge to its device.
 */
import * as z from 'zod';
import type { Database, Item, Write } from '../core/database.ts';
import { storedId, wholeNumber } from '../core/field.ts';
import type { Id } from '../core/ids.ts';
import {
  assertChallenge,
  type Challenge,
  type ChallengeResult,
  challengeStatuses,
  commitUntilMs,
} from './challenge.ts';
import {
  challengeKey,
  dueEnd,
  dueKey,
  duePartition,
  proofKey,
  roundKey,
  roundPartition,
} from './keys.ts';
import { isFinal } from './proof.ts';
import {
  claimAttribute,
  claimSchema,
  loadAttribute,
  loadSchema,
  parseProof,
} from './proof-item.ts';
import { challengePurposes, proofReasonSchema } from './schemas.ts';

/** A round has at most 64 devices of 16 processors; its page is what one read of items by key takes. */
const roundPagesMax = 11;
const roundPage = 100;
/** Due entries of one shard that are read at once. */
const dueMax = 100;
/** The sweep acts this long after a deadline, so that it never races a message that came in time. */
export const sweepDelayMs = 30_000;

const stored = z.object({
  id: storedId<Id<'chl'>>(),
  purpose: z.enum(challengePurposes),
  device_id: storedId<Id<'dev'>>(),
  organisation_id: storedId<Id<'org'>>(),
  processor_id: storedId<Id<'prc'>>(),
  secret: z.string(),
  load: loadSchema,
  claim: claimSchema,
  t0_ms: wholeNumber,
  state: z.enum(challengeStatuses),
  reason: proofReasonSchema.optional(),
  proof_id: storedId<Id<'poc'>>().optional(),
  round: z.string().optional(),
  whole_group: z.boolean(),
  command_id: storedId<Id<'cmd'>>(),
});

const parseChallenge = (item: Item): Challenge => {
  const row = stored.parse(item);
  return assertChallenge({
    id: row.id,
    purpose: row.purpose,
    deviceId: row.device_id,
    organisationId: row.organisation_id,
    processorId: row.processor_id,
    secret: row.secret,
    load: row.load,
    claim: { ...row.claim, processor_id: row.processor_id },
    t0Ms: row.t0_ms,
    status: row.state,
    reason: row.reason ?? null,
    proofId: row.proof_id ?? null,
    round: row.round ?? null,
    wholeGroup: row.whole_group,
    commandId: row.command_id,
  });
};

const attributesOf = (challenge: Challenge) => ({
  id: challenge.id,
  purpose: challenge.purpose,
  device_id: challenge.deviceId,
  organisation_id: challenge.organisationId,
  processor_id: challenge.processorId,
  secret: challenge.secret,
  load: loadAttribute(challenge.load),
  claim: claimAttribute(challenge.claim),
  t0_ms: challenge.t0Ms,
  state: challenge.status,
  reason: challenge.reason ?? undefined,
  proof_id: challenge.proofId ?? undefined,
  round: challenge.round ?? undefined,
  whole_group: challenge.wholeGroup,
  command_id: challenge.commandId,
});

/** Creates the challenge, its place in its round, and its entry for the sweep. */
export const putNewChallenge = (challenge: Challenge): readonly Write[] => [
  {
    kind: 'put',
    table: 'proofs',
    key: challengeKey(challenge.id),
    attributes: attributesOf(assertChallenge(challenge)),
    condition: { exists: false },
  },
  putDue(challenge.id, commitUntilMs(challenge) + sweepDelayMs),
  ...(challenge.round === null
    ? []
    : [
        {
          kind: 'put',
          table: 'proofs',
          key: roundKey(challenge.round, challenge.id),
          attributes: { processor_id: challenge.processorId, device_id: challenge.deviceId },
          condition: { exists: false },
        } as const,
      ]),
];

/** Writes what became of it; refused when it is no longer in the status that was read. */
export const putChallenge = (after: Challenge, before: Pick<Challenge, 'status'>): Write => ({
  kind: 'put',
  table: 'proofs',
  key: challengeKey(after.id),
  attributes: attributesOf(assertChallenge(after)),
  condition: { equals: { state: before.status } },
});

/** The challenge has to be looked at then. */
export const putDue = (challengeId: string, dueAtMs: number): Write => ({
  kind: 'put',
  table: 'proofs',
  key: dueKey(challengeId, dueAtMs),
  attributes: { challenge_id: challengeId, due_at_ms: dueAtMs },
  condition: {},
});

/** Takes the entry out; harmless when it is gone. */
export const deleteDue = (challengeId: string, dueAtMs: number): Write => ({
  kind: 'delete',
  table: 'proofs',
  key: dueKey(challengeId, dueAtMs),
  condition: {},
});

export interface DueChallenge {
  readonly challengeId: string;
  readonly dueAtMs: number;
}

/** Challenges of one shard that have to be looked at, the longest overdue first; at most 100. */
export const listDueChallenges = async (
  database: Database,
  shard: number,
  nowMs: number,
): Promise<readonly DueChallenge[]> => {
  const page = await database.query('proofs', {
    pk: duePartition(shard),
    skFrom: '0',
    skTo: dueEnd(nowMs),
    limit: dueMax,
  });
  return page.items.map((item) => ({
    challengeId: String(item['challenge_id']),
    dueAtMs: Number(item['due_at_ms']),
  }));
};

/** A challenge by its id. */
export const getChallenge = async (
  database: Database,
  challengeId: string,
): Promise<Challenge | undefined> => {
  const item = await database.get('proofs', challengeKey(challengeId));
  return item && parseChallenge(item);
};

/** The challenges of a round, in the order of their making; empty when there is no such round. */
export const listRoundChallenges = async (
  database: Database,
  round: string,
): Promise<readonly Challenge[]> => {
  const found: Item[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < roundPagesMax; page += 1) {
    const query = { pk: roundPartition(round), limit: roundPage, cursor };
    const { items, next } = await database.query('proofs', query);
    const keys = items.map(({ sk }) => challengeKey(sk));
    if (keys.length > 0) found.push(...(await database.getMany('proofs', keys)));
    cursor = next;
    if (cursor === undefined) break;
  }
  return found.map(parseChallenge).sort((a, b) => (a.id < b.id ? -1 : 1));
};

/**
 * How they stand: what others than the platform's own steps may see of them. Proofs that are under way are
 * read as well, for each says itself until when it waits.
 */
export const listRound = async (
  database: Database,
  round: string,
): Promise<readonly ChallengeResult[]> => {
  const challenges = await listRoundChallenges(database, round);
  const waiting = await listProofDeadlines(database, challenges);
  return challenges.map((challenge) => ({
    challengeId: challenge.id,
    processorId: challenge.processorId,
    deviceId: challenge.deviceId,
    status: challenge.status,
    reason: challenge.reason,
    proofId: challenge.proofId,
    t0Ms: challenge.t0Ms,
    commitUntilMs: commitUntilMs(challenge),
    proofUntilMs: waiting.get(challenge.proofId) ?? null,
  }));
};

/** The deadlines of the proofs that answer these challenges and have not ended. */
const listProofDeadlines = async (
  database: Database,
  challenges: readonly Challenge[],
): Promise<ReadonlyMap<string | null, number>> => {
  const keys = challenges.flatMap(({ status, deviceId, proofId }) =>
    status === 'answered' && proofId !== null ? [proofKey(deviceId, proofId)] : [],
  );
  const found: Item[] = [];
  for (let start = 0; start < keys.length; start += roundPage) {
    found.push(...(await database.getMany('proofs', keys.slice(start, start + roundPage))));
  }
  const live = found.map(parseProof).filter((proof) => !isFinal(proof));
  return new Map(live.map(({ id, deadlineMs }) => [id, deadlineMs]));
};
