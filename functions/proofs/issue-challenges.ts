/**
 * Issues challenges: each stands in the proofs table with its place in the round and its entry for the
 * sweep, and its command stands in the device's box, all in one transaction. All of one call share t0, the
 * clock just before the first transaction. A round is issued once: asked again, only what a crash left out
 * is issued, and that with a t0 of its own.
 */
import type { Command } from '../../shared/clusters/agent-protocol.ts';
import { putCommand } from '../../shared/clusters/command-store.ts';
import { assert } from '../../shared/core/assert.ts';
import type { Write } from '../../shared/core/database.ts';
import { newId } from '../../shared/core/ids.ts';
import { isoOf } from '../../shared/core/time.ts';
import type { Device } from '../../shared/devices/device.ts';
import type { Challenge } from '../../shared/proofs/challenge.ts';
import { listRoundChallenges, putNewChallenge } from '../../shared/proofs/challenge-store.ts';
import type { Processor } from '../../shared/proofs/processor.ts';
import type { ProofLoad } from '../../shared/proofs/proof.ts';
import { toHex } from '../../shared/proofs/protocol/bytes.ts';
import type { ChallengePurpose } from '../../shared/proofs/schemas.ts';
import type { Runtime } from '../kit/runtime.ts';
import { commit, writesMax } from '../kit/transaction.ts';

/** One processor and the work that it is asked for. */
export interface ChallengedProcessor {
  readonly device: Device;
  readonly processor: Processor;
  readonly load: ProofLoad;
}

export interface ChallengeOrder {
  readonly purpose: ChallengePurpose;
  readonly processors: readonly ChallengedProcessor[];
  /** Names what belongs together; no challenge is issued twice for a processor of one round. */
  readonly round?: string;
  /** Whether these are all idle processors of their location group; only then a pass counts for gates. */
  readonly wholeGroup?: boolean;
}

type IssueNeeds = Pick<Runtime, 'clock' | 'database' | 'randomness' | 'pause'>;

/** A challenge, and the writes that issue it. */
export interface PlannedChallenge {
  readonly challenge: Challenge;
  readonly writes: readonly Write[];
}

/** Challenge, due entry, pointer, command. */
export const writesPerChallenge = 4;
const perTransaction = Math.floor(writesMax / writesPerChallenge);
/** 32 random bytes in place of a slot's seed. */
const secretBytes = 32;

/** Issues the order's challenges; answers those that it issued. */
export const issueChallenges = async (
  needs: IssueNeeds,
  order: ChallengeOrder,
): Promise<readonly Challenge[]> => {
  const missing = await withoutIssued(needs, order);
  if (missing.length === 0) return [];
  // Stored in part, it would count for some who were never asked together with the others.
  const isAtOnce = missing.length === order.processors.length && missing.length <= perTransaction;
  assert(!order.wholeGroup || isAtOnce, 'a whole group is challenged in one transaction');
  const issued = planChallenges(needs, { ...order, processors: missing }, needs.clock.nowMs());
  for (let from = 0; from < issued.length; from += perTransaction) {
    const part = issued.slice(from, from + perTransaction);
    await commit(
      needs,
      part.flatMap(({ writes }) => writes),
    );
  }
  return issued.map(({ challenge }) => challenge);
};

/** The challenges of an order that is issued at `t0Ms`, for callers who write them beside other facts. */
export const planChallenges = (
  needs: Pick<IssueNeeds, 'randomness'>,
  order: ChallengeOrder,
  t0Ms: number,
): readonly PlannedChallenge[] =>
  order.processors.map((asked) => issuedTo(needs, order, asked, t0Ms));

const withoutIssued = async (
  needs: IssueNeeds,
  { round, processors }: ChallengeOrder,
): Promise<readonly ChallengedProcessor[]> => {
  const ids = new Set(processors.map(({ processor }) => processor.id));
  assert(ids.size === processors.length, 'a processor stands twice in one order of challenges');
  if (round === undefined) return processors;
  const known = new Set(
    (await listRoundChallenges(needs.database, round)).map((one) => one.processorId),
  );
  return processors.filter(({ processor }) => !known.has(processor.id));
};

const issuedTo = (
  needs: Pick<IssueNeeds, 'randomness'>,
  order: ChallengeOrder,
  { device, processor, load }: ChallengedProcessor,
  t0Ms: number,
): PlannedChallenge => {
  const challenge: Challenge = {
    id: newId('chl', t0Ms, needs.randomness),
    purpose: order.purpose,
    deviceId: device.id,
    organisationId: device.organisationId,
    processorId: processor.id,
    secret: toHex(needs.randomness.bytes(secretBytes)),
    load,
    claim: processor.claim,
    t0Ms,
    status: 'issued',
    reason: null,
    proofId: null,
    round: order.round ?? null,
    wholeGroup: order.wholeGroup ?? false,
    commandId: newId('cmd', t0Ms, needs.randomness),
  };
  const command: Command = {
    kind: 'prove',
    command_id: challenge.commandId,
    issued_at: isoOf(t0Ms),
    challenge_id: challenge.id,
    challenge: challenge.secret,
    purpose: order.purpose,
    processor_id: processor.id,
    gpu_index: processor.index,
    claim: processor.claim,
    params: load.params,
    commit_within_ms: load.commitWithinMs,
  };
  const box = putCommand({ deviceId: device.id, command });
  return { challenge, writes: [...putNewChallenge(challenge), box] };
};
