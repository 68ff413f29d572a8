/**
 * What follows when a challenge of an order is over: a device that failed it has to prove itself anew,
 * also when its cluster ended meanwhile, and the workflow looks at the round at once. Called after the
 * outcome was stored; whoever dies in between leaves both to the workflow's own time-out.
 */
import { clusterOfRound } from '../../shared/clusters/acceptance.ts';
import type { Challenge } from '../../shared/proofs/challenge.ts';
import type { CommitRuntime } from '../kit/transaction.ts';
import { refuseDevices } from './refuse-devices.ts';
import { type WakeRuntime, wakeWorkflow } from './wake-workflow.ts';

/** `challenge`: as it was stored. Of other purposes than acceptance nothing follows here. */
export const followAcceptance = async (
  needs: CommitRuntime & WakeRuntime,
  challenge: Pick<Challenge, 'purpose' | 'round' | 'reason' | 'deviceId' | 'processorId' | 't0Ms'>,
  nowMs: number,
): Promise<void> => {
  const { purpose, round, reason: verdict } = challenge;
  const clusterId = round === null ? undefined : clusterOfRound(round);
  if (purpose !== 'acceptance' || clusterId === undefined) return;
  if (verdict !== null) await refuseDevices(needs, [{ ...challenge, verdict }], nowMs);
  await wakeWorkflow(needs, clusterId);
};
