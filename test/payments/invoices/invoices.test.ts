/** Invoices: made once out of the settlements, to the unit; read by their organisation alone. */
import { issueInvoice } from '../../../functions/payments/invoices/issue-invoice.ts';
import { minuteMs } from '../../../shared/core/time.ts';
import { getHold, listTransfersByCluster } from '../../../shared/ledger/ledger-store.ts';
import { noInvoicing } from '../../../shared/payments/invoices/billing.ts';
import { planInvoice } from '../../../shared/payments/invoices/invoice.ts';
import { listInvoicesByOrganisation } from '../../../shared/payments/invoices/invoice-store.ts';
import { clusterId, endedRental, nodeId, paymentsService } from '../service.ts';

const dollars = (amount: string) => ({ amount, currency: 'usd' });

const unnumbered = { lastNumber: 0, buyer: null, invoicing: noInvoicing };

describe('issuing', () => {
  it('sums to what the settlements took, and shows the first hour apart', async () => {
    const { invoice, runtime } = await paymentsService();
    const hold = await getHold(runtime.database, clusterId);
    expect(invoice.totalUnits).toBe(hold?.posted);
    expect(invoice.lines).toEqual([
      {
        nodeId: nodeId(1),
        role: 'head',
        model: 'RTX 4090',
        rateUnitsPerHour: 1_000_000n,
        provenMs: 10 * minuteMs,
        minimumMs: 0,
        minimumUnits: 0n,
        units: 166_666n,
      },
      {
        nodeId: nodeId(2),
        role: 'head',
        model: 'RTX 4090',
        rateUnitsPerHour: 600_000n,
        provenMs: 25 * minuteMs,
        minimumMs: 20 * minuteMs,
        minimumUnits: 200_000n,
        units: 450_000n,
      },
    ]);
  });

  it('happens once: a second time changes nothing', async () => {
    const { runtime, issuing, input } = await paymentsService();
    const before = runtime.database.snapshot();
    await issueInvoice(issuing, { ...input, cluster: { ...input.cluster, name: 'renamed' } });
    expect(runtime.database.snapshot()).toEqual(before);
  });

  it('is an alarm before the final settlement', async () => {
    const { fixture, input } = await endedRental('org_payer');
    const issuing = { ...fixture.runtime, invoicing: noInvoicing };
    await expect(issueInvoice(issuing, input)).rejects.toThrow('before the final');
  });

  it('is an alarm when lines and transfers disagree', async () => {
    const { runtime, input } = await paymentsService();
    const settlements = await listTransfersByCluster(runtime.database, clusterId, 2);
    const { cluster, nodes } = input;
    expect(() =>
      planInvoice({ ...input, ...unnumbered, nodes: nodes.slice(1), settlements }),
    ).toThrow('was taken');
    const other = { ...cluster, clusterId: 'clu_2' };
    expect(() => planInvoice({ ...input, ...unnumbered, cluster: other, settlements })).toThrow(
      'does not settle',
    );
  });

  it('has no lines and no total when nothing was ever proven', () => {
    const cluster = {
      clusterId,
      organisation: 'org_a',
      name: 'short',
      runningAtMs: 0,
      stoppedAtMs: 0,
    };
    const invoice = planInvoice({
      ...unnumbered,
      cluster,
      nodes: [],
      settlements: [],
      issuedAtMs: 0,
    });
    expect([invoice.lines, invoice.totalUnits]).toEqual([[], 0n]);
  });
});

describe('listInvoices', () => {
  it("200 lists the organisation's invoices", async () => {
    const { call, invoice } = await paymentsService();
    const listed = await call('/v1/invoices');
    expect(listed.status).toBe(200);
    expect(listed.body).toMatchObject({ object: 'list', has_more: false, next_cursor: null });
    expect(listed.body.data.map(({ id }: { id: string }) => id)).toEqual([invoice.id]);
  });

  it("200 lists nothing of somebody else's", async () => {
    const { call, other } = await paymentsService();
    expect((await call('/v1/invoices', { key: other })).body.data).toEqual([]);
  });

  it('reads back what was issued', async () => {
    const { runtime, invoice } = await paymentsService();
    const page = { limit: 10 };
    const found = await listInvoicesByOrganisation(runtime.database, invoice.organisation, page);
    expect(found.invoices).toEqual([invoice]);
  });

  it('400 refuses an unknown parameter', async () => {
    const { call } = await paymentsService();
    const refused = await call('/v1/invoices', { query: { organisation: 'all' } });
    expect([refused.status, refused.body.code]).toEqual([400, 'request.malformed']);
  });
});

describe('getInvoice', () => {
  it('200 shows the invoice', async () => {
    const { call, invoice } = await paymentsService();
    const shown = await call(`/v1/invoices/${invoice.id}`);
    expect([shown.status, shown.body]).toEqual([
      200,
      {
        id: `inv_${clusterId.slice(4)}`,
        object: 'invoice',
        number: '2026-000001',
        seller: null,
        buyer: null,
        cluster_id: clusterId,
        cluster_name: 'training',
        period_start: '2026-11-22T12:00:00.000Z',
        period_end: '2026-11-22T12:40:00.000Z',
        lines: [
          expect.objectContaining({ amount: dollars('166666'), minimum_ms: 0 }),
          expect.objectContaining({
            amount: dollars('450000'),
            rate_per_hour: dollars('600000'),
            minimum_ms: 20 * minuteMs,
            minimum_amount: dollars('200000'),
          }),
        ],
        subtotal: dollars('616666'),
        taxes: [],
        tax_note: null,
        total: dollars('616666'),
        created_at: '2026-11-22T13:00:00.000Z',
      },
    ]);
  });

  it("404: somebody else's looks like an unknown one", async () => {
    const { call, invoice, other } = await paymentsService();
    const theirs = await call(`/v1/invoices/${invoice.id}`, { key: other });
    const unknown = await call(`/v1/invoices/${invoice.id.slice(0, -1)}0`, { key: other });
    const same = (answer: typeof theirs) => ({ ...answer.body, request_id: '' });
    expect([theirs.status, theirs.body.code]).toEqual([404, 'invoice.not_found']);
    expect(same(theirs)).toEqual(same(unknown));
  });

  it('400 refuses what is no id of an invoice', async () => {
    const { call } = await paymentsService();
    const refused = await call('/v1/invoices/inv_1');
    expect([refused.status, refused.body.code]).toEqual([400, 'request.malformed']);
  });
});

describe.each(['/v1/invoices', `/v1/invoices/inv_${clusterId.slice(4)}`])('GET %s', (path) => {
  it('401 without a key', async () => {
    const { call } = await paymentsService();
    const refused = await call(path, { headers: { authorization: '' } });
    expect([refused.status, refused.body.code]).toEqual([401, 'identity.unauthenticated']);
  });

  it('403 without the scope', async () => {
    const { call, member } = await paymentsService();
    const refused = await call(path, { key: member });
    expect([refused.status, refused.body.required_scope]).toEqual([403, 'invoices:read']);
  });
});
