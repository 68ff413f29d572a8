/** Ends a cluster that cannot come up: the fence falls, and its release gives everything back. */
import type { ClusterReason } from '../../shared/clusters/cluster.ts';
import type { Runtime } from '../kit/runtime.ts';
import type { StepOutcome } from '../kit/step.ts';
import { endCluster } from './end-cluster.ts';

/** A cluster that came up at this very moment is left running. */
export const failProvision = async (
  needs: Runtime,
  clusterId: string,
  reason: ClusterReason,
  evidence: string | null,
): Promise<StepOutcome> => {
  const ended = await endCluster(needs, clusterId, {
    event: { kind: 'fail', reason },
    actor: 'platform',
    evidence,
    nowMs: needs.clock.nowMs(),
    stillDue: ({ status }) => status !== 'running',
  });
  return { outcome: ended.status === 'running' ? 'running' : 'failed' };
};
