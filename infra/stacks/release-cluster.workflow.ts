/**
 * The end of every cluster, whatever led to it: stop the nodes and wait until their agents say so or the
 * time is over, then settle, close the hold and free the devices. Each step may run twice. If it breaks,
 * `reconcile-clusters` starts it again later.
 */
import { call, callAndWait, type WorkflowDefinition } from '../constructs/workflow-states.ts';

/** Input: `{ cluster_id }`. `functionArn` is clusters-release. */
export const releaseCluster = (functionArn: string): WorkflowDefinition => ({
  Comment: 'Stops the nodes of a cluster, settles it and frees its devices.',
  QueryLanguage: 'JSONata',
  StartAt: 'StopNodes',
  TimeoutSeconds: 900,
  States: {
    StopNodes: callAndWait({
      functionArn,
      step: 'stop-nodes',
      timeoutSeconds: 60,
      retriesMax: 3,
      next: 'CloseCluster',
      onError: { 'States.Timeout': 'CloseCluster', 'States.ALL': 'Fail' },
    }),
    CloseCluster: call({
      functionArn,
      step: 'close-cluster',
      timeoutSeconds: 60,
      retriesMax: 6,
      next: 'Settle',
      onError: { 'States.ALL': 'Fail' },
    }),
    Settle: { Type: 'Succeed' },
    Fail: {
      Type: 'Fail',
      Error: 'ReleaseBroke',
      Cause: 'A step threw. Reconciliation releases the cluster again.',
    },
  },
});
