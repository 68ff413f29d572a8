/** Lambda `clusters-events`: relays the clusters table's changes to workflows and devices. */
import { queue } from '../../shared/adapters/queue.ts';
import { sockets } from '../../shared/adapters/sockets.ts';
import { workflows } from '../../shared/adapters/workflows.ts';
import { relayEvents } from '../clusters/relay-events.stream.ts';
import { createRuntime, environment } from '../kit/runtime.ts';
import { streamFunction } from '../kit/stream.ts';

const env = environment();

export const handler = streamFunction(
  {
    ...createRuntime(env),
    poison: queue(env.require('POISON_QUEUE_URL')),
    sockets: sockets(env.require('SOCKET_ENDPOINT')),
    workflows: workflows(),
    provisionStateMachineArn: env.require('PROVISION_STATE_MACHINE_ARN'),
    releaseStateMachineArn: env.require('RELEASE_STATE_MACHINE_ARN'),
  },
  relayEvents,
);
