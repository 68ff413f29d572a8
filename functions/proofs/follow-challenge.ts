/**
 * What follows when a challenge of verify-device is over, beside what its end wrote: the workflow looks
 * again at once. Nothing depends on it: who dies before it, or cannot reach the workflow, leaves it to
 * the workflow's own time-out. (A challenge of acceptance leaves a note, which the clusters' stream reads.)
 */
import type { WorkflowPort } from '../../shared/adapters/workflows.ts';
import { getVerificationWait } from '../../shared/devices/verification-store.ts';
import type { Challenge } from '../../shared/proofs/challenge.ts';
import type { Runtime } from '../kit/runtime.ts';

export type FollowNeeds = Pick<Runtime, 'database' | 'log'> & {
  readonly workflows: Pick<WorkflowPort, 'wake'>;
};

/** `challenge`: as it was stored when it ended. */
export const followChallenge = async (
  needs: FollowNeeds,
  { id, purpose, deviceId }: Challenge,
): Promise<void> => {
  if (purpose !== 'onboarding') return;
  try {
    const taskToken = await getVerificationWait(needs.database, deviceId);
    if (taskToken !== undefined) await needs.workflows.wake(taskToken);
  } catch (error) {
    needs.log.warn('challenge.not_followed', { challenge_id: id, error });
  }
};
