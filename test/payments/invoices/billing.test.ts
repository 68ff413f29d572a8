/** Who stands on invoices (getBillingDetails, setBillingDetails), the tax on them, and their numbers. */
import * as fc from 'fast-check';
import { issueInvoice } from '../../../functions/payments/invoices/issue-invoice.ts';
import {
  type BillingDetails,
  type Invoicing,
  noInvoicing,
  taxOf,
} from '../../../shared/payments/invoices/billing.ts';
import { parseInvoicing } from '../../../shared/payments/invoices/billing-schemas.ts';
import { Fixture, million } from '../../simulation/ledger/fixture.ts';
import { startMs } from '../../support/runtime.ts';
import { clusterId, endedRental, paymentsService } from '../service.ts';

const path = '/v1/billing-details';
const details = {
  name: 'Bär & Söhne GmbH',
  address: { line1: 'Straße 7', postal_code: '10115', city: 'Berlin', country: 'DE' },
  tax_id: 'DE123456789',
};
const complete = { ...details, address: { ...details.address, line2: null, region: null } };

const buyer = (country: string, taxId: string | null = null): BillingDetails => ({
  name: 'Buyer',
  line1: 'Street 1',
  line2: null,
  postalCode: '1',
  city: 'City',
  region: null,
  country,
  taxId,
});
const invoicing: Invoicing = {
  seller: buyer('IE', 'IE1234567A'),
  taxRates: [
    { country: 'IE', label: 'VAT', basisPoints: 2_300 },
    { country: 'DE', label: 'USt', basisPoints: 1_900 },
  ],
  reverseCharge: { countries: ['DE', 'FR', 'IE'], note: 'Reverse charge.' },
};

describe('the tax', () => {
  it('is none until it is configured, and none for who did not say where it is', () => {
    expect(taxOf(1_190_000n, buyer('DE'), noInvoicing)).toEqual({ lines: [], note: null });
    expect(taxOf(1_190_000n, null, invoicing)).toEqual({ lines: [], note: null });
    expect(taxOf(1_190_000n, buyer('US'), invoicing)).toEqual({ lines: [], note: null });
  });

  it('is contained in the total', () => {
    expect(taxOf(1_190_000n, buyer('DE'), invoicing).lines).toEqual([
      { label: 'USt', basisPoints: 1_900, units: 190_000n },
    ]);
  });

  it('is the buyer’s with a tax id in another of the named countries, never in the seller’s own', () => {
    expect(taxOf(100n, buyer('DE', 'DE123456789'), invoicing)).toEqual({
      lines: [],
      note: 'Reverse charge.',
    });
    expect(taxOf(123n, buyer('IE', 'IE7654321B'), invoicing).lines).toMatchObject([{ units: 23n }]);
  });

  it('never falls short of its rate, and by less than one unit more', () => {
    void fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 10n ** 15n }),
        fc.integer({ min: 1, max: 9_999 }),
        (total, basisPoints) => {
          const taxRates = [{ country: 'DE', label: 'T', basisPoints }];
          const tax = taxOf(total, buyer('DE'), { ...invoicing, taxRates }).lines[0]?.units ?? -1n;
          const net = total - tax;
          // In ten-thousandths: the tax on the net sum, rounded up by less than a unit of the total.
          const short = net * BigInt(basisPoints) - tax * 10_000n;
          expect(short <= 0n).toBe(true);
          expect(short > -(10_000n + BigInt(basisPoints))).toBe(true);
        },
      ),
    );
  });
});

describe('the operator’s settings', () => {
  it('may be empty', () => {
    expect(parseInvoicing('{}')).toEqual(noInvoicing);
  });

  it('are read whole', () => {
    const settings = {
      seller: details,
      tax_rates: [{ country: 'DE', label: 'USt', basis_points: 1_900 }],
      reverse_charge: { countries: ['FR'], note: 'Autoliquidation.' },
    };
    expect(parseInvoicing(JSON.stringify(settings))).toMatchObject({
      seller: { name: details.name, postalCode: '10115', taxId: 'DE123456789', region: null },
      taxRates: [{ basisPoints: 1_900 }],
      reverseCharge: { countries: ['FR'] },
    });
  });

  it.each(['', '[]', '{"sellers":{}}', '{"tax_rates":[{"country":"de"}]}'])(
    'are refused as a whole when they are %j',
    (text) => {
      expect(() => parseInvoicing(text)).toThrow();
    },
  );
});

describe('getBillingDetails and setBillingDetails', () => {
  it('200 answers null, then what was set last', async () => {
    const { call } = await paymentsService();
    expect((await call(path)).body).toEqual({
      object: 'billing_details',
      details: null,
      updated_at: null,
    });
    const set = await call(path, { method: 'PUT', body: details });
    expect(set).toMatchObject({ status: 200, body: { details: complete } });
    await call(path, { method: 'PUT', body: { ...details, name: 'Renamed' } });
    expect((await call(path)).body.details).toEqual({ ...complete, name: 'Renamed' });
  });

  it.each([
    ['a country that is none', { ...details, address: { ...details.address, country: 'Germany' } }],
    ['a name with a line break', { ...details, name: 'A\nB' }],
    ['a tax id with blanks', { ...details, tax_id: 'DE 12 34' }],
    ['an unknown field', { ...details, fax: '1' }],
  ])('400 refuses %s', async (_, body) => {
    const { call } = await paymentsService();
    const answer = await call(path, { method: 'PUT', body });
    expect([answer.status, answer.body.code]).toEqual([400, 'request.malformed']);
  });

  it('403 without the scope', async () => {
    const { call, member } = await paymentsService();
    expect((await call(path, { method: 'PUT', body: details, key: member })).status).toBe(403);
  });
});

describe('an invoice', () => {
  it('shows seller, buyer and tax as they were when it was issued', async () => {
    const { call, fixture, organisationId } = await paymentsService();
    const { runtime } = fixture;
    await call(path, { method: 'PUT', body: details });
    fixture.cluster = { ...fixture.cluster, stoppedAtMs: undefined };
    fixture.nowMs = startMs;
    const { input } = await endedRental(organisationId, fixture, `${clusterId.slice(0, -1)}X`);
    await fixture.settle(true);
    const seller = buyer('DE');
    const issuing = { ...runtime, invoicing: { ...invoicing, seller } };
    const invoice = await issueInvoice(issuing, input);
    await call(path, { method: 'PUT', body: { ...details, name: 'Renamed' } });
    const shown = (await call(`/v1/invoices/${invoice.id}`)).body;
    const tax = 616_666n - (616_666n * 10_000n) / 11_900n;
    expect(shown).toMatchObject({
      number: '2026-000002',
      seller: { address: { country: 'DE' } },
      buyer: complete,
      subtotal: { amount: String(616_666n - tax) },
      taxes: [{ label: 'USt', basis_points: 1_900, amount: { amount: String(tax) } }],
      tax_note: null,
      total: { amount: '616666' },
    });
  });
});

describe('numbers', () => {
  const others = Array.from(
    { length: 20 },
    (_, at) => `${clusterId.slice(0, -2)}${String(at).padStart(2, '0')}`,
  );

  /** Rentals of as many clusters that have ended, none with an invoice yet. */
  const ended = async () => {
    const fixture = new Fixture();
    const inputs = [];
    await fixture.grant('grt_more', 100n * million, 'org_payer');
    for (const each of others) {
      fixture.cluster = { ...fixture.cluster, stoppedAtMs: undefined };
      fixture.nowMs = startMs;
      const { input } = await endedRental('org_payer', fixture, each);
      await fixture.settle(true);
      inputs.push(input);
    }
    return { fixture, inputs, issuing: { ...fixture.runtime, invoicing: noInvoicing } };
  };
  const numbers = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, at) => `2026-${String(from + at).padStart(6, '0')}`);

  it('have no gap and no double although all are issued at once, some of them twice', async () => {
    const { inputs, issuing } = await ended();
    const twice = [...inputs, ...inputs.slice(0, 5)];
    const invoices = await Promise.all(twice.map((input) => issueInvoice(issuing, input)));
    const byId = new Map(invoices.map(({ id, number }) => [id, number]));
    expect([...byId.values()].sort()).toEqual(numbers(1, 20));
  });

  it('have no gap wherever an issue dies, is repeated or loses its answer', async () => {
    const { fixture, inputs, issuing } = await ended();
    const faults = ['lost_request', 'lost_answer', 'conflict'] as const;
    let at = 0;
    for (const input of inputs) {
      let armed = true;
      fixture.runtime.database.faultOf = () => {
        if (!armed) return 'none';
        armed = false;
        return faults[at % 3] ?? 'none';
      };
      at += 1;
      await issueInvoice(issuing, input).catch(() => {});
      await issueInvoice(issuing, input);
    }
    const given = fixture.runtime.database
      .all('payments')
      .filter(({ sk }) => sk === 'INVOICE')
      .map((item) => item['number']);
    expect(given.sort()).toEqual(numbers(1, 20));
  });

  it('begin anew with the year (UTC) of the issue', async () => {
    const { inputs, issuing } = await ended();
    const [first, second, third] = inputs;
    if (!first || !second || !third) throw new Error('too few rentals');
    const newYear = Date.UTC(2027, 0, 1);
    const issue = async (input: typeof first, issuedAtMs: number) =>
      (await issueInvoice(issuing, { ...input, issuedAtMs })).number;
    expect(await issue(first, newYear - 1)).toBe('2026-000001');
    expect(await issue(second, newYear)).toBe('2027-000001');
    expect(await issue(third, newYear - 1)).toBe('2026-000002');
  });
});
