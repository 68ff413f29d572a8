/**
 * What watches devices over time and tells their clusters: the schedules, and the consumer of the
 * devices' events. A stack of its own, because it writes to the clusters, whose stack already leans on
 * the devices: in one of the two it would close a circle.
 */
import { LambdaFunction } from '../constructs/lambda-function.ts';
import { PlatformStack } from '../constructs/platform-stack.ts';
import { ScheduledTask } from '../constructs/scheduled-task.ts';
import { StreamConsumer } from '../constructs/stream-consumer.ts';
import { changedDevices } from '../constructs/stream-filter.ts';
import { read, readWrite, scanWrite } from '../constructs/table.ts';
import type { ApiStack } from './api-stack.ts';
import type { ClustersStack } from './clusters-stack.ts';
import type { DevicesStack } from './devices-stack.ts';

export class DeviceWatchStack extends PlatformStack {
  constructor(api: ApiStack, { devices, presence }: DevicesStack, { clusters }: ClustersStack) {
    super(api, 'device-watch');
    const schedules = new LambdaFunction(this, {
      name: 'devices-schedules',
      tables: [scanWrite(presence), readWrite(devices, 'by_offer'), readWrite(clusters)],
      timeoutSeconds: 120,
    });
    new ScheduledTask(schedules, { task: 'sweep-presence', everyMinutes: 1 });
    new ScheduledTask(schedules, { task: 'retest-devices', everyMinutes: 60 });
    new StreamConsumer(this, {
      name: 'devices-events',
      source: devices,
      filter: changedDevices,
      tables: [read(devices), readWrite(clusters)],
    });
  }
}
