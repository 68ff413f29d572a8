/** The endpoints of clusters, for customers, and of agents, for devices. */
import * as z from 'zod';
import {
  commandsAnswerSchema,
  reportAnswerSchema,
  reportRequestSchema,
} from '../../shared/clusters/agent-protocol.ts';
import {
  clusterEventSchema,
  clusterNodeSchema,
  clusterSchema,
  connectionSchema,
  createClusterSchema,
} from '../../shared/clusters/schemas.ts';
import { idSchema } from '../../shared/core/ids.ts';
import { emptySchema, listOf, pageQuery } from '../../shared/core/wire.ts';
import {
  heartbeatAnswerSchema,
  heartbeatRequestSchema,
} from '../../shared/devices/agent-schemas.ts';
import { type Route, route } from '../kit/route.ts';
import type { Runtime } from '../kit/runtime.ts';
import type { ReportRuntime } from './apply-report.ts';
import { createCluster } from './create-cluster.ts';
import { getCluster } from './get-cluster.ts';
import { getConnection } from './get-connection.ts';
import { listClusterEvents } from './list-cluster-events.ts';
import { listClusterNodes } from './list-cluster-nodes.ts';
import { listClusters } from './list-clusters.ts';
import { listCommands } from './list-commands.ts';
import { receiveHeartbeat } from './receive-heartbeat.ts';
import { receiveReport } from './receive-report.ts';
import { terminateCluster } from './terminate-cluster.ts';

const oneCluster = z.strictObject({ cluster_id: idSchema('clu') });

export const clusterRoutes: readonly Route<Runtime & ReportRuntime>[] = [
  route({
    name: 'createCluster',
    method: 'POST',
    path: '/v1/clusters',
    summary: 'Spends a quote and brings a Ray cluster up.',
    authentication: 'key',
    scope: 'clusters:write',
    idempotencyKeyRequired: true,
    params: emptySchema,
    query: emptySchema,
    body: createClusterSchema,
    answer: clusterSchema,
    status: 201,
    errors: [
      'market.quote_not_found',
      'market.quote_spent',
      'market.quote_expired',
      'cluster.no_capacity',
      'cluster.payment_required',
      'budget.exceeded',
      'cluster.too_many_unfinished',
      'cluster.too_many_cancelled',
    ],
    handle: createCluster,
  }),
  route({
    name: 'listClusters',
    method: 'GET',
    path: '/v1/clusters',
    summary: "Lists the organisation's clusters, newest first.",
    authentication: 'key',
    scope: 'clusters:read',
    params: emptySchema,
    query: z.strictObject(pageQuery),
    body: emptySchema,
    answer: listOf(clusterSchema),
    status: 200,
    errors: [],
    handle: listClusters,
  }),
  route({
    name: 'getCluster',
    method: 'GET',
    path: '/v1/clusters/{cluster_id}',
    summary: 'Shows a cluster: its status and why, its progress, its cost so far.',
    authentication: 'key',
    scope: 'clusters:read',
    params: oneCluster,
    query: emptySchema,
    body: emptySchema,
    answer: clusterSchema,
    status: 200,
    errors: ['cluster.not_found'],
    handle: getCluster,
  }),
  route({
    name: 'terminateCluster',
    method: 'POST',
    path: '/v1/clusters/{cluster_id}/terminate',
    summary:
      'Ends a cluster. Within its first hour one hour is paid; the rest of the hold returns.',
    authentication: 'key',
    scope: 'clusters:write',
    params: oneCluster,
    query: emptySchema,
    body: emptySchema,
    answer: clusterSchema,
    status: 200,
    errors: ['cluster.not_found', 'cluster.wrong_status'],
    handle: terminateCluster,
  }),
  route({
    name: 'listClusterNodes',
    method: 'GET',
    path: '/v1/clusters/{cluster_id}/nodes',
    summary: 'Lists the nodes of a cluster and how they fare.',
    authentication: 'key',
    scope: 'clusters:read',
    params: oneCluster,
    query: emptySchema,
    body: emptySchema,
    answer: listOf(clusterNodeSchema),
    status: 200,
    errors: ['cluster.not_found'],
    handle: listClusterNodes,
  }),
  route({
    name: 'listClusterEvents',
    method: 'GET',
    path: '/v1/clusters/{cluster_id}/events',
    summary: 'Lists what happened to a cluster, in order, with reasons.',
    authentication: 'key',
    scope: 'clusters:read',
    params: oneCluster,
    query: z.strictObject(pageQuery),
    body: emptySchema,
    answer: listOf(clusterEventSchema),
    status: 200,
    errors: ['cluster.not_found'],
    handle: listClusterEvents,
  }),
  route({
    name: 'getConnection',
    method: 'GET',
    path: '/v1/clusters/{cluster_id}/connection',
    summary: "Shows a running cluster's addresses and its token.",
    authentication: 'key',
    scope: 'clusters:connect',
    params: oneCluster,
    query: emptySchema,
    body: emptySchema,
    answer: connectionSchema,
    status: 200,
    errors: ['cluster.not_found', 'cluster.not_reachable_yet', 'cluster.wrong_status'],
    handle: getConnection,
  }),
  route({
    name: 'receiveHeartbeat',
    method: 'POST',
    path: '/v1/agent/heartbeat',
    summary: 'A device whose socket is down is seen, and gets its commands.',
    authentication: 'device',
    scope: null,
    params: emptySchema,
    query: emptySchema,
    body: heartbeatRequestSchema,
    answer: heartbeatAnswerSchema,
    status: 200,
    errors: ['device.key_retired'],
    handle: receiveHeartbeat,
  }),
  route({
    name: 'listCommands',
    method: 'GET',
    path: '/v1/agent/commands',
    summary: 'Lists what the platform waits for this device to do.',
    authentication: 'device',
    scope: null,
    params: emptySchema,
    query: emptySchema,
    body: emptySchema,
    answer: commandsAnswerSchema,
    status: 200,
    errors: [],
    handle: listCommands,
  }),
  route({
    name: 'receiveReport',
    method: 'POST',
    path: '/v1/agent/reports',
    summary: "Takes an agent's report; the answer tells whether to go on with the node.",
    authentication: 'device',
    scope: null,
    acceptsBlockedDevice: true,
    params: emptySchema,
    query: emptySchema,
    body: reportRequestSchema,
    answer: reportAnswerSchema,
    status: 200,
    errors: [],
    handle: receiveReport,
  }),
];
