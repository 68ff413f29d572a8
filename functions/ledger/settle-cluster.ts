/**
 * Settles a cluster: reads in the one order that is safe (the cluster, then its hold, then the proven
 * times, then the debt), decides, commits. A final settlement goes on until the hold is closed, whoever
 * stood in between. Idempotent: whoever comes second finds nothing due.
 */
import { present } from '../../shared/core/assert.ts';
import { contention } from '../../shared/core/database.ts';
import { type Clock, hourMs } from '../../shared/core/time.ts';
import { debtAccount } from '../../shared/ledger/account.ts';
import type { Hold } from '../../shared/ledger/hold.ts';
import { getAccount, getHold } from '../../shared/ledger/ledger-store.ts';
import {
  type NodeCharge,
  planSettlement,
  type SettlementCluster,
  type SettlementNode,
} from '../../shared/ledger/settlement.ts';
import type { Transfer } from '../../shared/ledger/transfer.ts';
import type { Spent } from '../../shared/payments/budgets/commitment.ts';
import type { CommitRuntime } from '../kit/transaction.ts';
import { releaseCounted } from '../payments/budgets/release-counted.ts';
import { commitDecision, type Decision } from './commit-decision.ts';

const finalRoundsMax = 8;

/** Where the caller's side of a settlement is read; called again whenever the ledger moved. */
export interface SettlementSource {
  readonly clusterId: string;
  readonly loadCluster: () => Promise<SettlementCluster>;
  /** Must read the stored proven times strongly consistently, not reuse what it read before. */
  readonly loadNodes: (cluster: SettlementCluster) => Promise<readonly SettlementNode[]>;
}

export type SettlementOutcome =
  /** Nothing was due, or the hold is closed. */
  | { readonly outcome: 'nothing' }
  | {
      readonly outcome: 'posted';
      readonly transfers: readonly Transfer[];
      readonly perNode: readonly NodeCharge[];
    };

/**
 * Posts what is due. With `final` (only after the fence) the hold is closed when this returns. Throws
 * `platform.unavailable` when contention does not end.
 */
export const settleCluster = async (
  needs: CommitRuntime & { readonly clock: Clock },
  source: SettlementSource,
  final: boolean,
): Promise<SettlementOutcome> => {
  for (let round = 0; round < finalRoundsMax; round += 1) {
    const { outcome, answer } = await commitDecision(needs, () => decide(needs, source, final));
    if (answer.outcome === 'nothing' || outcome === 'committed') return answer;
    // Another worker took this number: an hourly settlement is done with that, a final one goes on.
    if (!final) return { outcome: 'nothing' };
  }
  throw contention(undefined);
};

const decide = async (
  needs: CommitRuntime & { readonly clock: Clock },
  source: SettlementSource,
  final: boolean,
): Promise<Decision<SettlementOutcome>> => {
  const nothing = { writes: [], transfers: [], answer: { outcome: 'nothing' as const } };
  const cluster = await source.loadCluster();
  const hold = await getHold(needs.database, source.clusterId);
  if (hold?.state !== 'open') return nothing;
  const nodes = await source.loadNodes(cluster);
  const debt = await getAccount(needs.database, debtAccount(cluster.organisation));
  const nowMs = needs.clock.nowMs();
  const plan = planSettlement({ cluster, hold, nodes, debt, final, nowMs });
  if (plan.outcome === 'nothing') return nothing;
  const { transfers, perNode } = plan;
  const counted = final
    ? await releaseCounted(needs.database, spentOf(cluster, hold, perNode))
    : [];
  const writes = [...plan.writes, ...counted];
  return { writes, transfers, answer: { outcome: 'posted', transfers, perNode } };
};

/** What the cluster has cost with this, its last settlement; the minimum hour ends after the fence. */
const spentOf = (
  cluster: SettlementCluster,
  hold: Hold,
  perNode: readonly NodeCharge[],
): { readonly clusterId: string; readonly spent: Spent } => {
  const { clusterId, runningAtMs, stoppedAtMs, terminatedByCustomer } = cluster;
  const fenceMs = present(stoppedAtMs, `a final settlement before the fence of ${clusterId}`);
  return {
    clusterId,
    spent: {
      postedUnits: perNode.reduce((sum, { customerUnits }) => sum + customerUnits, hold.posted),
      runningAtMs,
      endMs: terminatedByCustomer ? Math.max(fenceMs, runningAtMs + hourMs) : fenceMs,
    },
  };
};
