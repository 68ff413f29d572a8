/**
 * Invoices: one per cluster that ran, made once when its hold has closed, never changed. Invariant: the
 * lines sum to what the cluster's settlements took from the customer, to the unit; the tax is part of it. Pure.
 */
import { assert } from '../../core/assert.ts';
import { type Id, siblingId } from '../../core/ids.ts';
import { isoOf } from '../../core/time.ts';
import { customerAccount } from '../../ledger/account.ts';
import { dueUnits } from '../../ledger/settlement.ts';
import { type Transfer, unitsOn } from '../../ledger/transfer.ts';
import { type BillingDetails, type Invoicing, type Tax, taxOf } from './billing.ts';

/** One node's part of the bill. Amounts in micro-dollars. */
export interface InvoiceLine {
  readonly nodeId: string;
  readonly role: 'head' | 'worker';
  /** The processor model that was hired. */
  readonly model: string;
  readonly rateUnitsPerHour: bigint;
  /** Proven milliseconds inside the paid time. */
  readonly provenMs: number;
  /** Milliseconds added by the one-hour minimum. */
  readonly minimumMs: number;
  /** The part of `units` that the one-hour minimum added. */
  readonly minimumUnits: bigint;
  readonly units: bigint;
}

export interface Invoice {
  readonly id: Id<'inv'>;
  /** `2026-000001`, one series per year (UTC) without gaps; null of invoices older than numbers. */
  readonly number: string | null;
  /** As configured and as set when it was issued. */
  readonly seller: BillingDetails | null;
  readonly buyer: BillingDetails | null;
  readonly tax: Tax;
  readonly organisation: string;
  readonly clusterId: string;
  readonly clusterName: string;
  readonly runningAtMs: number;
  readonly stoppedAtMs: number;
  readonly lines: readonly InvoiceLine[];
  readonly totalUnits: bigint;
  readonly issuedAtMs: number;
}

export interface InvoiceInput {
  readonly cluster: {
    readonly clusterId: string;
    readonly organisation: string;
    readonly name: string;
    readonly runningAtMs: number;
    readonly stoppedAtMs: number;
  };
  /** Every node that ever had proven time, as its settlements saw it. */
  readonly nodes: readonly Pick<InvoiceLine, 'nodeId' | 'role' | 'model' | 'rateUnitsPerHour'>[];
  /** All settlements of the cluster, in order, after the hold was closed. */
  readonly settlements: readonly Transfer[];
  /** The last number given in the year of the issue; 0 before the first. */
  readonly lastNumber: number;
  readonly buyer: BillingDetails | null;
  readonly invoicing: Invoicing;
  readonly issuedAtMs: number;
}

/** The id of a cluster's one invoice. */
export const invoiceIdOf = (clusterId: string): Id<'inv'> => siblingId('inv', clusterId);

/** Makes the invoice of a cluster that ran; a BugError when the lines and the transfers disagree. */
export const planInvoice = (input: InvoiceInput): Invoice => {
  const { cluster, nodes, settlements, issuedAtMs } = input;
  const { clusterId, organisation, name: clusterName, runningAtMs, stoppedAtMs } = cluster;
  const paidMs = new Map<string, number>();
  const minimumMs = new Map<string, number>();
  for (const { id, settlement } of settlements) {
    assert(settlement?.clusterId === clusterId, `${id} does not settle ${clusterId}`);
    for (const [nodeId, ms] of Object.entries(settlement.paidMs)) paidMs.set(nodeId, ms);
    for (const [nodeId, ms] of Object.entries(settlement.minimumMs)) minimumMs.set(nodeId, ms);
  }
  const lines = nodes
    .filter(({ nodeId }) => (paidMs.get(nodeId) ?? 0) > 0)
    .map((node): InvoiceLine => {
      const { nodeId, role, model, rateUnitsPerHour } = node;
      const allMs = paidMs.get(nodeId) ?? 0;
      const addedMs = minimumMs.get(nodeId) ?? 0;
      const units = dueUnits(rateUnitsPerHour, allMs);
      return {
        nodeId,
        role,
        model,
        rateUnitsPerHour,
        provenMs: allMs - addedMs,
        minimumMs: addedMs,
        minimumUnits: units - dueUnits(rateUnitsPerHour, allMs - addedMs),
        units,
      };
    });
  const payer = customerAccount(organisation);
  const taken = settlements.reduce((sum, transfer) => sum - unitsOn(transfer, payer), 0n);
  const totalUnits = lines.reduce((sum, { units }) => sum + units, 0n);
  assert(taken === totalUnits, `the invoice of ${clusterId} is ${totalUnits}, ${taken} was taken`);
  const id = invoiceIdOf(clusterId);
  const times = { runningAtMs, stoppedAtMs, issuedAtMs };
  const { buyer, invoicing } = input;
  return {
    id,
    number: numberOf(issuedAtMs, input.lastNumber + 1),
    seller: invoicing.seller,
    buyer,
    tax: taxOf(totalUnits, buyer, invoicing),
    organisation,
    clusterId,
    clusterName,
    lines,
    totalUnits,
    ...times,
  };
};

const numberOf = (issuedAtMs: number, number: number): string =>
  `${isoOf(issuedAtMs).slice(0, 4)}-${String(number).padStart(6, '0')}`;
