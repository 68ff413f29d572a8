/**
 * Stops all clusters of an organisation, one of whose card payments is disputed: those that run and those
 * that come up, without a minimum hour. Their holds stay for the proven work. What an index does not show
 * yet, and what cannot be stopped now, is left to the next run; it does not keep the others running.
 */
import { listCommitments } from '../../shared/payments/budgets/commitment-store.ts';
import type { Runtime } from '../kit/runtime.ts';
import { forEachDue } from '../kit/schedule.ts';
import { endCluster } from './end-cluster.ts';

export const stopDisputed = async (
  needs: Runtime,
  organisationId: string,
  nowMs: number,
): Promise<void> => {
  const open = await listCommitments(needs.database, organisationId);
  const { failed } = await forEachDue(
    needs,
    open.map(({ clusterId }) => clusterId),
    (clusterId) =>
      endCluster(needs, clusterId, {
        event: { kind: 'stop', reason: 'payment_disputed' },
        actor: 'platform',
        evidence: words,
        nowMs,
      }),
  );
  if (failed > 0) throw new Error(`${failed} clusters of ${organisationId} run on, disputed`);
};

const words =
  'A card payment of the organisation is disputed, so its clusters were stopped and no new one is ordered. ' +
  'Only the proven time is charged. Write to the operator, who looks at the case and lifts the freeze; then ' +
  'order anew.';
