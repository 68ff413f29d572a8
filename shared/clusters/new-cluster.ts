/** The cluster that a quote and the devices found for it make, before anything of it was dispatched. Pure. */
import { present } from '../core/assert.ts';
import type { Id } from '../core/ids.ts';
import { hourMs } from '../core/time.ts';
import type { CredentialId } from '../identity/principal.ts';
import type { Quote } from '../market/quote.ts';
import type { QuotedMatch } from '../market/quoted-match.ts';
import { type Assignment, type Cluster, provisionMsMax, unpaidMsMax } from './cluster.ts';

export interface NewCluster {
  readonly clusterId: Id<'clu'>;
  /** One per line of the quote, in their order. */
  readonly nodeIds: readonly Id<'nod'>[];
  /** A name out of the id when the customer gave none. */
  readonly name: string | undefined;
  readonly quote: Quote;
  /** Undefined without the credit for it: it waits unpaid and reserves nothing. */
  readonly match: QuotedMatch | undefined;
  /** Who orders. */
  readonly actor: CredentialId;
  /** RAY_AUTH_TOKEN of the cluster. Secret. */
  readonly authToken: string;
  readonly nowMs: number;
}

/** The matched devices, each as a node of its own: one id per line, in their order. */
export const assignmentsOf = (
  match: QuotedMatch,
  nodeIds: readonly Id<'nod'>[],
): readonly Assignment[] =>
  match.nodes.map((node, index) => ({
    nodeId: present(nodeIds[index], 'more nodes than ids'),
    lineId: node.lineId,
    deviceId: node.offer.deviceId,
    supplierId: node.offer.organisationId,
    rateUnitsPerHour: node.rateUnitsPerHour,
    state: 'active',
    fault: null,
  }));

export const newCluster = (input: NewCluster): Cluster => {
  const { clusterId, nodeIds, quote, match, nowMs } = input;
  return {
    id: clusterId,
    organisationId: quote.organisationId,
    name: input.name ?? `cluster-${clusterId.slice(-6).toLowerCase()}`,
    status: match ? 'deployment_requested' : 'unpaid',
    reason: match ? 'customer_request' : 'awaiting_payment',
    version: 1,
    quoteId: quote.id,
    lines: quote.lines.map(({ amountUnits: _, ...line }) => line),
    assignments: match ? assignmentsOf(match, nodeIds) : [],
    siteId: match?.siteId ?? null,
    orderedBy: input.actor,
    payUntilMs: match ? null : nowMs + unpaidMsMax,
    region: quote.terms.region,
    rayVersion: quote.terms.rayVersion,
    pythonVersion: quote.terms.pythonMinor,
    authToken: input.authToken,
    orderedMs: quote.hours * hourMs,
    proofConsent: quote.proofConsent,
    createdAtMs: nowMs,
    provisionUntilMs: nowMs + provisionMsMax,
    headEndpoint: null,
    acceptance: null,
    runningAtMs: null,
    paidUntilMs: null,
    stoppedAtMs: null,
    closedAtMs: null,
    terminatedByCustomer: false,
  };
};
