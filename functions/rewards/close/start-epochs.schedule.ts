/**
 * Task `start-epochs`: starts `close-epoch` when an hour is over that is not completed. An execution closes what
 * is over, one hour after the other; an hour that has outlived its execution gets another, whether or not that one
 * came so far as to open it. That two may work on one hour is no danger, only waste. An hour that nobody closes rings,
 * and so does one that was closed without devices that could not be read.
 */
import type { WorkflowPort } from '../../../shared/adapters/workflows.ts';
import { assert } from '../../../shared/core/assert.ts';
import { hourMs, isoOf, minuteMs } from '../../../shared/core/time.ts';
import { hourIdOf } from '../../../shared/proofs/gate.ts';
import { closedAfterMs } from '../../../shared/rewards/epoch.ts';
import { getClosedHour } from '../../../shared/rewards/epoch-store.ts';
import { listSnapshotShards } from '../../../shared/rewards/snapshot-store.ts';
import type { Runtime } from '../../kit/runtime.ts';
import type { TaskOutcome } from '../../kit/schedule.ts';
import { nextEpoch } from './next-epoch.ts';

export interface StartEpochsNeeds extends Runtime {
  readonly workflows: Pick<WorkflowPort, 'start'>;
  readonly closeStateMachineArn: string;
}

/** An hour that is not closed gets another execution each time so long has passed since it became due. */
const rescueMs = 15 * minuteMs;
/** Its proofs are not judged so long after its end, or it is not closed so long after it became due: somebody must look. */
const lateMs = 2 * hourMs;

export const startEpochs = async (needs: StartEpochsNeeds): Promise<TaskOutcome> => {
  const outcome = await startNext(needs);
  await assertNobodyLeftOut(needs);
  return outcome;
};

/** Rings until an hour is closed with all devices again. */
const assertNobodyLeftOut = async ({ database }: Pick<Runtime, 'database'>): Promise<void> => {
  const closedMs = await getClosedHour(database);
  if (closedMs === undefined) return;
  const shards = await listSnapshotShards(database, hourIdOf(closedMs));
  const leftOut = shards.reduce((sum, shard) => sum + shard.leftOut, 0);
  assert(leftOut === 0, `${leftOut} devices were left out of ${hourIdOf(closedMs)}`);
};

const startNext = async (needs: StartEpochsNeeds): Promise<TaskOutcome> => {
  const nowMs = needs.clock.nowMs();
  const next = await nextEpoch(needs);
  if (next.outcome === 'not_judged') {
    const waits = nowMs - next.startMs - hourMs;
    assert(waits < lateMs, `the hour of ${isoOf(next.startMs)} waits for its proofs to be judged`);
  }
  if (next.outcome !== 'due') return { done: 0, failed: 0 };
  const lateForMs = nowMs - next.startMs - hourMs - closedAfterMs;
  const round = Math.floor(lateForMs / rescueMs);
  await needs.workflows.start(needs.closeStateMachineArn, `${next.id}-${round}`, {});
  assert(lateForMs < lateMs, `the hour of ${isoOf(next.startMs)} is not closed`);
  return { done: 1, failed: 0 };
};
