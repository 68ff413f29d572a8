/**
 * Task `start-epochs`: starts `close-epoch` when an hour is over that is not completed. An execution closes what
 * is over, one hour after the other; an hour that has outlived its execution gets another, whether or not that one
 * came so far as to open it. That two may work on one hour is no danger, only waste. An hour that nobody closes rings.
 */
import type { WorkflowPort } from '../../../shared/adapters/workflows.ts';
import { assert } from '../../../shared/core/assert.ts';
import { hourMs, isoOf, minuteMs } from '../../../shared/core/time.ts';
import { closedAfterMs } from '../../../shared/rewards/epoch.ts';
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
