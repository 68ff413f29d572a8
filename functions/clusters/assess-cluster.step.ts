/**
 * Step `assess-cluster` of provision-cluster: looks at the stored state and decides whether the cluster
 * runs, waits, needs replacements or cannot come up. Refusals are data; a failing cluster is fenced here,
 * and the fence's event starts its release.
 */

import { faultWords } from '../../shared/clusters/acceptance.ts';
import { getCluster } from '../../shared/clusters/cluster-store.ts';
import { listNodes } from '../../shared/clusters/node-store.ts';
import { type BadAssignment, judgeProvision } from '../../shared/clusters/provision.ts';
import { present } from '../../shared/core/assert.ts';
import type { Runtime } from '../kit/runtime.ts';
import type { StepInput, StepOutcome } from '../kit/step.ts';
import { failProvision } from './fail-provision.ts';
import { acceptanceResults } from './open-acceptance.ts';
import { refuseDevices } from './refuse-devices.ts';
import { replaceNodes } from './replace-nodes.ts';

export const assessClusterStep = async (needs: Runtime, input: StepInput): Promise<StepOutcome> => {
  const nowMs = needs.clock.nowMs();
  const { cluster_id: clusterId } = input;
  const cluster = present(await getCluster(needs.database, clusterId), `no cluster ${clusterId}`);
  const [nodes, results] = await Promise.all([
    listNodes(needs.database, clusterId),
    acceptanceResults(needs, cluster),
  ]);
  const judgement = judgeProvision(cluster, nodes, results, nowMs);
  switch (judgement.outcome) {
    case 'running':
      return { outcome: 'running' };
    case 'wait':
      return { outcome: 'wait' };
    case 'over':
      return { outcome: 'failed' };
    case 'replace': {
      // First: whoever dies after it finds the same failures again, and so does the release.
      await refuseDevices(needs, judgement.failures, nowMs);
      if (await replaceNodes(needs, cluster, judgement.assignments, nowMs)) {
        return { outcome: 'wait' };
      }
      return failProvision(needs, clusterId, 'no_replacement', wordsOf(judgement.assignments));
    }
    case 'fail':
      await refuseDevices(needs, judgement.failures, nowMs);
      return failProvision(needs, clusterId, judgement.reason, wordsOf(judgement.assignments));
  }
};

/** What was wrong with whom; null when nothing was. */
const wordsOf = (bad: readonly BadAssignment[]): string | null =>
  bad.length === 0
    ? null
    : bad.map(({ assignment, fault }) => `${assignment.nodeId}: ${faultWords(fault)}.`).join(' ');
