/**
 * Opens a round of acceptance: all processors of a cluster that comes up are challenged together, with
 * one t0. The round is opened in the transaction that issues its first challenges, so two who try at once
 * open one; every later transaction holds only while the round is the last one. What a crash leaves out is
 * never made up for late: the round lapses, and the next look opens another.
 */
import { judgeAcceptance, roundName } from '../../shared/clusters/acceptance.ts';
import { activeAssignments, type Cluster } from '../../shared/clusters/cluster.ts';
import { changeCluster, checkAcceptance } from '../../shared/clusters/cluster-store.ts';
import type { ClusterEventDetail } from '../../shared/clusters/event.ts';
import { WriteRefused } from '../../shared/core/database.ts';
import { getDevices } from '../../shared/devices/device-store.ts';
import { acceptanceProfileOf } from '../../shared/proofs/acceptance-profile.ts';
import type { ChallengeResult } from '../../shared/proofs/challenge.ts';
import { listRound } from '../../shared/proofs/challenge-store.ts';
import type { Runtime } from '../kit/runtime.ts';
import { type CommitRuntime, commit, writesMax } from '../kit/transaction.ts';
import {
  type PlannedChallenge,
  planChallenges,
  writesPerChallenge,
} from '../proofs/issue-challenges.ts';
import { type Challengeable, loadChallengeable } from '../proofs/load-challengeable.ts';

export type AcceptanceRuntime = CommitRuntime & Pick<Runtime, 'clock' | 'stage'>;

/** Challenges per transaction, beside the cluster and its event. */
const perTransaction = Math.floor((writesMax - 2) / writesPerChallenge);

/** How the challenges of the cluster's last round stand; empty before the first. */
export const acceptanceResults = async (
  { database }: Pick<CommitRuntime, 'database'>,
  { id, acceptance }: Cluster,
): Promise<readonly ChallengeResult[]> =>
  acceptance === null ? [] : listRound(database, roundName(id, acceptance.number));

/**
 * Opens a round if one is due and its processors have nothing else to prove; else the next look does.
 * Answers the cluster as it is then, or undefined when somebody else changed it at the same moment.
 */
export const openAcceptance = async (
  needs: AcceptanceRuntime,
  cluster: Cluster,
  results: readonly ChallengeResult[],
): Promise<Cluster | undefined> => {
  const nowMs = needs.clock.nowMs();
  if (cluster.status !== 'deploying') return cluster;
  if (judgeAcceptance(cluster, results, nowMs).state !== 'due') return cluster;
  const plan = await planRound(needs, cluster, nowMs);
  if (plan.waitMs > 0 || plan.isBusy) return cluster;
  return issueRound(needs, cluster, plan);
};

interface RoundPlan extends Challengeable {
  readonly deviceIds: Cluster['assignments'][number]['deviceId'][];
  /** Devices whose model has no reference, so that they have nothing to be held to. */
  readonly unreferenced: number;
}

const planRound = async (
  needs: AcceptanceRuntime,
  cluster: Cluster,
  nowMs: number,
): Promise<RoundPlan> => {
  const deviceIds = activeAssignments(cluster).map(({ deviceId }) => deviceId);
  const devices = await getDevices(needs.database, deviceIds);
  const found = await loadChallengeable(needs, devices, nowMs, acceptanceProfileOf);
  const challenged = new Set(found.processors.map(({ device }) => device.id));
  return {
    ...found,
    deviceIds,
    unreferenced: deviceIds.filter((deviceId) => !challenged.has(deviceId)).length,
  };
};

const issueRound = async (
  needs: AcceptanceRuntime,
  cluster: Cluster,
  plan: RoundPlan,
): Promise<Cluster | undefined> => {
  const number = (cluster.acceptance?.number ?? 0) + 1;
  const t0Ms = needs.clock.nowMs();
  const acceptance = {
    number,
    openedAtMs: t0Ms,
    deviceIds: plan.deviceIds,
    challenged: plan.processors.length,
  };
  const order = { purpose: 'acceptance', round: roundName(cluster.id, number) } as const;
  const issued = planChallenges(needs, { ...order, processors: plan.processors }, t0Ms);
  const first = issued.slice(0, perTransaction);
  try {
    await commit(needs, [
      ...changeCluster(cluster, { acceptance }, eventOf(cluster, plan, number, t0Ms)),
      ...writesOf(first),
    ]);
  } catch (error) {
    if (error instanceof WriteRefused) return undefined;
    throw error;
  }
  const opened = { ...cluster, acceptance, version: cluster.version + 1 };
  await issueRest(needs, opened, issued.slice(perTransaction));
  return opened;
};

/** One after the other: transactions that check the same item stand in each other's way. */
const issueRest = async (
  needs: AcceptanceRuntime,
  opened: Cluster,
  rest: readonly PlannedChallenge[],
): Promise<void> => {
  for (let start = 0; start < rest.length; start += perTransaction) {
    const part = rest.slice(start, start + perTransaction);
    try {
      await commit(needs, [checkAcceptance(opened), ...writesOf(part)]);
    } catch (error) {
      // The cluster ended, or this took so long that another round was opened.
      if (error instanceof WriteRefused) return;
      throw error;
    }
  }
};

const writesOf = (planned: readonly PlannedChallenge[]) => planned.flatMap(({ writes }) => writes);

const eventOf = (
  cluster: Cluster,
  { processors, deviceIds, unreferenced }: RoundPlan,
  round: number,
  atMs: number,
): ClusterEventDetail => ({
  kind: 'cluster.acceptance_opened',
  status: cluster.status,
  reasonCode: round === 1 ? 'before_metering' : 'opened_anew',
  actor: 'platform',
  evidence:
    `Round ${round}: ${processors.length} processors of ${deviceIds.length} devices answer together.` +
    (unreferenced === 0
      ? ''
      : ` ${unreferenced} devices are of a model without a reference and need not answer.`),
  atMs,
});
