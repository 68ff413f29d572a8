/**
 * An organisation that rents with credit bought by card, for the tests of what a dispute or a warning of
 * fraud does to it: real functions of every noun, Stripe's real client, and a stand-in of Stripe behind it.
 */
import type { Write } from '../../../shared/core/database.ts';
import { setup } from '../../clusters/fixture.ts';
import { callHttp, type TestRequest } from '../../support/http.ts';
import { cardService } from './card-service.ts';

export const dollar = 1_000_000n;

/** A customer with twenty dollars of credit by card, on a platform with devices, and its operator. */
export const rented = async ({ credit = 20n * dollar } = {}) => {
  const platform = await setup({ credit: 0n });
  const service = await cardService({ runtime: platform.runtime });
  const { owner: key, organisationId } = service;
  const topUpId = await service.topUp(credit);
  await service.settle();
  const paymentIntent = await service.paymentOf(topUpId);
  const operatorsId = await platform.newOrganisation(platform.runtime, 'Operator');
  const operator = await platform.newKey(platform.runtime, operatorsId, 'operator');
  const create = async (more: object = {}) => {
    const quoteId = await platform.quote(1, { key });
    return platform.create(quoteId, { key, body: { quote_id: quoteId, ...more } });
  };
  /** A cluster that runs. */
  const running = async (): Promise<string> => {
    const { body } = await create();
    await platform.provision(body.id);
    return body.id;
  };
  const dispute = async () => {
    const { id } = await service.control.openDispute({ paymentIntent });
    return id;
  };
  const warn = async () => {
    await service.control.warnOfFraud({ paymentIntent });
    await service.settle();
  };
  const freezes = '/v1/card-freezes';
  const ask = (request: TestRequest) =>
    callHttp(platform.http.payments, { key: operator, ...request });
  const lift = (caseIds: readonly string[]) =>
    ask({
      method: 'POST',
      path: `${freezes}/${organisationId}/lift`,
      body: { case_ids: caseIds, reason: 'the bank confirmed the payer' },
    });
  const frozen = () => ask({ method: 'GET', path: `${freezes}/${organisationId}` });
  const show = async (id: string, part = '') =>
    (await platform.call({ method: 'GET', path: `/v1/clusters/${id}${part}`, key })).body;
  const pay = (id: string) =>
    platform.call({ method: 'POST', path: `/v1/clusters/${id}/pay`, key, body: {} });
  const watched = () =>
    platform.database.all('payments').filter(({ pk }) => pk.startsWith('WATCH#'));
  return {
    ...{ platform, service, key, organisationId, operator, operatorsId, paymentIntent },
    ...{ create, running, dispute, warn, ask, lift, frozen, show, pay, watched },
  };
};

/** Runs `work` once, right before the first transaction of that kind is committed. */
export const rightBefore = (
  { platform }: Awaited<ReturnType<typeof rented>>,
  kind: (writes: readonly Write[]) => boolean,
  work: () => Promise<unknown>,
) => {
  const transact = platform.database.transact.bind(platform.database);
  let armed = true;
  platform.database.transact = async (writes, token) => {
    if (armed && kind(writes)) {
      armed = false;
      await work();
    }
    return transact(writes, token);
  };
  return () => !armed;
};
