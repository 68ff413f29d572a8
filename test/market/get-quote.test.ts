/** GET /v1/quotes/{quote_id}, through the whole pipeline. */
import { commit } from '../../functions/kit/transaction.ts';
import { requireQuote, spendQuote } from '../../shared/market/quote-store.ts';
import { makeKey, makeOrganisation } from '../support/identity.ts';
import { aDevice, marketSetup } from './builders.ts';

const get = (quoteId: string) => ({ method: 'GET', path: `/v1/quotes/${quoteId}` });

/** A market with one open quote. */
const quotedSetup = async () => {
  const setup = await marketSetup();
  await setup.addDevices([aDevice(1)]);
  const body = { items: [{ model: 'RTX 4090', count: 1 }], head: 'shared', hours: 1 };
  const quote = (await setup.call({ method: 'POST', path: '/v1/quotes', body })).body;
  return { ...setup, quote };
};

describe('GET /v1/quotes/{quote_id}', () => {
  it('200: answers what creating it answered', async () => {
    const { call, quote } = await quotedSetup();
    const { status, body } = await call(get(quote.id));
    expect(status).toBe(200);
    expect(body).toEqual(quote);
  });

  it('200: tells when it has expired', async () => {
    const { call, quote, runtime } = await quotedSetup();
    runtime.clock.ms += 15 * 60_000 - 1;
    expect((await call(get(quote.id))).body.status).toBe('open');
    runtime.clock.ms += 1;
    expect((await call(get(quote.id))).body.status).toBe('expired');
  });

  it('200: names the cluster that spent it', async () => {
    const { call, quote, runtime, organisationId } = await quotedSetup();
    const stored = await requireQuote(runtime.database, organisationId, quote.id);
    const clusterId = 'clu_00000000000000000000000001';
    await commit(runtime, [spendQuote(stored, clusterId, runtime.clock.nowMs())]);
    const { body } = await call(get(quote.id));
    expect(body).toMatchObject({ status: 'spent', cluster_id: clusterId });
  });

  it('400: refuses what is no id of a quote', async () => {
    const { call } = await quotedSetup();
    const { status, body } = await call(get('quo_1'));
    expect([status, body.code]).toEqual([400, 'request.malformed']);
  });

  it('401: refuses a request without a key', async () => {
    const { callWithoutKey, quote } = await quotedSetup();
    expect((await callWithoutKey(get(quote.id))).status).toBe(401);
  });

  it('403: refuses a key without quotes:write', async () => {
    const { call, quote, runtime, organisationId } = await quotedSetup();
    const key = await makeKey(runtime, organisationId, 'billing');
    expect((await call({ ...get(quote.id), key })).status).toBe(403);
  });

  it("404: answers for a stranger's quote as for one that does not exist", async () => {
    const { call, quote, runtime } = await quotedSetup();
    const key = await makeKey(runtime, await makeOrganisation(runtime, 'Stranger'));
    const answers = [];
    for (const quoteId of [quote.id, 'quo_00000000000000000000000009']) {
      const answer = await call({ ...get(quoteId), key });
      expect([answer.status, answer.body.code]).toEqual([404, 'market.quote_not_found']);
      const { request_id: _, ...body } = answer.body;
      answers.push(JSON.stringify(body).replaceAll(quoteId, ''));
    }
    expect(answers[0]).toBe(answers[1]);
  });
});
