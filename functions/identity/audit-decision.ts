/** The audit event of an operator's decision about others, in the operator's own organisation, with its reason. */
import type { Write } from '../../shared/core/database.ts';
import type { AuditEvent } from '../../shared/identity/audit-event.ts';
import { putAuditEvent } from '../../shared/identity/audit-store.ts';
import type { Call } from '../kit/route.ts';

export const auditDecision = (
  call: Call<'key', unknown, unknown, unknown>,
  decision: Pick<AuditEvent, 'action' | 'target'> & { readonly reason: string },
): Write =>
  putAuditEvent({
    ...decision,
    id: call.newId('adt'),
    organisationId: call.caller.organisationId,
    actor: call.caller.keyId,
    requestId: call.requestId,
    atMs: call.nowMs,
  });
