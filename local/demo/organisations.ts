/** The demo's organisations and their keys: the operator's, made with the bootstrap key, and tenants'. */

import { present } from '../../shared/core/assert.ts';
import { createdApiKeySchema, organisationSchema } from '../../shared/identity/schemas.ts';
import { grantSchema } from '../../shared/ledger/schemas.ts';
import { type ApiClient, apiClient } from './client.ts';

/** An organisation and a client that speaks with its owner's key. */
export interface Tenant {
  readonly organisationId: string;
  readonly key: string;
  readonly api: ApiClient;
}

/** Makes an organisation and a key of this role. */
export const makeTenant = async (
  apiUrl: string,
  operator: ApiClient,
  name: string,
  role: 'operator' | 'owner' = 'owner',
): Promise<Tenant> => {
  const organisation = await operator.post('/v1/organisations', { name }, organisationSchema);
  const made = await operator.post(
    '/v1/api-keys',
    { name: `${name}'s first key`, role, organisation_id: organisation.id },
    createdApiKeySchema,
  );
  const key = present(made.secret, 'a new key without its secret');
  return { organisationId: organisation.id, key, api: apiClient(apiUrl, key) };
};

/** The operator: the bootstrap key makes its organisation and everyday key, and is not used again. */
export const makeOperator = async (platform: {
  readonly apiUrl: string;
  bootstrapKey(): Promise<string>;
}): Promise<Tenant> => {
  const bootstrap = apiClient(platform.apiUrl, await platform.bootstrapKey());
  return makeTenant(platform.apiUrl, bootstrap, 'Operator', 'operator');
};

/** Gives credit, in micro-dollars. */
export const grantCredit = (operator: Tenant, organisationId: string, microUsd: bigint) =>
  operator.api.post(
    '/v1/ledger/grants',
    {
      organisation_id: organisationId,
      amount: { amount: microUsd.toString(), currency: 'usd' },
      reason: 'Credit to try the platform',
    },
    grantSchema,
  );
