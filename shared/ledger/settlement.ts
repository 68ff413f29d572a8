/**
 * Settlement: what a cluster's proven time costs, posted in order. Invariants: a node's line is
 * floor(rate x milliseconds / 3,600,000) cumulative, so any slicing of the time gives the same total; the
 * customer pays the sum of the lines inside the paid time and the suppliers earn the same sum; only what
 * lies beyond the paid time is the platform's. The final settlement closes the hold. Pure.
 */
import { assert } from '../core/assert.ts';
import type { Write } from '../core/database.ts';
import { mulDivFloor } from '../core/money.ts';
import { hourMs } from '../core/time.ts';
import { earningAccount } from './account.ts';
import type { Balance } from './balance.ts';
import { planDebtPayment } from './debt.ts';
import { type Hold, moveHold } from './hold.ts';
import { earningDay } from './maturity.ts';
import { writesOf } from './posting.ts';
import { causeOf, type Leg, mergeLegs, type SettlementDetail, type Transfer } from './transfer.ts';

/** Most suppliers that one settlement can pay. */
export const suppliersMax = 64;

/** The cluster as read before the hold. */
export interface SettlementCluster {
  readonly clusterId: string;
  readonly organisation: string;
  readonly runningAtMs: number;
  /** Stamped by the fence; undefined while the cluster runs. */
  readonly stoppedAtMs: number | undefined;
  readonly paidUntilMs: number;
  /** Whether the stop was the customer's own termination. */
  readonly terminatedByCustomer: boolean;
}

/** A node's proven time as read after the hold: whole milliseconds of its whole life, never shrinking. */
export interface SettlementNode {
  readonly nodeId: string;
  /** The order's line that the node serves; a line has one node at a time. */
  readonly lineId: string;
  /** Organisation that earns. */
  readonly supplier: string;
  /** Whether who earns counted as one with who pays when the device was hired. */
  readonly linked: boolean;
  /** Micro-dollars per hour; fixed for the node's life. */
  readonly rateUnitsPerHour: bigint;
  readonly provenMs: number;
  /** The part of `provenMs` before paid-until. */
  readonly provenMsInsidePaidUntil: number;
  /** Declared lost, refused or replaced: earns no further millisecond, no minimum either. */
  readonly lost: boolean;
}

export interface SettlementInput {
  readonly cluster: SettlementCluster;
  readonly hold: Hold;
  /** Every node that the cluster ever had with proven time. */
  readonly nodes: readonly SettlementNode[];
  /** `debt` of the payer as read. */
  readonly debt: Balance;
  /** After the fence: posts what is due, the rest returns, the hold closes. */
  readonly final: boolean;
  readonly nowMs: number;
}

/** What this settlement posts for one node, in micro-dollars and milliseconds. */
export interface NodeCharge {
  readonly nodeId: string;
  readonly supplier: string;
  /** Paid milliseconds of the node's life, the minimum hour's included. */
  readonly paidMs: number;
  readonly minimumMs: number;
  readonly beyondMs: number;
  readonly customerUnits: bigint;
  readonly platformUnits: bigint;
}

export type SettlementDecision =
  | { readonly outcome: 'nothing' }
  | {
      readonly outcome: 'post';
      /** The settlement if something is due, and the debt's payment if a release meets a debt. */
      readonly transfers: readonly Transfer[];
      readonly writes: Write[];
      readonly perNode: readonly NodeCharge[];
    };

/** A node's line: micro-dollars due for so many milliseconds at this rate, rounded down. */
export const dueUnits = (rateUnitsPerHour: bigint, milliseconds: number): bigint =>
  mulDivFloor(rateUnitsPerHour, BigInt(milliseconds), BigInt(hourMs));

export const settlementId = (clusterId: string, n: number): string => `settle:${clusterId}:${n}`;

/**
 * Proposes the next settlement. `nothing` when the hold is no longer open, or nothing is due and the
 * settlement is not final. Conditions: hold as read and open, the transfer's id unused, and when credit
 * is released the debt as read.
 */
export const planSettlement = (input: SettlementInput): SettlementDecision => {
  const { cluster, hold, final, nowMs } = input;
  assert(hold.clusterId === cluster.clusterId, 'the hold of another cluster');
  assert(hold.organisation === cluster.organisation, 'the hold of another payer');
  assert(!final || cluster.stoppedAtMs !== undefined, `a final settlement before the fence`);
  if (hold.state !== 'open') return { outcome: 'nothing' };
  const minimumMs = final ? missingToFirstHour(cluster) : 0;
  assertLines(input, minimumMs);
  const perNode = input.nodes.map((node) => chargeOf(node, hold, final, minimumMs));
  const customerUnits = sum(perNode.map((charge) => charge.customerUnits));
  const platformUnits = sum(perNode.map((charge) => charge.platformUnits));
  assert(customerUnits <= hold.left, `${hold.id} is short`);
  const due = customerUnits + platformUnits > 0n;
  if (!due && !final) return { outcome: 'nothing' };

  const settlements = due ? [settlementOf(input, perNode)] : [];
  const releasedUnits = final ? hold.left - customerUnits : 0n;
  const { organisation, id: holdId } = hold;
  const payment = planDebtPayment({
    organisation,
    holdId,
    releasedUnits,
    debt: input.debt,
    nowMs,
  });
  const transfers = [...settlements, ...payment.transfers];
  const next: Hold = {
    ...hold,
    left: hold.left - customerUnits - releasedUnits,
    posted: hold.posted + customerUnits,
    released: hold.released + releasedUnits,
    n: due ? hold.n + 1 : hold.n,
    paidMs: { ...hold.paidMs, ...byNode(perNode, ({ paidMs }) => paidMs) },
    state: final ? 'closed' : 'open',
  };
  const writes = writesOf({
    transfers,
    held: [{ account: hold.account, units: -(customerUnits + releasedUnits) }],
    touches: payment.touches,
    others: [moveHold(hold, next)],
  });
  return { outcome: 'post', transfers, writes, perNode };
};

/** What the customer's own termination still owes of the first hour, for each node not lost. */
const missingToFirstHour = (cluster: SettlementCluster): number => {
  const { stoppedAtMs, runningAtMs, terminatedByCustomer } = cluster;
  if (!terminatedByCustomer || stoppedAtMs === undefined) return 0;
  return Math.max(0, runningAtMs + hourMs - stoppedAtMs);
};

const chargeOf = (
  node: SettlementNode,
  hold: Hold,
  final: boolean,
  missingMs: number,
): NodeCharge => {
  const { nodeId, supplier, rateUnitsPerHour: rate } = node;
  const minimumMs = node.lost ? 0 : missingMs;
  const paidMs = node.provenMsInsidePaidUntil + minimumMs;
  const beforeMs = hold.paidMs[nodeId] ?? 0;
  assert(paidMs >= beforeMs, `proven time of ${nodeId} shrank`);
  const beyondMs = final ? node.provenMs - node.provenMsInsidePaidUntil : 0;
  return {
    nodeId,
    supplier,
    paidMs,
    minimumMs,
    beyondMs,
    customerUnits: dueUnits(rate, paidMs) - dueUnits(rate, beforeMs),
    platformUnits: dueUnits(rate, paidMs + beyondMs) - dueUnits(rate, paidMs),
  };
};

/** Proven times that no honest meter can show are bugs: they would overcharge a line. */
const assertLines = (input: SettlementInput, minimumMs: number): void => {
  const { hold, nodes } = input;
  const totals = new Map<string, { paidMs: number; serving: number }>();
  for (const node of nodes) {
    const { provenMs, provenMsInsidePaidUntil: insideMs } = node;
    assert(
      Number.isSafeInteger(provenMs) && Number.isSafeInteger(insideMs),
      'part of a millisecond',
    );
    assert(insideMs >= 0 && insideMs <= provenMs, `proven time of ${node.nodeId} is impossible`);
    const total = totals.get(node.lineId) ?? { paidMs: 0, serving: 0 };
    totals.set(node.lineId, {
      paidMs: total.paidMs + insideMs + (node.lost ? 0 : minimumMs),
      serving: total.serving + (node.lost ? 0 : 1),
    });
  }
  const limitMs = minimumMs > 0 ? hourMs : hold.orderedMs;
  for (const [lineId, { paidMs, serving }] of totals) {
    assert(serving <= 1, `two nodes serve line ${lineId}`);
    assert(paidMs <= limitMs, `line ${lineId} has more than its time: ${paidMs} ms`);
  }
  const known = new Set(nodes.map(({ nodeId }) => nodeId));
  assert(known.size === nodes.length, 'a node stands twice in a settlement');
  assert(
    Object.keys(hold.paidMs).every((nodeId) => known.has(nodeId)),
    `a settled node is missing from the settlement of ${hold.id}`,
  );
};

const settlementOf = (input: SettlementInput, perNode: readonly NodeCharge[]): Transfer => {
  const { cluster, hold, final, nowMs } = input;
  const paying = perNode.filter((charge) => charge.customerUnits + charge.platformUnits > 0n);
  const suppliers = new Set(paying.map(({ supplier }) => supplier));
  assert(suppliers.size <= suppliersMax, `more than ${suppliersMax} suppliers in one settlement`);
  const linked = linkedSuppliers(input);
  const earnings = paying.map((charge) => ({
    charge,
    account: earningAccount(
      charge.supplier,
      earningDay({
        payer: cluster.organisation,
        supplier: charge.supplier,
        linked: new Set(linked),
        classDays: hold.classDays,
        granted: hold.granted,
        postedAtMs: nowMs,
      }),
    ),
  }));
  const legs = mergeLegs([
    { account: hold.account, units: -sum(paying.map((charge) => charge.customerUnits)) },
    { account: 'exp:sla', units: -sum(paying.map((charge) => charge.platformUnits)) },
    ...earnings.map(
      ({ account, charge }): Leg => ({
        account,
        units: charge.customerUnits + charge.platformUnits,
      }),
    ),
  ]);
  const byCustomer = mergeLegs(
    earnings.map(({ account, charge }): Leg => ({ account, units: charge.customerUnits })),
  );
  const platformPays = legs.some(({ account }) => account === 'exp:sla');
  const settlement: SettlementDetail = {
    clusterId: cluster.clusterId,
    n: hold.n,
    final,
    paidMs: byNode(perNode, ({ paidMs }) => paidMs),
    minimumMs: byNode(perNode, ({ minimumMs }) => minimumMs),
    beyondMs: byNode(perNode, ({ beyondMs }) => beyondMs),
    ...(linked.length > 0 ? { linked } : {}),
    ...(platformPays
      ? { customerPart: Object.fromEntries(byCustomer.map((leg) => [leg.account, leg.units])) }
      : {}),
  };
  return {
    id: settlementId(cluster.clusterId, hold.n),
    cause: causeOf({ cluster: cluster.clusterId, payer: cluster.organisation, n: hold.n }),
    asset: 'usd',
    code: 'settlement',
    legs,
    atMs: nowMs,
    settlement,
  };
};

/** Who earns and counts as one with the payer, but is not the payer. */
const linkedSuppliers = ({ cluster, nodes }: SettlementInput): readonly string[] => {
  const linked = nodes.filter((node) => node.linked).map(({ supplier }) => supplier);
  return [...new Set(linked)].filter((supplier) => supplier !== cluster.organisation).sort();
};

/** Milliseconds per node, without those that have none. */
const byNode = (
  perNode: readonly NodeCharge[],
  read: (charge: NodeCharge) => number,
): Readonly<Record<string, number>> =>
  Object.fromEntries(
    perNode.map((charge) => [charge.nodeId, read(charge)] as const).filter(([, ms]) => ms > 0),
  );

const sum = (values: readonly bigint[]): bigint =>
  values.reduce((total, value) => total + value, 0n);
