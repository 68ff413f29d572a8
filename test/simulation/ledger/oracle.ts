/**
 * What the outside world knows, counted without the ledger's code: who paid what and when, how long each
 * node worked, and what that must cost. The ledger is compared with it to the unit.
 */

const hourMs = 3_600_000;
const dayMs = 86_400_000;

export interface WorldNode {
  readonly nodeId: string;
  readonly lineId: string;
  readonly supplier: string;
  readonly rate: bigint;
  /** Milliseconds that it worked, and the part of them before paid-until. */
  workedMs: number;
  insideMs: number;
  lost: boolean;
}

export interface WorldCluster {
  readonly clusterId: string;
  readonly organisation: string;
  readonly lines: readonly { readonly lineId: string; readonly rate: bigint }[];
  readonly orderedMs: number;
  status: 'planned' | 'deploying' | 'running' | 'stopping' | 'released';
  readonly nodes: WorldNode[];
  runningAtMs: number | undefined;
  stoppedAtMs: number | undefined;
  terminatedByCustomer: boolean;
  /** By the payments posted when the hold was committed. */
  expectedClass: number;
  expectedGranted: boolean;
}

/** What one organisation's payments were, as they were committed. */
export interface Payments {
  granted: bigint;
  /** What cards brought, less what went back, plus what came back of that. */
  byCard: bigint;
  grantedAtMs: number | undefined;
  /** The last payments by card: those that a bank may take back, and those whose issuer bears the fraud. */
  cardAtMs: number | undefined;
  securedAtMs: number | undefined;
}

export const noPayments = (): Payments => ({
  granted: 0n,
  byCard: 0n,
  grantedAtMs: undefined,
  cardAtMs: undefined,
  securedAtMs: undefined,
});

/** Days that suppliers wait when a hold is taken now. */
export const expectedClass = (payments: Payments, nowMs: number): number => {
  const within = (atMs: number | undefined, days: number) =>
    atMs !== undefined && nowMs - atMs <= days * dayMs;
  if (within(payments.grantedAtMs, 30)) return 30;
  if (within(payments.cardAtMs, 120)) return 14;
  return within(payments.securedAtMs, 120) ? 7 : 1;
};

const cost = (rate: bigint, ms: number): bigint => (rate * BigInt(ms)) / BigInt(hourMs);

/** What a stopped cluster must have cost: each supplier's earning, the customer's and our own part. */
export const expectedCost = (cluster: WorldCluster) => {
  const { runningAtMs, stoppedAtMs } = cluster;
  const bySupplier = new Map<string, bigint>();
  let customer = 0n;
  let platform = 0n;
  if (runningAtMs === undefined || stoppedAtMs === undefined) {
    return { bySupplier, customer, platform };
  }
  const firstHourEndsMs = runningAtMs + hourMs;
  const short = cluster.terminatedByCustomer ? Math.max(0, firstHourEndsMs - stoppedAtMs) : 0;
  for (const node of cluster.nodes) {
    const added = node.lost ? 0 : short;
    const paid = cost(node.rate, node.insideMs + added);
    const all = cost(node.rate, node.workedMs + added);
    customer += paid;
    platform += all - paid;
    bySupplier.set(node.supplier, (bySupplier.get(node.supplier) ?? 0n) + all);
  }
  return { bySupplier, customer, platform };
};

/** The day on which an earning posted now matures, or `review`. */
export const expectedDay = (cluster: WorldCluster, supplier: string, postedAtMs: number) => {
  const linked = supplier === cluster.organisation;
  if (linked && cluster.expectedGranted) return 'review';
  const days = linked ? 30 : cluster.expectedClass;
  return Math.floor((postedAtMs + days * dayMs) / dayMs) + 1;
};
