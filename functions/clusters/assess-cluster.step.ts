/**
 * Step `assess-cluster` of provision-cluster: looks at the stored state and decides whether the cluster
 * runs, waits, needs replacements or cannot come up. Refusals are data; a failing cluster is fenced here,
 * and the fence's event starts its release.
 */

import { getCluster } from '../../shared/clusters/cluster-store.ts';
import { listNodes } from '../../shared/clusters/node-store.ts';
import { judgeProvision } from '../../shared/clusters/provision.ts';
import { present } from '../../shared/core/assert.ts';
import type { Runtime } from '../kit/runtime.ts';
import type { StepInput, StepOutcome } from '../kit/step.ts';
import { failProvision } from './fail-provision.ts';
import { replaceNodes } from './replace-nodes.ts';

export const assessClusterStep = async (needs: Runtime, input: StepInput): Promise<StepOutcome> => {
  const nowMs = needs.clock.nowMs();
  const { cluster_id: clusterId } = input;
  const cluster = present(await getCluster(needs.database, clusterId), `no cluster ${clusterId}`);
  const judgement = judgeProvision(cluster, await listNodes(needs.database, clusterId), nowMs);
  switch (judgement.outcome) {
    case 'running':
      return { outcome: 'running' };
    case 'wait':
      return { outcome: 'wait' };
    case 'over':
      return { outcome: 'failed' };
    case 'replace': {
      if (await replaceNodes(needs, cluster, judgement.assignments, nowMs)) {
        return { outcome: 'wait' };
      }
      const evidence = judgement.assignments
        .map(({ assignment, reason }) => `${assignment.nodeId}: ${reason}`)
        .join('; ');
      return failProvision(needs, clusterId, 'no_replacement', evidence);
    }
    case 'fail':
      return failProvision(needs, clusterId, judgement.reason, null);
  }
};
