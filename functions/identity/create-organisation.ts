/** POST /v1/organisations: the operator makes a tenant. */

import type * as z from 'zod';
import { WriteRefused } from '../../shared/core/database.ts';
import { putAuditEvent } from '../../shared/identity/audit-store.ts';
import type { Organisation } from '../../shared/identity/organisation.ts';
import { putOrganisation, requireOrganisation } from '../../shared/identity/organisation-store.ts';
import { actorOf } from '../../shared/identity/principal.ts';
import {
  type createOrganisationSchema,
  organisationToJson,
} from '../../shared/identity/schemas.ts';
import type { Call } from '../kit/route.ts';
import { type CommitRuntime, commit } from '../kit/transaction.ts';

type Body = z.output<typeof createOrganisationSchema>;

export const createOrganisation = async (
  needs: CommitRuntime,
  call: Call<'key_or_bootstrap', unknown, unknown, Body>,
) => {
  const organisation: Organisation = {
    id: call.newId('org'),
    name: call.body.name,
    createdAtMs: call.nowMs,
  };
  const audit = putAuditEvent({
    id: call.newId('adt'),
    organisationId: organisation.id,
    action: 'organisation.created',
    actor: actorOf(call.caller),
    target: organisation.id,
    requestId: call.requestId,
    atMs: call.nowMs,
  });
  try {
    await commit(needs, [putOrganisation(organisation), audit]);
    return organisationToJson(organisation);
  } catch (error) {
    if (!(error instanceof WriteRefused)) throw error;
    // The same attempt was committed before its answer was stored.
    return organisationToJson(await requireOrganisation(needs.database, organisation.id));
  }
};
