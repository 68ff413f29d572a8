/** The cluster that a quote and the devices found for it make, before anything of it was dispatched. Pure. */
import { present } from '../core/assert.ts';
import type { Id } from '../core/ids.ts';
import { hourMs } from '../core/time.ts';
import type { Quote } from '../market/quote.ts';
import type { QuotedMatch } from '../market/quoted-match.ts';
import { type Cluster, provisionMsMax } from './cluster.ts';

export interface NewCluster {
  readonly clusterId: Id<'clu'>;
  /** One per line of the quote, in their order. */
  readonly nodeIds: readonly Id<'nod'>[];
  /** A name out of the id when the customer gave none. */
  readonly name: string | undefined;
  readonly quote: Quote;
  readonly match: QuotedMatch;
  /** RAY_AUTH_TOKEN of the cluster. Secret. */
  readonly authToken: string;
  readonly nowMs: number;
}

export const newCluster = (input: NewCluster): Cluster => {
  const { clusterId, nodeIds, quote, match, nowMs } = input;
  return {
    id: clusterId,
    organisationId: quote.organisationId,
    name: input.name ?? `cluster-${clusterId.slice(-6).toLowerCase()}`,
    status: 'deployment_requested',
    reason: 'customer_request',
    version: 1,
    quoteId: quote.id,
    lines: quote.lines.map(({ amountUnits: _, ...line }) => line),
    assignments: match.nodes.map((node, index) => ({
      nodeId: present(nodeIds[index], 'more nodes than ids'),
      lineId: node.lineId,
      deviceId: node.offer.deviceId,
      supplierId: node.offer.organisationId,
      rateUnitsPerHour: node.rateUnitsPerHour,
      state: 'active',
      fault: null,
    })),
    siteId: match.siteId,
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
