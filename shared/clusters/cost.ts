/** What a cluster costs so far, out of its proven time. The bill follows the ledger's settlements. Pure. */
import { dueUnits } from '../ledger/settlement.ts';
import type { Cluster } from './cluster.ts';
import { settledUsage, type Usage } from './usage.ts';

/** Micro-USD for the proven time so far; the minimum hour shows on the invoice. */
export const costUnits = (cluster: Cluster, usage: Usage | undefined): bigint => {
  if (!usage || cluster.paidUntilMs === null) return 0n;
  const proven = settledUsage(usage, cluster.paidUntilMs);
  return cluster.assignments.reduce((sum, { nodeId, rateUnitsPerHour }) => {
    const node = proven[nodeId];
    return node ? sum + dueUnits(rateUnitsPerHour, node.insideMs) : sum;
  }, 0n);
};
