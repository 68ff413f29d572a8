/** The identity function behind its real pipeline, with a tenant, a second one, and the operator. */
import { bootstrapKeyCheck } from '../../functions/identity/bootstrap-key.ts';
import { loginRoutes } from '../../functions/identity/login-routes.ts';
import { identityRoutes } from '../../functions/identity/routes.ts';
import { walletRoutes } from '../../functions/identity/wallet-routes.ts';
import { httpFunction } from '../../functions/kit/http.ts';
import type { SignUpMode } from '../../shared/identity/sign-up.ts';
import { callHttp, type TestRequest } from '../support/http.ts';
import { makeKey, makeOrganisation } from '../support/identity.ts';
import { testRuntime } from '../support/runtime.ts';
import { testSite } from '../support/wallet.ts';

const bootstrapKey = 'rm_boot_the-operator-made-this-at-deploy';

/** A fresh service; nothing is shared between two. */
export const identityService = async (signUp: SignUpMode = 'open') => {
  const runtime = testRuntime('identity');
  const secrets = { read: async () => bootstrapKey.slice('rm_boot_'.length) };
  const needs = { ...runtime, keyMode: 'test' as const, site: testSite, signUp };
  const serve = httpFunction(needs, [...identityRoutes, ...loginRoutes, ...walletRoutes], {
    keyMode: 'test',
    isBootstrapKey: bootstrapKeyCheck(secrets, 'arn'),
  });
  const organisationId = await makeOrganisation(runtime, 'Acme');
  const otherId = await makeOrganisation(runtime, 'Other');
  const owner = await makeKey(runtime, organisationId, 'owner');
  const operator = await makeKey(runtime, await makeOrganisation(runtime, 'Operator'), 'operator');
  const call = (method: string, path: string, request: Partial<TestRequest> = {}) =>
    callHttp(serve, { method, path, key: owner, ...request });
  return { runtime, call, organisationId, otherId, owner, operator, bootstrap: bootstrapKey };
};

/** Every item of the service's tables as one text. */
export const everythingStored = (runtime: ReturnType<typeof testRuntime>): string =>
  JSON.stringify([...runtime.database.snapshot()], (_, value) =>
    typeof value === 'bigint' ? value.toString() : value,
  );
