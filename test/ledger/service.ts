/** The ledger function behind its real pipeline, with a tenant, a second one, and the operator. */
import { httpFunction } from '../../functions/kit/http.ts';
import { ledgerRoutes } from '../../functions/ledger/routes.ts';
import { writeStatement } from '../../functions/ledger/write-statement.stream.ts';
import { callHttp, type TestRequest } from '../support/http.ts';
import { makeKey, makeOrganisation } from '../support/identity.ts';
import { testRuntime } from '../support/runtime.ts';

/** A fresh service; nothing is shared between two. */
export const ledgerService = async () => {
  const runtime = testRuntime('ledger');
  const serve = httpFunction(runtime, ledgerRoutes, { keyMode: 'test' });
  const organisationId = await makeOrganisation(runtime, 'Acme');
  const otherId = await makeOrganisation(runtime, 'Other');
  const owner = await makeKey(runtime, organisationId, 'owner');
  const member = await makeKey(runtime, organisationId, 'member');
  const other = await makeKey(runtime, otherId, 'owner');
  const operator = await makeKey(runtime, await makeOrganisation(runtime, 'Operator'), 'operator');
  const call = (method: string, path: string, request: Partial<TestRequest> = {}) =>
    callHttp(serve, { method, path, key: owner, ...request });

  let grants = 0;
  /** The operator gives so many micro-dollars. */
  const grant = (amount: string, organisation_id: string = organisationId) => {
    grants += 1;
    return call('POST', '/v1/ledger/grants', {
      key: operator,
      headers: { 'idempotency-key': `grant-number-${grants}` },
      body: { organisation_id, amount: { amount, currency: 'usd' }, reason: 'welcome' },
    });
  };
  /** Delivers every transfer to the stream's consumer, as the table's stream does. */
  const deliver = async () => {
    for (const after of runtime.database.all('ledger')) {
      await writeStatement(runtime, { kind: 'INSERT', after });
    }
  };
  return { runtime, call, grant, deliver, organisationId, otherId, owner, member, other, operator };
};
