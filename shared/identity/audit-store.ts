/** Audit events in the identity table: who did what, written in the transaction that did it. */
import * as z from 'zod';
import type { Database, Item, Write } from '../core/database.ts';
import { storedId, wholeNumber } from '../core/field.ts';
import type { Id } from '../core/ids.ts';
import { type AuditEvent, auditActions } from './audit-event.ts';
import { auditEventKey, auditPrefix } from './keys.ts';

const stored = z.object({
  id: storedId<Id<'adt'>>(),
  organisation_id: storedId<Id<'org'>>(),
  action: z.enum(auditActions),
  actor: z.string(),
  target: z.string(),
  reason: z.string().optional(),
  request_id: z.string(),
  at_ms: wholeNumber,
});

const parse = (item: Item): AuditEvent => {
  const row = stored.parse(item);
  return {
    id: row.id,
    organisationId: row.organisation_id,
    action: row.action,
    actor: row.actor,
    target: row.target,
    ...(row.reason === undefined ? {} : { reason: row.reason }),
    requestId: row.request_id,
    atMs: row.at_ms,
  };
};

/** Records the event; its id must be new. */
export const putAuditEvent = (event: AuditEvent): Write => ({
  kind: 'put',
  table: 'identity',
  key: auditEventKey(event.organisationId, event.id),
  attributes: {
    id: event.id,
    organisation_id: event.organisationId,
    action: event.action,
    actor: event.actor,
    target: event.target,
    reason: event.reason,
    request_id: event.requestId,
    at_ms: event.atMs,
  },
  condition: { exists: false },
});

/** Audit events of an organisation, newest first. */
export const listAuditEvents = async (
  database: Database,
  organisationId: string,
  page: { readonly limit: number; readonly cursor?: string | undefined },
) => {
  const found = await database.query('identity', {
    pk: `ORG#${organisationId}`,
    skPrefix: auditPrefix,
    descending: true,
    ...page,
  });
  return { events: found.items.map(parse), next: found.next };
};
