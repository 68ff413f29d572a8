/** Lambda `devices-events`: consumes the stream of the devices table. */
import { queue } from '../../shared/adapters/queue.ts';
import { orderTest } from '../devices/order-test.stream.ts';
import { createRuntime, environment } from '../kit/runtime.ts';
import { streamFunction } from '../kit/stream.ts';

const env = environment();
const runtime = { ...createRuntime(env), poison: queue(env.require('POISON_QUEUE_URL')) };

export const handler = streamFunction(runtime, orderTest);
