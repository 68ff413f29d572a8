/** Who owes: listed from the first lost dispute on, with what is owed now. */
import { postDisputeOpened } from '../../functions/ledger/post-card-reversal.ts';
import { ledgerService } from './service.ts';

const setup = async () => {
  const service = await ledgerService();
  const dispute = (organisation: string, disputeId: string, units: bigint) =>
    postDisputeOpened(service.runtime, {
      organisation,
      disputeId,
      paymentId: `pi_${disputeId}`,
      units,
    });
  const list = (query: Readonly<Record<string, string>> = {}) =>
    service.call('GET', '/v1/ledger/debts', { key: service.operator, query });
  return { ...service, dispute, list };
};

const owed = (organisation_id: string, amount: string) => ({
  object: 'debt',
  organisation_id,
  owed: { amount, currency: 'usd' },
});

describe('GET /v1/ledger/debts', () => {
  it('200: lists nobody while nobody owes', async () => {
    const { list, grant, dispute, organisationId } = await setup();
    await grant('5000000');
    await dispute(organisationId, 'dp_1', 5_000_000n);
    expect((await list()).body).toMatchObject({ data: [], has_more: false });
  });

  it('200: lists what is owed now, page by page, and nobody who has paid', async () => {
    const { list, grant, dispute, organisationId, otherId } = await setup();
    await dispute(organisationId, 'dp_1', 5_000_000n);
    await dispute(otherId, 'dp_2', 3_000_000n);
    await dispute(otherId, 'dp_3', 1n);
    const debts = [owed(organisationId, '5000000'), owed(otherId, '3000001')];
    expect((await list()).body.data).toEqual(debts);
    const first = await list({ limit: '1' });
    expect(first.body).toMatchObject({ data: debts.slice(0, 1), has_more: true });
    const second = await list({ limit: '1', cursor: first.body.next_cursor });
    expect(second.body.data).toEqual(debts.slice(1));
    await grant('2000000');
    await grant('9000000', otherId);
    expect((await list()).body.data).toEqual([owed(organisationId, '3000000')]);
    await dispute(otherId, 'dp_4', 7_000_000n);
    expect((await list()).body.data).toEqual([
      owed(organisationId, '3000000'),
      owed(otherId, '1000001'),
    ]);
  });

  it('403: is for the operator', async () => {
    const { call } = await setup();
    expect((await call('GET', '/v1/ledger/debts')).status).toBe(403);
  });
});
