/** Makes the workflow that waits for a cluster look again at what is stored. */
import type { WorkflowPort } from '../../shared/adapters/workflows.ts';
import { getWait } from '../../shared/clusters/wait-store.ts';
import type { CommitRuntime } from '../kit/transaction.ts';

export type WakeRuntime = Pick<CommitRuntime, 'database'> & {
  readonly workflows: Pick<WorkflowPort, 'wake'>;
};

/** A wake too many does no harm; one that is lost costs the workflow's own time-out. */
export const wakeWorkflow = async (needs: WakeRuntime, clusterId: string): Promise<void> => {
  const taskToken = await getWait(needs.database, clusterId);
  if (taskToken !== undefined) await needs.workflows.wake(taskToken);
};
