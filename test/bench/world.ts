/**
 * A small market in this process: an operator, a customer with credit, suppliers with ready devices, and
 * every function that they and their agents speak with, through the real pipelines. The database is
 * whatever the benchmark measures on; clock and randomness are fixed.
 */
import { generateKeyPairSync } from 'node:crypto';
import type { APIGatewayProxyWebsocketEventV2 } from 'aws-lambda';
import { receiveSocketReport } from '../../functions/clusters/receive-report.socket.ts';
import { clusterRoutes } from '../../functions/clusters/routes.ts';
import { deviceAgentRoutes } from '../../functions/devices/agent-routes.ts';
import { connectDevice } from '../../functions/devices/connect.socket.ts';
import { disconnectDevice } from '../../functions/devices/disconnect.socket.ts';
import { receiveHeartbeat } from '../../functions/devices/receive-heartbeat.socket.ts';
import { httpFunction } from '../../functions/kit/http.ts';
import { createLogger } from '../../functions/kit/log.ts';
import type { Runtime } from '../../functions/kit/runtime.ts';
import { socketFunction } from '../../functions/kit/socket.ts';
import { commit } from '../../functions/kit/transaction.ts';
import { ledgerRoutes } from '../../functions/ledger/routes.ts';
import { marketRoutes } from '../../functions/market/routes.ts';
import type { AgentReport } from '../../shared/clusters/agent-protocol.ts';
import { assert, present } from '../../shared/core/assert.ts';
import type { Database } from '../../shared/core/database.ts';
import { signatureHeaders } from '../../shared/core/http-signature.ts';
import type { Id } from '../../shared/core/ids.ts';
import type { Device } from '../../shared/devices/device.ts';
import { putNewDevice } from '../../shared/devices/device-store.ts';
import { aDevice } from '../market/builders.ts';
import { callHttp, type TestAnswer, type TestRequest, testHost } from '../support/http.ts';
import { makeKey, makeOrganisation } from '../support/identity.ts';
import type { SpeedRequest } from '../support/play-speed-test.ts';
import { type TestClock, testRuntime } from '../support/runtime.ts';

/** A device of the market, with what its agent knows. */
export interface BenchDevice {
  readonly device: Device;
  readonly privateKeyPem: string;
  readonly connectionId: string;
}

export interface World {
  readonly runtime: Runtime & { readonly clock: TestClock };
  readonly customer: { readonly organisationId: Id<'org'>; readonly key: string };
  readonly devices: readonly BenchDevice[];
  /** Calls an endpoint; a BugError unless it answers with success. */
  call(request: TestRequest): Promise<TestAnswer>;
  /** The request of this device's agent, signed now. */
  signed(by: BenchDevice, method: 'GET' | 'POST', path: string, body?: unknown): TestRequest;
  /** The same with a body as it is. */
  signedRaw(by: BenchDevice, request: SpeedRequest): TestRequest;
  connect(by: BenchDevice): Promise<void>;
  disconnect(by: BenchDevice): Promise<void>;
  heartbeat(by: BenchDevice): Promise<void>;
  /** Through the socket. */
  report(by: BenchDevice, report: AgentReport): Promise<void>;
}

export interface WorldOptions {
  readonly database: Database;
  readonly seed: string;
  readonly devices: number;
  /** Organisations that the devices belong to, in turn. */
  readonly suppliers: number;
  /** Told the bytes of each line that a function logs. */
  readonly onLogged?: (bytes: number) => void;
}

/** What the market's devices are. */
export const model = 'RTX 4090';
const credit = '100000000000';

const gpu = (index: number) => ({
  name: 'NVIDIA GeForce RTX 4090',
  uuid: `GPU-00000000-0000-0000-0000-${String(index).padStart(12, '0')}`,
  memory_mib: 24_564,
  driver_version: '570.124.06',
});

const newDevice = (index: number, supplier: Id<'org'>): BenchDevice => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const base = aDevice(index);
  return {
    device: {
      ...base,
      organisationId: supplier,
      publicKey: publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('base64'),
      hardware: { ...base.hardware, gpus: [gpu(index)] },
    },
    privateKeyPem: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    connectionId: `connection-${String(index).padStart(4, '0')}=`,
  };
};

/** The functions by the first segment of the paths that they serve. */
const endpoints = (runtime: Runtime) => {
  const needs = { ...runtime, workflows: { wake: async () => {} } };
  const check = { keyMode: 'test' } as const;
  const market = httpFunction(runtime, marketRoutes, check);
  const clusters = httpFunction(needs, [...clusterRoutes, ...deviceAgentRoutes], check);
  return {
    http: {
      quotes: market,
      offers: market,
      clusters,
      agent: clusters,
      ledger: httpFunction(runtime, ledgerRoutes, check),
    } as Readonly<Record<string, typeof market>>,
    devicesSocket: socketFunction(runtime, {
      $connect: connectDevice,
      $disconnect: disconnectDevice,
      heartbeat: receiveHeartbeat,
    }),
    clustersSocket: socketFunction(needs, { report: receiveSocketReport }),
  };
};

const runtimeOf = ({ database, seed, onLogged }: WorldOptions) => {
  const log = createLogger((line) => onLogged?.(Buffer.byteLength(line) + 1));
  return { ...testRuntime(seed), stage: 'local', database, log };
};

/** Builds the market. */
export const buildWorld = async (options: WorldOptions): Promise<World> => {
  const runtime = runtimeOf(options);
  const { http, devicesSocket, clustersSocket } = endpoints(runtime);

  const operator = await makeOrganisation(runtime, 'Operator');
  const operatorKey = await makeKey(runtime, operator, 'operator');
  const organisationId = await makeOrganisation(runtime, 'Customer');
  const key = await makeKey(runtime, organisationId);
  const suppliers: Id<'org'>[] = [];
  for (let made = 0; made < options.suppliers; made += 1) {
    suppliers.push(await makeOrganisation(runtime, `Supplier ${made}`));
  }
  const devices = Array.from({ length: options.devices }, (_, index) =>
    newDevice(index, present(suppliers[index % suppliers.length], 'no supplier')),
  );
  for (const { device } of devices) await commit(runtime, putNewDevice(device));

  const send: typeof devicesSocket = async (event) => {
    const isReport = event.requestContext.routeKey === 'report';
    const answer = await (isReport ? clustersSocket : devicesSocket)(event);
    const { routeKey } = event.requestContext;
    assert(answer.statusCode === 200, `${routeKey} was answered ${answer.statusCode}`);
    return answer;
  };
  const message = async (
    by: BenchDevice,
    routeKey: string,
    parts: { readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> } = {},
  ): Promise<void> => {
    await send({
      requestContext: { routeKey, connectionId: by.connectionId },
      headers: parts.headers ?? {},
      body: parts.body === undefined ? undefined : JSON.stringify(parts.body),
    } as unknown as APIGatewayProxyWebsocketEventV2);
  };

  const call: World['call'] = async (request) => {
    const segment = request.path.split('/')[2] ?? '';
    const answer = await callHttp(present(http[segment], `nobody serves ${segment}`), request);
    const { status, body } = answer;
    assert(status < 300, `${request.path} was answered ${status}: ${JSON.stringify(body)}`);
    return answer;
  };

  const headersOf = (by: BenchDevice, method: string, path: string, body: string | Uint8Array) =>
    signatureHeaders(
      { method, authority: testHost, path, body },
      { privateKeyPem: by.privateKeyPem, keyid: by.device.id },
      {
        nowMs: runtime.clock.ms,
        nonce: Buffer.from(runtime.randomness.bytes(16)).toString('base64url'),
      },
    );

  await call({
    method: 'POST',
    path: '/v1/ledger/grants',
    key: operatorKey,
    headers: { 'idempotency-key': 'first-grant' },
    body: {
      organisation_id: organisationId,
      amount: { amount: credit, currency: 'usd' },
      reason: 'benchmark',
    },
  });

  return {
    runtime,
    customer: { organisationId, key },
    devices,
    call,
    signed: (by, method, path, body) => {
      const rawBody = body === undefined ? '' : JSON.stringify(body);
      const headers = headersOf(by, method, path, rawBody);
      return { method, path, headers, ...(rawBody === '' ? {} : { rawBody }) };
    },
    signedRaw: (by, { method, path, rawBody }) => ({
      method,
      path,
      rawBody,
      headers: headersOf(by, method, path, rawBody),
    }),
    connect: (by) =>
      message(by, '$connect', { headers: { host: testHost, ...headersOf(by, 'GET', '/', '') } }),
    disconnect: (by) => message(by, '$disconnect'),
    heartbeat: (by) =>
      message(by, 'heartbeat', { body: { action: 'heartbeat', device_id: by.device.id } }),
    report: (by, report) =>
      message(by, 'report', { body: { action: 'report', device_id: by.device.id, report } }),
  };
};

/** The device with this id. */
export const deviceOf = ({ devices }: World, id: string): BenchDevice =>
  present(
    devices.find(({ device }) => device.id === id),
    `no device ${id}`,
  );
