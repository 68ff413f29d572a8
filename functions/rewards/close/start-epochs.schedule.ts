/**
 * Task `start-epochs`: starts `close-epoch` when an hour is over that is not completed. An execution closes what
 * is over, one hour after the other; an hour that has outlived its execution gets another. That two may work
 * on one hour is no danger, only waste.
 */
import type { WorkflowPort } from '../../../shared/adapters/workflows.ts';
import { assert } from '../../../shared/core/assert.ts';
import { hourMs, isoOf, minuteMs } from '../../../shared/core/time.ts';
import { getEpoch } from '../../../shared/rewards/epoch-store.ts';
import type { Runtime } from '../../kit/runtime.ts';
import type { TaskOutcome } from '../../kit/schedule.ts';
import { nextEpoch } from './next-epoch.ts';

export interface StartEpochsNeeds extends Runtime {
  readonly workflows: Pick<WorkflowPort, 'start'>;
  readonly closeStateMachineArn: string;
}

/** An hour whose closing began so long ago has usually no execution any more. */
const rescueMs = 15 * minuteMs;
/** Its end is so long ago, and its proofs are not judged: nobody is paid until somebody looks. */
const lateMs = 2 * hourMs;

export const startEpochs = async (needs: StartEpochsNeeds): Promise<TaskOutcome> => {
  const nowMs = needs.clock.nowMs();
  const next = await nextEpoch(needs);
  if (next.outcome === 'not_judged') {
    const waits = nowMs - next.startMs - hourMs;
    assert(waits < lateMs, `the hour of ${isoOf(next.startMs)} waits for its proofs to be judged`);
  }
  if (next.outcome !== 'due') return { done: 0, failed: 0 };
  const epoch = await getEpoch(needs.database, next.id);
  const round = epoch ? Math.floor((nowMs - epoch.openedAtMs) / rescueMs) : 0;
  await needs.workflows.start(needs.closeStateMachineArn, `${next.id}-${round}`, {});
  return { done: 1, failed: 0 };
};
