/** The operator's endpoints of freezes: who is frozen and why, and the lift. */
import { callHttp } from '../../support/http.ts';
import { dollar, rented, rightBefore } from './rented-by-card.ts';

const usd = (amount: bigint) => ({ amount: String(amount), currency: 'usd' });

describe('the operator', () => {
  it('lists whose cards are frozen, and lifts what was looked at, with an audit event', async () => {
    const { platform, service, create, dispute, ask, lift, frozen, ...all } = await rented();
    expect((await frozen()).body.code).toBe('card_freeze.not_found');
    expect((await lift(['dp_1'])).body.code).toBe('card_freeze.not_found');
    const id = await dispute();
    await service.settle();
    const list = () => ask({ method: 'GET', path: '/v1/card-freezes' });
    const shown = {
      object: 'card_freeze',
      organisation_id: all.organisationId,
      status: 'frozen',
      reason: 'dispute',
      case_ids: [id],
      frozen_at: new Date(platform.clock.ms).toISOString(),
      lift: null,
    };
    expect((await list()).body).toMatchObject({ data: [shown], has_more: false });
    expect((await frozen()).body).toEqual(shown);
    const others = await lift(['dp_of_somebody_else']);
    expect(others).toMatchObject({
      status: 409,
      body: { code: 'card_freeze.other_cases', unseen_case_ids: [id] },
    });
    const lifted = await lift([id]);
    expect(lifted).toMatchObject({
      status: 200,
      body: { ...shown, status: 'lifted', lift: { reason: 'the bank confirmed the payer' } },
    });
    // Once more is the same answer, and no second event.
    expect((await lift([id])).body).toEqual(lifted.body);
    expect((await list()).body.data).toEqual([]);
    expect((await frozen()).body).toEqual(lifted.body);
    const events = platform.database
      .all('identity')
      .filter((item) => item['action'] === 'card_freeze.lifted');
    expect(events).toMatchObject([
      {
        organisation_id: all.operatorsId,
        target: all.organisationId,
        reason: 'the bank confirmed the payer',
      },
    ]);
    // What is heard of the same dispute again freezes nothing; a grant pays the debt, and it orders.
    await service.control.closeDispute({ id, won: false });
    await service.settle();
    await platform.grant(all.organisationId, 10n * dollar);
    expect((await create()).status).toBe(201);
    await platform.task('watch-budgets');
    expect(all.watched()).toEqual([]);
  });

  it('does not lift what came after the look', async () => {
    const all = await rented();
    const { service, warn, dispute, lift, frozen, paymentIntent } = all;
    await warn();
    const id = await dispute();
    const happened = rightBefore(
      all,
      (writes) => writes.some(({ table }) => table === 'identity'),
      () => service.settle(),
    );
    expect((await lift([paymentIntent])).body).toMatchObject({
      code: 'card_freeze.other_cases',
      unseen_case_ids: [id],
    });
    expect(happened()).toBe(true);
    expect((await frozen()).body.status).toBe('frozen');
  });

  it('lifts once when the process dies after it, and answers what was committed', async () => {
    const { platform, service, dispute, ask, organisationId } = await rented();
    const id = await dispute();
    await service.settle();
    const request = {
      method: 'POST',
      path: `/v1/card-freezes/${organisationId}/lift`,
      headers: { 'idempotency-key': 'lift-it-once' },
      body: { case_ids: [id], reason: 'looked at' },
    };
    platform.database.faultOf = ([write]) =>
      write?.kind === 'update' && write.key.sk === 'IDEMPOTENCY' ? 'lost_request' : 'none';
    expect((await ask(request)).status).toBe(500);
    platform.database.faultOf = () => 'none';
    platform.clock.ms += 30_000;
    expect(await ask(request)).toMatchObject({ status: 200, body: { status: 'lifted' } });
  });

  it('leaves budgets as they are', async () => {
    const { platform, service, key, dispute, lift } = await rented();
    const budgets = (method: string) =>
      callHttp(platform.http.payments, {
        ...{ method, path: '/v1/budgets', key },
        ...(method === 'POST'
          ? {
              headers: { 'idempotency-key': 'one-budget' },
              body: { monthly_limit: usd(9n * dollar) },
            }
          : {}),
      });
    const { body } = await budgets('POST');
    const id = await dispute();
    await service.settle();
    expect((await budgets('GET')).body.data).toEqual([body]);
    await lift([id]);
    expect((await budgets('GET')).body.data).toEqual([body]);
  });

  it('is nobody else: 403 for the owner', async () => {
    const { ask, key, organisationId } = await rented();
    for (const path of ['/v1/card-freezes', `/v1/card-freezes/${organisationId}`]) {
      const refused = await ask({ method: 'GET', path, key });
      expect(refused.body).toMatchObject({
        code: 'identity.forbidden',
        required_scope: 'card_freezes:write',
      });
    }
  });
});
