/** What crosses the boundary of the identity endpoints. */
import * as z from 'zod';
import { idSchema } from '../core/ids.ts';
import { isoOf, isoOrNull } from '../core/time.ts';
import { isoSchema, nameSchema } from '../core/wire.ts';
import type { ApiKey } from './api-key.ts';
import { type AuditEvent, auditActions } from './audit-event.ts';
import type { Organisation } from './organisation.ts';
import { roles, scopes } from './permissions.ts';

export const organisationSchema = z
  .strictObject({
    id: idSchema('org'),
    object: z.literal('organisation'),
    name: z.string(),
    created_at: isoSchema,
  })
  .meta({ id: 'Organisation' });

export const createOrganisationSchema = z.strictObject({ name: nameSchema });

export const apiKeySchema = z
  .strictObject({
    id: idSchema('key'),
    object: z.literal('api_key'),
    organisation_id: idSchema('org'),
    name: z.string(),
    role: z.enum(roles),
    scopes: z.array(z.enum(scopes)),
    last_four: z.string(),
    created_at: isoSchema,
    expires_at: isoSchema.nullable(),
    revoked_at: isoSchema.nullable(),
    /** Exact to the hour. */
    last_used_at: isoSchema.nullable(),
  })
  .meta({ id: 'ApiKey' });

export const createdApiKeySchema = apiKeySchema
  .extend({
    /** The key itself, shown in this answer alone; null when the answer is a replay. */
    secret: z.string().nullable(),
  })
  .meta({ id: 'CreatedApiKey' });

export const createApiKeySchema = z.strictObject({
  name: nameSchema,
  role: z.enum(roles),
  /** Narrows the role; all of its scopes when absent. */
  scopes: z.array(z.enum(scopes)).min(1).max(scopes.length).optional(),
  expires_at: isoSchema.optional(),
  /** The operator alone may name an organisation other than its own. */
  organisation_id: idSchema('org').optional(),
});

export const auditEventSchema = z
  .strictObject({
    id: idSchema('adt'),
    object: z.literal('audit_event'),
    action: z.enum(auditActions),
    actor: z.string(),
    target: z.string(),
    /** Of the operator's decisions; null of what needs none. */
    reason: z.string().nullable(),
    request_id: z.string(),
    at: isoSchema,
  })
  .meta({ id: 'AuditEvent' });

export const organisationToJson = (organisation: Organisation) => ({
  id: organisation.id,
  object: 'organisation' as const,
  name: organisation.name,
  created_at: isoOf(organisation.createdAtMs),
});

export const apiKeyToJson = (key: ApiKey) => ({
  id: key.id,
  object: 'api_key' as const,
  organisation_id: key.organisationId,
  name: key.name,
  role: key.role,
  scopes: [...key.scopes],
  last_four: key.lastFour,
  created_at: isoOf(key.createdAtMs),
  expires_at: isoOrNull(key.expiresAtMs),
  revoked_at: isoOrNull(key.revokedAtMs),
  last_used_at: isoOrNull(key.lastUsedAtMs),
});

export const auditEventToJson = (event: AuditEvent) => ({
  id: event.id,
  object: 'audit_event' as const,
  action: event.action,
  actor: event.actor,
  target: event.target,
  reason: event.reason ?? null,
  request_id: event.requestId,
  at: isoOf(event.atMs),
});
