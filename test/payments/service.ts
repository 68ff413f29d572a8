/** The payments function behind its real pipeline, with a rental that has ended and its invoice. */
import { httpFunction } from '../../functions/kit/http.ts';
import { issueInvoice } from '../../functions/payments/invoices/issue-invoice.ts';
import { paymentsRoutes } from '../../functions/payments/routes.ts';
import { hourMs, minuteMs } from '../../shared/core/time.ts';
import { type Invoicing, noInvoicing } from '../../shared/payments/invoices/billing.ts';
import { Fixture, million } from '../simulation/ledger/fixture.ts';
import { callHttp, type TestRequest } from '../support/http.ts';
import { makeKey, makeOrganisation } from '../support/identity.ts';
import { startMs } from '../support/runtime.ts';

export const clusterId = 'clu_01KA0ZZ9ZZ8Y7X6W5V4T3S2R1Q';
export const nodeId = (n: number) => `nod_01KA0ZZ9ZZ8Y7X6W5V4T3S2R1${n}`;

/** A two-hour cluster of the payer ended after 40 minutes: one node lost, one that replaced it. */
export const endedRental = async (
  organisation: string,
  fixture = new Fixture(),
  id: string = clusterId,
) => {
  await fixture.rent(organisation, id, 10n * million);
  fixture.nodes = [
    fixture.node(nodeId(1), { provenMs: 10 * minuteMs, provenMsInsidePaidUntil: 10 * minuteMs }),
  ];
  await fixture.settle(false);
  fixture.nodes = [
    ...fixture.nodes.map((node) => ({ ...node, lost: true })),
    fixture.node(nodeId(2), {
      provenMs: 25 * minuteMs,
      provenMsInsidePaidUntil: 25 * minuteMs,
      rateUnitsPerHour: 600_000n,
    }),
  ];
  fixture.stop(startMs + 40 * minuteMs, true);
  const input = {
    cluster: {
      clusterId: id,
      organisation,
      name: 'training',
      runningAtMs: startMs,
      stoppedAtMs: startMs + 40 * minuteMs,
    },
    nodes: [
      { nodeId: nodeId(1), role: 'head' as const, model: 'RTX 4090', rateUnitsPerHour: million },
      { nodeId: nodeId(2), role: 'head' as const, model: 'RTX 4090', rateUnitsPerHour: 600_000n },
    ],
    issuedAtMs: startMs + hourMs,
  };
  return { fixture, input };
};

/** A fresh service; nothing is shared between two. */
export const paymentsService = async (invoicing: Invoicing = noInvoicing) => {
  const fixture = new Fixture();
  const { runtime } = fixture;
  const organisationId = await makeOrganisation(runtime, 'Acme');
  const otherId = await makeOrganisation(runtime, 'Other');
  const owner = await makeKey(runtime, organisationId, 'owner');
  const member = await makeKey(runtime, organisationId, 'member');
  const other = await makeKey(runtime, otherId, 'owner');
  const { input } = await endedRental(organisationId, fixture);
  await fixture.settle(true);
  const issuing = { ...runtime, invoicing };
  const invoice = await issueInvoice(issuing, input);
  const serve = httpFunction(runtime, paymentsRoutes, { keyMode: 'test' });
  const call = (path: string, request: Partial<TestRequest> = {}) =>
    callHttp(serve, { method: 'GET', path, key: owner, ...request });
  return { runtime, fixture, organisationId, issuing, call, invoice, input, owner, member, other };
};
