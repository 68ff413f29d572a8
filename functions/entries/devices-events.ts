/** Lambda `devices-events`: consumes the stream of the devices table. */
import { queue } from '../../shared/adapters/queue.ts';
import { workflows } from '../../shared/adapters/workflows.ts';
import { followDevice } from '../devices/follow-device.stream.ts';
import { createRuntime, environment } from '../kit/runtime.ts';
import { streamFunction } from '../kit/stream.ts';

const env = environment();
const runtime = {
  ...createRuntime(env),
  poison: queue(env.require('POISON_QUEUE_URL')),
  workflows: workflows(),
  verifyStateMachineArn: env.require('VERIFY_STATE_MACHINE_ARN'),
};

export const handler = streamFunction(runtime, followDevice);
