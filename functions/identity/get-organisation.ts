/** GET /v1/organisations/{organisation_id}: one's own; the operator sees every one. */
import { AppError } from '../../shared/core/errors.ts';
import { requireOrganisation } from '../../shared/identity/organisation-store.ts';
import { organisationToJson } from '../../shared/identity/schemas.ts';
import type { Call } from '../kit/route.ts';
import type { Runtime } from '../kit/runtime.ts';
import { isOperator } from './operator.ts';

export const getOrganisation = async (
  needs: Pick<Runtime, 'database'>,
  call: Call<'key_or_bootstrap', { readonly organisation_id: string }, unknown, unknown>,
) => {
  const own =
    call.caller.kind === 'key' && call.caller.organisationId === call.params.organisation_id;
  if (!own && !isOperator(call.caller)) throw new AppError('identity.not_found');
  return organisationToJson(await requireOrganisation(needs.database, call.params.organisation_id));
};
