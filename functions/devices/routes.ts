/** The devices endpoints: supplier, sites, join tokens, devices. */
import * as z from 'zod';
import { idSchema } from '../../shared/core/ids.ts';
import { emptySchema, listOf, pageQuery } from '../../shared/core/wire.ts';
import { registerAnswerSchema, registerRequestSchema } from '../../shared/devices/agent-schemas.ts';
import {
  changeSupplierSchema,
  createdJoinTokenSchema,
  createJoinTokenSchema,
  createSiteSchema,
  deviceEventSchema,
  deviceSchema,
  joinTokenSchema,
  readinessSchema,
  renameDeviceSchema,
  siteSchema,
  supplierSchema,
} from '../../shared/devices/schemas.ts';
import { type Route, route } from '../kit/route.ts';
import type { Runtime } from '../kit/runtime.ts';
import { changeOwnSupplier } from './change-supplier.ts';
import { createJoinToken } from './create-join-token.ts';
import { createSite } from './create-site.ts';
import { getOwnDevice } from './get-device.ts';
import { getReadiness } from './get-readiness.ts';
import { getOwnSite } from './get-site.ts';
import { getOwnSupplier } from './get-supplier.ts';
import { listOwnDeviceEvents } from './list-device-events.ts';
import { listDevices } from './list-devices.ts';
import { listOwnJoinTokens } from './list-join-tokens.ts';
import { listOwnSites } from './list-sites.ts';
import { pauseDevice } from './pause-device.ts';
import { registerDevice } from './register-device.ts';
import { renameDevice } from './rename-device.ts';
import { resumeDevice } from './resume-device.ts';
import { revokeOwnJoinToken } from './revoke-join-token.ts';
import { terminateDevice } from './terminate-device.ts';

/** What the devices endpoints need beyond every function's runtime. */
export type DevicesRuntime = Runtime & {
  /** wss:// address that agents dial. */
  readonly socketUrl: string;
};

const page = z.strictObject(pageQuery);
const deviceParams = z.strictObject({ device_id: idSchema('dev') });

const supplierRoutes: readonly Route<DevicesRuntime>[] = [
  route({
    name: 'getSupplier',
    method: 'GET',
    path: '/v1/supplier',
    summary: "Shows the organisation's supplier profile.",
    authentication: 'key',
    scope: 'devices:read',
    params: emptySchema,
    query: emptySchema,
    body: emptySchema,
    answer: supplierSchema,
    status: 200,
    errors: [],
    handle: getOwnSupplier,
  }),
  route({
    name: 'changeSupplier',
    method: 'PATCH',
    path: '/v1/supplier',
    summary: 'Changes parts of the supplier profile; null clears one.',
    authentication: 'key',
    scope: 'devices:write',
    params: emptySchema,
    query: emptySchema,
    body: changeSupplierSchema,
    answer: supplierSchema,
    status: 200,
    errors: [],
    handle: changeOwnSupplier,
  }),
  route({
    name: 'createSite',
    method: 'POST',
    path: '/v1/sites',
    summary: 'Declares a private network that devices stand in.',
    authentication: 'key',
    scope: 'devices:write',
    params: emptySchema,
    query: emptySchema,
    body: createSiteSchema,
    answer: siteSchema,
    status: 201,
    errors: [],
    handle: createSite,
  }),
  route({
    name: 'listSites',
    method: 'GET',
    path: '/v1/sites',
    summary: "Lists the organisation's sites, newest first.",
    authentication: 'key',
    scope: 'devices:read',
    params: emptySchema,
    query: page,
    body: emptySchema,
    answer: listOf(siteSchema),
    status: 200,
    errors: [],
    handle: listOwnSites,
  }),
  route({
    name: 'getSite',
    method: 'GET',
    path: '/v1/sites/{site_id}',
    summary: 'Shows one site.',
    authentication: 'key',
    scope: 'devices:read',
    params: z.strictObject({ site_id: idSchema('site') }),
    query: emptySchema,
    body: emptySchema,
    answer: siteSchema,
    status: 200,
    errors: ['site.not_found'],
    handle: getOwnSite,
  }),
];

const joinTokenRoutes: readonly Route<DevicesRuntime>[] = [
  route({
    name: 'createJoinToken',
    method: 'POST',
    path: '/v1/join-tokens',
    summary: 'Makes a token that lets machines into a site; it is shown in this answer alone.',
    authentication: 'key',
    scope: 'devices:write',
    params: emptySchema,
    query: emptySchema,
    body: createJoinTokenSchema,
    answer: createdJoinTokenSchema,
    status: 201,
    secrets: ['token'],
    errors: ['site.not_found'],
    handle: createJoinToken,
  }),
  route({
    name: 'listJoinTokens',
    method: 'GET',
    path: '/v1/join-tokens',
    summary: "Lists the organisation's join tokens, newest first, without their secrets.",
    authentication: 'key',
    scope: 'devices:read',
    params: emptySchema,
    query: page,
    body: emptySchema,
    answer: listOf(joinTokenSchema),
    status: 200,
    errors: [],
    handle: listOwnJoinTokens,
  }),
  route({
    name: 'revokeJoinToken',
    method: 'POST',
    path: '/v1/join-tokens/{join_token_id}/revoke',
    summary: 'Ends a join token at once.',
    authentication: 'key',
    scope: 'devices:write',
    params: z.strictObject({ join_token_id: idSchema('jtk') }),
    query: emptySchema,
    body: emptySchema,
    answer: joinTokenSchema,
    status: 200,
    errors: ['join_token.not_found'],
    handle: revokeOwnJoinToken,
  }),
];

const deviceRoutes: readonly Route<DevicesRuntime>[] = [
  route({
    name: 'registerDevice',
    method: 'POST',
    path: '/v1/devices',
    summary: 'Lets a machine join a site; signed by the key that it made. Agents call this.',
    authentication: 'new_device',
    scope: null,
    params: emptySchema,
    query: emptySchema,
    body: registerRequestSchema,
    answer: registerAnswerSchema,
    status: 201,
    errors: [
      'device.signature_invalid',
      'device.clock_skew',
      'device.nonce_replayed',
      'device.key_retired',
      'device.blocked',
      'join_token.unknown',
      'join_token.expired',
      'join_token.used_up',
      'join_token.revoked',
    ],
    handle: registerDevice,
  }),
  route({
    name: 'listDevices',
    method: 'GET',
    path: '/v1/devices',
    summary: "Lists the organisation's devices, newest first.",
    authentication: 'key',
    scope: 'devices:read',
    params: emptySchema,
    query: page,
    body: emptySchema,
    answer: listOf(deviceSchema),
    status: 200,
    errors: [],
    handle: listDevices,
  }),
  route({
    name: 'getDevice',
    method: 'GET',
    path: '/v1/devices/{device_id}',
    summary: 'Shows one device.',
    authentication: 'key',
    scope: 'devices:read',
    params: deviceParams,
    query: emptySchema,
    body: emptySchema,
    answer: deviceSchema,
    status: 200,
    errors: ['device.not_found'],
    handle: getOwnDevice,
  }),
  route({
    name: 'renameDevice',
    method: 'PATCH',
    path: '/v1/devices/{device_id}',
    summary: 'Gives a device another name.',
    authentication: 'key',
    scope: 'devices:write',
    params: deviceParams,
    query: emptySchema,
    body: renameDeviceSchema,
    answer: deviceSchema,
    status: 200,
    errors: ['device.not_found'],
    handle: renameDevice,
  }),
  route({
    name: 'pauseDevice',
    method: 'POST',
    path: '/v1/devices/{device_id}/pause',
    summary: 'Keeps a device from being hired; a cluster that has it keeps it.',
    authentication: 'key',
    scope: 'devices:write',
    params: deviceParams,
    query: emptySchema,
    body: emptySchema,
    answer: deviceSchema,
    status: 200,
    errors: ['device.not_found', 'device.wrong_status'],
    handle: pauseDevice,
  }),
  route({
    name: 'resumeDevice',
    method: 'POST',
    path: '/v1/devices/{device_id}/resume',
    summary: 'Ends the pause of a device.',
    authentication: 'key',
    scope: 'devices:write',
    params: deviceParams,
    query: emptySchema,
    body: emptySchema,
    answer: deviceSchema,
    status: 200,
    errors: ['device.not_found', 'device.wrong_status'],
    handle: resumeDevice,
  }),
  route({
    name: 'terminateDevice',
    method: 'POST',
    path: '/v1/devices/{device_id}/terminate',
    summary: 'Takes a device off the network for good.',
    authentication: 'key',
    scope: 'devices:write',
    params: deviceParams,
    query: emptySchema,
    body: emptySchema,
    answer: deviceSchema,
    status: 200,
    errors: ['device.not_found', 'device.hired'],
    handle: terminateDevice,
  }),
  route({
    name: 'getReadiness',
    method: 'GET',
    path: '/v1/devices/{device_id}/readiness',
    summary: 'Shows what stands between a device and its hire, with remedies.',
    authentication: 'key',
    scope: 'devices:read',
    params: deviceParams,
    query: emptySchema,
    body: emptySchema,
    answer: readinessSchema,
    status: 200,
    errors: ['device.not_found'],
    handle: getReadiness,
  }),
  route({
    name: 'listDeviceEvents',
    method: 'GET',
    path: '/v1/devices/{device_id}/events',
    summary: 'Lists what happened to a device and why, newest first.',
    authentication: 'key',
    scope: 'devices:read',
    params: deviceParams,
    query: page,
    body: emptySchema,
    answer: listOf(deviceEventSchema),
    status: 200,
    errors: ['device.not_found'],
    handle: listOwnDeviceEvents,
  }),
];

export const devicesRoutes: readonly Route<DevicesRuntime>[] = [
  ...supplierRoutes,
  ...joinTokenRoutes,
  ...deviceRoutes,
];
