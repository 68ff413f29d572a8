/** Invoices as documents (getInvoicePdf), read back by a reader that is not ours. */
import { PDFDocument } from '@cantoo/pdf-lib';
import { formatUsd } from '../../../shared/core/money.ts';
import { hourMs } from '../../../shared/core/time.ts';
import type { BillingDetails } from '../../../shared/payments/invoices/billing.ts';
import type { Invoice, InvoiceLine } from '../../../shared/payments/invoices/invoice.ts';
import { renderInvoice } from '../../../shared/payments/invoices/invoice-pdf.ts';
import { pageWidth } from '../../../shared/payments/invoices/pdf.ts';
import { startMs } from '../../support/runtime.ts';
import { nodeId, paymentsService } from '../service.ts';

const party = (changes: Partial<BillingDetails> = {}): BillingDetails => ({
  name: 'Bär & Söhne (Berlin) GmbH',
  line1: 'Straße 7',
  line2: null,
  postalCode: '10115',
  city: 'Berlin',
  region: null,
  country: 'DE',
  taxId: 'DE123456789',
  ...changes,
});

const line = (number: number): InvoiceLine => ({
  nodeId: nodeId(number % 10),
  role: 'worker',
  model: 'RTX 4090',
  rateUnitsPerHour: 400_000n,
  provenMs: hourMs + 90_000,
  minimumMs: 0,
  minimumUnits: 0n,
  units: 410_000n,
});

const anInvoice = (changes: Partial<Invoice> = {}): Invoice => ({
  id: 'inv_01KA0ZZ9ZZ8Y7X6W5V4T3S2R1Q',
  number: '2026-000042',
  seller: party({ name: 'Raymesh Operator Ltd', country: 'IE', taxId: null }),
  buyer: party(),
  tax: { lines: [{ label: 'VAT', basisPoints: 1_900, units: 65_463n }], note: null },
  organisation: 'org_01KA0ZZ9ZZ8Y7X6W5V4T3S2R1Q',
  clusterId: 'clu_01KA0ZZ9ZZ8Y7X6W5V4T3S2R1Q',
  clusterName: 'training',
  runningAtMs: startMs,
  stoppedAtMs: startMs + hourMs,
  lines: [line(1)],
  totalUnits: 410_000n,
  issuedAtMs: startMs + 2 * hourMs,
  ...changes,
});

/** What another reader finds: texts with their places, page by page. */
const readBack = async (bytes: Uint8Array) => {
  const document = await PDFDocument.load(bytes, {
    throwOnInvalidObject: true,
    updateMetadata: false,
  });
  const pages = document
    .getPages()
    .map((page) =>
      page
        .extractContents()
        .flatMap((asset) =>
          asset.kind === 'text' ? [{ text: asset.getText(), x: asset.x, y: asset.y }] : [],
        ),
    );
  return { document, pages, texts: pages.flat().map(({ text }) => text) };
};

describe('the document', () => {
  it('shows both parties, the lines, the tax and the total', async () => {
    const { texts, document } = await readBack(renderInvoice(anInvoice()));
    expect(texts).toEqual(
      expect.arrayContaining([
        'Invoice 2026-000042',
        'Raymesh Operator Ltd',
        'Bär & Söhne (Berlin) GmbH',
        'Straße 7',
        '10115 Berlin',
        'Tax ID DE123456789',
        nodeId(1),
        '1.0250',
        'VAT, 19 %',
        formatUsd(65_463n),
        formatUsd(410_000n - 65_463n),
        formatUsd(410_000n),
        'Page 1 of 1',
      ]),
    );
    expect(document.getTitle()).toBe('Invoice 2026-000042');
    expect(document.getCreationDate()?.getTime()).toBe(startMs + 2 * hourMs);
  });

  it('is the same, byte for byte, whenever it is asked for', () => {
    expect(renderInvoice(anInvoice())).toEqual(renderInvoice(anInvoice()));
    expect(renderInvoice(anInvoice())).not.toEqual(
      renderInvoice(anInvoice({ number: '2026-000043' })),
    );
  });

  it.each([0, 1, 21, 22, 64, 130])('has room for %i lines, each inside its page', async (count) => {
    const lines = Array.from({ length: count }, (_, at) => line(at));
    const totalUnits = 410_000n * BigInt(count);
    const tax = { lines: [], note: 'Reverse charge. '.repeat(18).trim() };
    const { pages } = await readBack(renderInvoice(anInvoice({ lines, totalUnits, tax })));
    const all = pages.flat();
    expect(all.filter(({ text }) => text === 'RTX 4090')).toHaveLength(count);
    for (const page of pages) {
      const places = page.map(({ x, y }) => `${x} ${y}`);
      expect(new Set(places).size).toBe(places.length);
      for (const { x, y, text } of page) {
        expect([text, x >= 50 && x < pageWidth - 50 && y >= 40 && y < 810]).toEqual([text, true]);
        // The page's number stands alone at its foot.
        if (!text.startsWith('Page ')) expect(y).toBeGreaterThan(50);
      }
    }
    expect(all.filter(({ text }) => text.startsWith('Page '))).toHaveLength(pages.length);
  });

  it('says what the law wants in place of a tax, and what the minimum hour added', async () => {
    const lines = [{ ...line(1), minimumUnits: 100_000n, minimumMs: hourMs / 4 }];
    const tax = { lines: [], note: 'Reverse charge: the recipient owes the tax.' };
    const { texts } = await readBack(renderInvoice(anInvoice({ lines, tax })));
    expect(texts).toContain('Reverse charge: the recipient owes the tax.');
    expect(texts).toContain('$0.10 of it is for the minimum of one hour.');
  });

  it('names the organisation by its id where nobody set its details', async () => {
    const { texts } = await readBack(
      renderInvoice(anInvoice({ buyer: null, seller: null, number: null })),
    );
    expect(texts).toContain('org_01KA0ZZ9ZZ8Y7X6W5V4T3S2R1Q');
    expect(texts).toContain('The operator of this platform');
    expect(texts).toContain('Invoice inv_01KA0ZZ9ZZ8Y7X6W5V4T3S2R1Q');
  });

  it('writes what is not Latin script as question marks, and stays a document', async () => {
    const name = '株式会社 \\(x) “Œuvre” – 5 €';
    const { texts } = await readBack(renderInvoice(anInvoice({ buyer: party({ name }) })));
    expect(texts).toContain('???? \\(x) “Œuvre” – 5 €');
  });
});

describe('getInvoicePdf', () => {
  it('200 answers the document of the own invoice', async () => {
    const { call, invoice } = await paymentsService();
    const answer = await call(`/v1/invoices/${invoice.id}/pdf`);
    expect([answer.status, answer.headers['content-type']]).toEqual([200, 'application/pdf']);
    expect(new Uint8Array(answer.body)).toEqual(renderInvoice(invoice));
  });

  it("404: somebody else's looks like an unknown one", async () => {
    const { call, invoice, other } = await paymentsService();
    const answer = await call(`/v1/invoices/${invoice.id}/pdf`, { key: other });
    expect([answer.status, answer.body.code]).toEqual([404, 'invoice.not_found']);
  });
});
