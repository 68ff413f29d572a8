/** The identity endpoints: organisations, API keys, audit events, and the platform's pulse. */
import * as z from 'zod';
import { idSchema } from '../../shared/core/ids.ts';
import { emptySchema, isoSchema, listOf, pageQuery } from '../../shared/core/wire.ts';
import type { KeyMode } from '../../shared/identity/api-key.ts';
import {
  apiKeySchema,
  auditEventSchema,
  createApiKeySchema,
  createdApiKeySchema,
  createOrganisationSchema,
  organisationSchema,
} from '../../shared/identity/schemas.ts';
import { type Route, route } from '../kit/route.ts';
import type { Runtime } from '../kit/runtime.ts';
import { createApiKey } from './create-api-key.ts';
import { createOrganisation } from './create-organisation.ts';
import { getHealth } from './get-health.ts';
import { getOpenapi } from './get-openapi.ts';
import { getOrganisation } from './get-organisation.ts';
import { listApiKeys } from './list-api-keys.ts';
import { listAuditEvents } from './list-audit-events.ts';
import { listOrganisations } from './list-organisations.ts';
import { revokeApiKey } from './revoke-api-key.ts';

/** What the identity function needs beyond every function's runtime. */
export type IdentityRuntime = Runtime & { readonly keyMode: KeyMode };

export const identityRoutes: readonly Route<IdentityRuntime>[] = [
  route({
    name: 'getHealth',
    method: 'GET',
    path: '/v1/health',
    summary: 'Tells that the platform answers, and its time.',
    authentication: 'public',
    scope: null,
    params: emptySchema,
    query: emptySchema,
    body: emptySchema,
    answer: z.strictObject({ object: z.literal('health'), server_time: isoSchema }),
    status: 200,
    errors: [],
    handle: getHealth,
  }),
  route({
    name: 'getOpenapi',
    method: 'GET',
    path: '/v1/openapi.json',
    summary: 'The API document: every endpoint, what it takes, answers and refuses.',
    authentication: 'public',
    scope: null,
    params: emptySchema,
    query: emptySchema,
    body: emptySchema,
    answer: z.looseObject({}),
    status: 200,
    errors: [],
    handle: getOpenapi,
  }),
  route({
    name: 'createOrganisation',
    method: 'POST',
    path: '/v1/organisations',
    summary: 'Makes an organisation. For the operator.',
    authentication: 'key_or_bootstrap',
    scope: 'organisations:write',
    params: emptySchema,
    query: emptySchema,
    body: createOrganisationSchema,
    answer: organisationSchema,
    status: 201,
    errors: [],
    handle: createOrganisation,
  }),
  route({
    name: 'listOrganisations',
    method: 'GET',
    path: '/v1/organisations',
    summary: 'Lists all organisations, newest first. For the operator.',
    authentication: 'key_or_bootstrap',
    scope: 'organisations:write',
    params: emptySchema,
    query: z.strictObject(pageQuery),
    body: emptySchema,
    answer: listOf(organisationSchema),
    status: 200,
    errors: [],
    handle: listOrganisations,
  }),
  route({
    name: 'getOrganisation',
    method: 'GET',
    path: '/v1/organisations/{organisation_id}',
    summary: "Shows one's own organisation.",
    authentication: 'key_or_bootstrap',
    scope: 'organisations:read',
    params: z.strictObject({ organisation_id: idSchema('org') }),
    query: emptySchema,
    body: emptySchema,
    answer: organisationSchema,
    status: 200,
    errors: ['identity.not_found'],
    handle: getOrganisation,
  }),
  route({
    name: 'createApiKey',
    method: 'POST',
    path: '/v1/api-keys',
    summary: 'Makes an API key; its secret is shown in this answer alone.',
    authentication: 'key_or_bootstrap',
    scope: 'api_keys:write',
    params: emptySchema,
    query: emptySchema,
    body: createApiKeySchema,
    answer: createdApiKeySchema,
    status: 201,
    secrets: ['secret'],
    errors: ['identity.not_found', 'identity.scope_not_grantable'],
    handle: createApiKey,
  }),
  route({
    name: 'listApiKeys',
    method: 'GET',
    path: '/v1/api-keys',
    summary: "Lists the organisation's API keys, newest first, without their secrets.",
    authentication: 'key',
    scope: 'api_keys:read',
    params: emptySchema,
    query: z.strictObject(pageQuery),
    body: emptySchema,
    answer: listOf(apiKeySchema),
    status: 200,
    errors: [],
    handle: listApiKeys,
  }),
  route({
    name: 'revokeApiKey',
    method: 'POST',
    path: '/v1/api-keys/{key_id}/revoke',
    summary: 'Ends an API key at once.',
    authentication: 'key',
    scope: 'api_keys:write',
    params: z.strictObject({ key_id: idSchema('key') }),
    query: emptySchema,
    body: emptySchema,
    answer: apiKeySchema,
    status: 200,
    errors: ['identity.not_found'],
    handle: revokeApiKey,
  }),
  route({
    name: 'listAuditEvents',
    method: 'GET',
    path: '/v1/audit-events',
    summary: 'Lists who did what in the organisation, newest first.',
    authentication: 'key',
    scope: 'audit_events:read',
    params: emptySchema,
    query: z.strictObject(pageQuery),
    body: emptySchema,
    answer: listOf(auditEventSchema),
    status: 200,
    errors: [],
    handle: listAuditEvents,
  }),
];
