/**
 * Relays what the clusters table says: a new cluster starts its provisioning, an ended one its release, a
 * new command is pushed to its device, a challenge that is over wakes the workflow that waits for it. The
 * item in the table is the fact; everything here may happen twice or late, and nothing depends on a push
 * arriving.
 */
import type { SocketPort } from '../../shared/adapters/sockets.ts';
import type { WorkflowPort } from '../../shared/adapters/workflows.ts';
import { clusterOfAnswer, isAnswer } from '../../shared/clusters/answer-store.ts';
import { isCommand, parseCommand } from '../../shared/clusters/command-store.ts';
import { endingKinds } from '../../shared/clusters/event.ts';
import { isClusterEvent, parseClusterEvent } from '../../shared/clusters/event-store.ts';
import type { Item } from '../../shared/core/database.ts';
import { getPresence } from '../../shared/devices/presence-store.ts';
import type { Runtime } from '../kit/runtime.ts';
import type { Change, PoisonPort } from '../kit/stream.ts';
import { wakeWorkflow } from './wake-workflow.ts';

export interface RelayRuntime extends Runtime {
  readonly poison: PoisonPort;
  readonly sockets: SocketPort;
  readonly workflows: Pick<WorkflowPort, 'start' | 'wake'>;
  readonly provisionStateMachineArn: string;
  readonly releaseStateMachineArn: string;
}

export const relayEvents = async (needs: RelayRuntime, change: Change): Promise<void> => {
  if (change.kind !== 'INSERT' || !change.after) return;
  if (isClusterEvent(change.after)) await startWorkflow(needs, change.after);
  if (isCommand(change.after)) await pushCommand(needs, change.after);
  if (isAnswer(change.after)) await wakeWorkflow(needs, clusterOfAnswer(change.after));
};

const startWorkflow = async (needs: RelayRuntime, item: Item): Promise<void> => {
  const { kind, clusterId } = parseClusterEvent(item);
  const input = { cluster_id: clusterId };
  if (kind === 'cluster.deployment_requested') {
    await needs.workflows.start(needs.provisionStateMachineArn, clusterId, input);
  }
  if (endingKinds.includes(kind)) {
    await needs.workflows.start(needs.releaseStateMachineArn, clusterId, input);
  }
};

const pushCommand = async (needs: RelayRuntime, item: Item): Promise<void> => {
  const { deviceId, command } = parseCommand(item);
  const presence = await getPresence(needs.database, deviceId);
  if (!presence?.connectionId) return;
  try {
    await needs.sockets.push(presence.connectionId, { type: 'commands', commands: [command] });
  } catch (error) {
    // A push is a hint: the command waits in its box until the device fetches it.
    needs.log.warn('command.not_pushed', { device_id: deviceId, error });
  }
};
