/**
 * Acceptance: before anybody pays, all processors of an order answer one challenge together, so that none
 * of them can stand in for another. A round holds for exactly the devices that it asked: when one of them
 * is replaced, all answer anew, for one spare processor could else answer for each replacement in turn.
 * What the answers showed is read from the round itself; nothing here is remembered twice. Pure.
 */
import type { Id } from '../core/ids.ts';
import { secondMs } from '../core/time.ts';
import type { Evidence } from '../devices/device-event.ts';
import { type ChallengeResult, isChallengeOver } from '../proofs/challenge.ts';
import type { ProofReason } from '../proofs/schemas.ts';
import { type Assignment, activeAssignments, type Cluster, type Fault } from './cluster.ts';

/** Challenges that were not issued so long after their round was opened were left out by a crash. */
export const issuingMsMax = 10 * secondMs;
/** A message that arrived in time may be stored so much later. */
export const storingMsMax = 10 * secondMs;

/** Why a device was not accepted. */
export interface AcceptanceFailure {
  readonly deviceId: Id<'dev'>;
  readonly processorId: Id<'prc'>;
  readonly verdict: ProofReason;
  /** When it was challenged. */
  readonly t0Ms: number;
}

/**
 * due: a round has to be opened; pending: processors are still at work; failed: devices have to be
 * replaced; passed: every processor of the order has shown what it has to.
 */
export type AcceptanceState = 'due' | 'pending' | 'passed' | 'failed';

export interface AcceptanceStanding {
  readonly state: AcceptanceState;
  /** At most one for each device; empty unless failed. */
  readonly failures: readonly AcceptanceFailure[];
}

/** The name of a cluster's round, under which its challenges stand. */
export const roundName = (clusterId: string, round: number): string => `${clusterId}#${round}`;

/** The cluster whose round it is; undefined for a round of something else. */
export const clusterOfRound = (round: string): string | undefined =>
  /^(clu_[0-9A-Za-z]+)#\d+$/.exec(round)?.[1];

/** `results`: of the cluster's last round; empty when there was none. */
export const judgeAcceptance = (
  cluster: Cluster,
  results: readonly ChallengeResult[],
  nowMs: number,
): AcceptanceStanding => {
  const { acceptance } = cluster;
  const active = new Set<string>(activeAssignments(cluster).map(({ deviceId }) => deviceId));
  const wanted = results.filter(({ deviceId }) => active.has(deviceId));
  const failures = failuresOf(wanted, nowMs);
  if (failures.length > 0) return { state: 'failed', failures };
  // Also of devices that answer a round that counts no more: a processor has one challenge at a time.
  if (!wanted.every(isChallengeOver)) return standing('pending');
  if (!acceptance || !sameDevices(acceptance.deviceIds, active)) return standing('due');
  if (results.length === acceptance.challenged) return standing('passed');
  return standing(nowMs - acceptance.openedAtMs < issuingMsMax ? 'pending' : 'due');
};

const standing = (state: AcceptanceState): AcceptanceStanding => ({ state, failures: [] });

const sameDevices = (asked: readonly string[], active: ReadonlySet<string>): boolean =>
  asked.length === active.size && asked.every((deviceId) => active.has(deviceId));

const failuresOf = (
  results: readonly ChallengeResult[],
  nowMs: number,
): readonly AcceptanceFailure[] => {
  const found = new Map<string, AcceptanceFailure>();
  for (const result of results) {
    const { deviceId, processorId, t0Ms } = result;
    const verdict = verdictOf(result, nowMs);
    if (verdict === null || found.has(deviceId)) continue;
    found.set(deviceId, { deviceId, processorId, verdict, t0Ms });
  }
  return [...found.values()];
};

/** Null while it is under way and when it was passed. */
const verdictOf = (
  result: Pick<ChallengeResult, 'status' | 'reason' | 'commitUntilMs' | 'proofUntilMs'>,
  nowMs: number,
): ProofReason | null => {
  const untilMs = untilOf(result);
  // The sweep will say so later; nothing that is stored from now on came in time.
  const late = untilMs !== null && nowMs >= untilMs + storingMsMax;
  return late ? 'expired' : result.reason;
};

/** When the message that it waits for is refused, from then on; null: it waits for none. */
const untilOf = ({
  status,
  commitUntilMs,
  proofUntilMs,
}: Pick<ChallengeResult, 'status' | 'commitUntilMs' | 'proofUntilMs'>): number | null => {
  if (status === 'issued') return commitUntilMs;
  return status === 'answered' ? proofUntilMs : null;
};

/** What a customer is told of one device. */
export interface DeviceAcceptance {
  /** waiting: not asked yet; asked: at work; not_needed: its model has no reference to be held to. */
  readonly status: (typeof deviceAcceptances)[number];
  /** The verdict, where it failed. */
  readonly reason: ProofReason | null;
}

export const deviceAcceptances = ['waiting', 'asked', 'passed', 'failed', 'not_needed'] as const;

/** How the device of an assignment stood in the last round that asked it; null: replaced before it could be told. */
export const acceptanceOf = (
  cluster: Pick<Cluster, 'acceptance'>,
  assignment: Assignment,
  results: readonly ChallengeResult[],
  nowMs: number,
): DeviceAcceptance | null => {
  const { deviceId, state, fault } = assignment;
  if (fault !== null && fault.verdict !== null) return { status: 'failed', reason: fault.verdict };
  if (state === 'replaced') return null;
  const { acceptance } = cluster;
  if (!acceptance?.deviceIds.includes(deviceId)) return { status: 'waiting', reason: null };
  const own = results.filter((result) => result.deviceId === deviceId);
  const [failure] = failuresOf(own, nowMs);
  if (failure) return { status: 'failed', reason: failure.verdict };
  if (own.length === 0 && results.length === acceptance.challenged) {
    return { status: 'not_needed', reason: null };
  }
  const passed = own.length > 0 && own.every(({ status }) => status === 'passed');
  return { status: passed ? 'passed' : 'asked', reason: null };
};

/** What cost a device its place, for people. */
export const faultWords = ({ reason, verdict }: Fault): string =>
  verdict === null ? reason : `it was not accepted, for ${verdictWords[verdict]}`;

/** What a supplier is told of a device that was not accepted. */
export const refusalEvidence = (
  failure: Pick<AcceptanceFailure, 'processorId' | 'verdict'>,
): Evidence => ({
  processor_id: failure.processorId,
  verdict: failure.verdict,
  in_words: verdictWords[failure.verdict],
});

const unfitting = 'what it opened did not fit what it had committed to';
const irregular = 'its answer did not follow the protocol';

/** Verdicts as customers and suppliers read them. */
export const verdictWords: Readonly<Record<ProofReason, string>> = {
  length: irregular,
  signature_h1: irregular,
  signature_h2: irregular,
  roots: unfitting,
  sample_path: unfitting,
  sample_value: unfitting,
  lane_path: unfitting,
  step_path: unfitting,
  lane_value: unfitting,
  too_slow: 'it computed more slowly than its model has to',
  over_cap: 'it computed faster than its model can, so it is another one',
  walk_too_slow: 'its memory was slower than that of its model',
  pool_too_small: 'it showed less memory than its model has',
  phase_conflict: 'it gave two answers to one question',
  expired: 'it did not answer in time',
};
