/** GET /v1/audit-events: who did what in the organisation, newest first. */
import { toList } from '../../shared/core/wire.ts';
import { listAuditEvents as listEvents } from '../../shared/identity/audit-store.ts';
import { auditEventToJson } from '../../shared/identity/schemas.ts';
import type { Call, PageQuery } from '../kit/route.ts';
import type { Runtime } from '../kit/runtime.ts';

export const listAuditEvents = async (
  needs: Pick<Runtime, 'database'>,
  call: Call<'key', unknown, PageQuery, unknown>,
) => {
  const page = await listEvents(needs.database, call.caller.organisationId, call.query);
  return toList(page.events.map(auditEventToJson), page.next);
};
