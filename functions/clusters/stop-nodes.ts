/**
 * Stop commands for nodes: one for each node that was commanded and is not over, written once per node.
 */

import { putCommand } from '../../shared/clusters/command-store.ts';
import type { Node } from '../../shared/clusters/node.ts';
import { isOver } from '../../shared/clusters/node.ts';
import { markStopping } from '../../shared/clusters/node-store.ts';
import { type Write, WriteRefused } from '../../shared/core/database.ts';
import { newId } from '../../shared/core/ids.ts';
import { isoOf } from '../../shared/core/time.ts';
import { type CommitRuntime, commit } from '../kit/transaction.ts';

/** The writes that tell a node's device to end it. */
export const stopWrites = (needs: CommitRuntime, node: Node, nowMs: number): readonly Write[] => [
  markStopping(node),
  putCommand({
    deviceId: node.deviceId,
    command: {
      command_id: newId('cmd', nowMs, needs.randomness),
      issued_at: isoOf(nowMs),
      kind: 'stop_node',
      cluster_id: node.clusterId,
      node_id: node.id,
    },
  }),
];

/** Tells the devices of these nodes to end them; nodes already told are left alone. */
export const stopNodes = async (
  needs: CommitRuntime,
  nodes: readonly Node[],
  nowMs: number,
): Promise<void> => {
  for (const node of nodes) {
    if (node.stopping || isOver(node.status)) continue;
    try {
      await commit(needs, stopWrites(needs, node, nowMs));
    } catch (error) {
      // Somebody else has told it in between.
      if (!(error instanceof WriteRefused)) throw error;
    }
  }
};
