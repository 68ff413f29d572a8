/** The cluster that a quote and the devices found for it make, before anything of it was dispatched. Pure. */
import { present } from '../core/assert.ts';
import type { Id } from '../core/ids.ts';
import { hourMs } from '../core/time.ts';
import { areLinked } from '../identity/link.ts';
import type { CredentialId } from '../identity/principal.ts';
import type { Quote } from '../market/quote.ts';
import type { QuotedMatch } from '../market/quoted-match.ts';
import { type Assignment, type Cluster, provisionMsMax, unpaidMsMax } from './cluster.ts';

export interface NewCluster {
  readonly clusterId: Id<'clu'>;
  /** A name out of the id when the customer gave none. */
  readonly name: string | undefined;
  readonly quote: Quote;
  /** Undefined without the credit for it: it waits unpaid and reserves nothing. */
  readonly hired:
    | { readonly siteId: Id<'site'>; readonly assignments: readonly Assignment[] }
    | undefined;
  /** Who orders. */
  readonly actor: CredentialId;
  /** RAY_AUTH_TOKEN of the cluster. Secret. */
  readonly authToken: string;
  readonly nowMs: number;
}

/** Who hires, and what is known of it. */
export interface Hirer {
  readonly organisationId: Id<'org'>;
  /** Organisations that it is linked to. */
  readonly linked: ReadonlySet<string>;
}

/** The matched devices, each as a node of its own: one id per line, in their order. */
export const assignmentsOf = (
  match: QuotedMatch,
  nodeIds: readonly Id<'nod'>[],
  hirer: Hirer,
): readonly Assignment[] =>
  match.nodes.map((node, index) => ({
    nodeId: present(nodeIds[index], 'more nodes than ids'),
    lineId: node.lineId,
    deviceId: node.offer.deviceId,
    supplierId: node.offer.organisationId,
    rateUnitsPerHour: node.rateUnitsPerHour,
    linked: areLinked(hirer.organisationId, node.offer.organisationId, hirer.linked),
    state: 'active',
    fault: null,
  }));

export const newCluster = (input: NewCluster): Cluster => {
  const { clusterId, quote, hired, nowMs } = input;
  return {
    id: clusterId,
    organisationId: quote.organisationId,
    name: input.name ?? `cluster-${clusterId.slice(-6).toLowerCase()}`,
    status: hired ? 'deployment_requested' : 'unpaid',
    reason: hired ? 'customer_request' : 'awaiting_payment',
    version: 1,
    quoteId: quote.id,
    lines: quote.lines.map(({ amountUnits: _, ...line }) => line),
    assignments: hired?.assignments ?? [],
    siteId: hired?.siteId ?? null,
    orderedBy: input.actor,
    payUntilMs: hired ? null : nowMs + unpaidMsMax,
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
