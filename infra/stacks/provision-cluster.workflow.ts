/**
 * From an ordered cluster to a running one: dispatch commands to the nodes, wait until reports complete
 * the picture or the time is over, assess what is stored, and go round again while there is hope. The
 * token only wakes: `assess-cluster` decides from what is stored, so a wake too many does no harm.
 */
import { call, callAndWait, type WorkflowDefinition } from '../constructs/workflow-states.ts';

/** Seconds until silence is looked into. */
const waitSeconds = 30;

/** Input: `{ cluster_id }`. `functionArn` is clusters-provision. */
export const provisionCluster = (functionArn: string): WorkflowDefinition => ({
  Comment: 'Brings an ordered cluster to running, replacing devices that refuse or stay silent.',
  QueryLanguage: 'JSONata',
  StartAt: 'DispatchNodes',
  TimeoutSeconds: 3600,
  States: {
    DispatchNodes: callAndWait({
      functionArn,
      step: 'dispatch-nodes',
      timeoutSeconds: waitSeconds,
      retriesMax: 3,
      next: 'AssessCluster',
      onError: { 'States.Timeout': 'AssessCluster', 'States.ALL': 'GiveUp' },
    }),
    AssessCluster: call({
      functionArn,
      step: 'assess-cluster',
      timeoutSeconds: 60,
      retriesMax: 6,
      next: 'ChooseNext',
      onError: { 'States.ALL': 'GiveUp' },
    }),
    ChooseNext: {
      Type: 'Choice',
      Choices: [{ Condition: "{% $states.input.outcome = 'wait' %}", Next: 'DispatchNodes' }],
      // Running, or failed: then the assessment moved the cluster, and that event starts its release.
      Default: 'Settle',
    },
    Settle: { Type: 'Succeed' },
    GiveUp: call({
      functionArn,
      step: 'give-up',
      timeoutSeconds: 60,
      retriesMax: 6,
      next: 'Fail',
      onError: { 'States.ALL': 'Fail' },
    }),
    Fail: {
      Type: 'Fail',
      Error: 'ProvisioningBroke',
      Cause: 'A step threw. If the cluster was not given up, reconciliation does it.',
    },
  },
});
