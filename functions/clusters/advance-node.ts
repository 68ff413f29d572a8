/** Moves a node forward by what was reported of it; late and repeated reports do not move it back. */
import { movesForward, type Node, type NodeStatus } from '../../shared/clusters/node.ts';
import { getNode, moveNode } from '../../shared/clusters/node-store.ts';
import { retryRefused } from '../kit/retry.ts';
import type { CommitRuntime } from '../kit/transaction.ts';

/** `known`: the node as it was read; where somebody else moved it meanwhile, it is read again. */
export const advanceNode = (
  needs: CommitRuntime,
  known: Node,
  to: { readonly status: NodeStatus; readonly reason: string | null; readonly nowMs: number },
): Promise<void> => {
  let node: Node | undefined = known;
  return retryRefused(needs, async () => {
    const current = node ?? (await getNode(needs.database, known.clusterId, known.id));
    node = undefined;
    if (!current || !movesForward(current.status, to.status)) return;
    await needs.database.write(moveNode(current, to.status, to.reason, to.nowMs));
  });
};
