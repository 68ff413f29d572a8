/**
 * What watches devices over time and tells their clusters: the schedules, the consumer of the devices'
 * events, and the workflow that verifies a device. A stack of its own, because it writes to the clusters,
 * whose stack already leans on the devices: in one of the two it would close a circle.
 */
import { Policy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { LambdaFunction } from '../constructs/lambda-function.ts';
import { PlatformStack } from '../constructs/platform-stack.ts';
import { ScheduledTask } from '../constructs/scheduled-task.ts';
import { StreamConsumer } from '../constructs/stream-consumer.ts';
import { changedDevices } from '../constructs/stream-filter.ts';
import { read, readWrite, scanWrite } from '../constructs/table.ts';
import { Workflow } from '../constructs/workflow.ts';
import type { ApiStack } from './api-stack.ts';
import type { ClustersStack } from './clusters-stack.ts';
import type { DevicesStack } from './devices-stack.ts';
import type { ProofsStack } from './proofs-stack.ts';
import { verifyDevice } from './verify-device.workflow.ts';

/** The stacks whose tables it uses. */
export interface DeviceWatchStackProps {
  readonly api: ApiStack;
  readonly devices: DevicesStack;
  readonly clusters: ClustersStack;
  readonly proofs: ProofsStack;
}

export class DeviceWatchStack extends PlatformStack {
  /** Waits for what a device shows of itself. */
  readonly verifying: Workflow;

  constructor(stacks: DeviceWatchStackProps) {
    super(stacks.api, 'device-watch');
    const { devices, presence } = stacks.devices;
    const { clusters } = stacks.clusters;
    const { steps, workflow } = this.verification(stacks);
    this.verifying = workflow;
    const environment = { VERIFY_STATE_MACHINE_ARN: workflow.arn };
    const schedules = new LambdaFunction(this, {
      name: 'devices-schedules',
      tables: [scanWrite(presence), readWrite(devices, 'by_offer'), readWrite(clusters)],
      environment,
      timeoutSeconds: 120,
    });
    new ScheduledTask(schedules, { task: 'sweep-presence', everyMinutes: 1 });
    new ScheduledTask(schedules, { task: 'retest-devices', everyMinutes: 60 });
    const { consumer } = new StreamConsumer(this, {
      name: 'devices-events',
      source: devices,
      filter: changedDevices,
      tables: [readWrite(devices), readWrite(clusters)],
      environment,
    });
    for (const starter of [schedules, consumer]) {
      starter.allow(['states:StartExecution'], [workflow.arn]);
    }
    // Not in the function's own policy: the machine comes after the function that is its steps.
    new Policy(this, 'AnswerTasks', {
      roles: [steps.role, consumer.role],
      statements: [
        new PolicyStatement({
          actions: ['states:SendTaskSuccess'],
          resources: [workflow.arn],
        }),
      ],
    });
  }

  private verification({ devices, clusters, proofs }: DeviceWatchStackProps) {
    const steps = new LambdaFunction(this, {
      name: 'devices-verify',
      tables: [
        readWrite(devices.devices),
        read(devices.presence),
        readWrite(clusters.clusters),
        readWrite(proofs.proofs),
      ],
      timeoutSeconds: 25,
    });
    const workflow = new Workflow(this, {
      name: 'verify-device',
      outputName: 'Verify',
      steps,
      define: verifyDevice,
    });
    return { steps, workflow };
  }
}
