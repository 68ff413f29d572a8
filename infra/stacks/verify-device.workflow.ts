/**
 * From a device that has joined, or has to show anew what it can, to one that is offered: ask for what is
 * missing next (a speed test, proofs of all processors, a test start of Ray), wait until the device has
 * changed or the time is over, assess what is stored, and go round again while there is hope. The token
 * only wakes: `assess-device` decides from what is stored, so a wake too many does no harm.
 */
import { call, callAndWait, type WorkflowDefinition } from '../constructs/workflow-states.ts';

/** Seconds until silence is looked into. */
const waitSeconds = 30;

/** Input: `{ device_id }`. `functionArn` is devices-verify. */
export const verifyDevice = (functionArn: string): WorkflowDefinition => ({
  Comment:
    'Measures the line of a device, has its processors prove themselves, and test-starts Ray.',
  QueryLanguage: 'JSONata',
  StartAt: 'OrderChecks',
  TimeoutSeconds: 3600,
  States: {
    OrderChecks: callAndWait({
      functionArn,
      step: 'order-checks',
      subject: 'device_id',
      timeoutSeconds: waitSeconds,
      retriesMax: 3,
      next: 'AssessDevice',
      onError: { 'States.Timeout': 'AssessDevice', 'States.ALL': 'AbandonDevice' },
    }),
    AssessDevice: call({
      functionArn,
      step: 'assess-device',
      subject: 'device_id',
      timeoutSeconds: 60,
      retriesMax: 6,
      next: 'ChooseNext',
      onError: { 'States.ALL': 'AbandonDevice' },
    }),
    ChooseNext: {
      Type: 'Choice',
      Choices: [{ Condition: "{% $states.input.outcome = 'wait' %}", Next: 'OrderChecks' }],
      // Ready, or left, or failed: then the device says why, and the schedule tries again.
      Default: 'Settle',
    },
    Settle: { Type: 'Succeed' },
    AbandonDevice: call({
      functionArn,
      step: 'abandon-device',
      subject: 'device_id',
      timeoutSeconds: 60,
      retriesMax: 6,
      next: 'Fail',
      onError: { 'States.ALL': 'Fail' },
    }),
    Fail: {
      Type: 'Fail',
      Error: 'VerificationBroke',
      Cause:
        'A step threw. If that was not written to the device, the schedule tries again in an hour.',
    },
  },
});
