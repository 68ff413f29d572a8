/**
 * Every malformed, oversized, unauthorised, replayed or stale request gets its problem document with a
 * stable code over real HTTP, and changes nothing in any table.
 */
import WebSocket from 'ws';
import { makeSite } from '../../local/demo/agents.ts';
import { waitFor } from '../../local/demo/wait.ts';
import type { Item } from '../../shared/core/database.ts';
import { type TableName, tables } from '../../shared/core/tables.ts';
import { createdJoinTokenSchema } from '../../shared/devices/schemas.ts';
import { createdApiKeySchema } from '../../shared/identity/schemas.ts';
import { transferListSchema } from '../../shared/ledger/schemas.ts';
import {
  machineKey,
  type RawRequest,
  type Signing,
  sendRaw,
  signedRequest,
} from './support/requests.ts';
import { useStage } from './support/stage.ts';

const stage = useStage({ name: 'bad-input', agents: [] });
const unknownQuote = `quo_${'0'.repeat(26)}`;
const order = { items: [{ model: 'x86-64 CPU', count: 1 }], head: 'shared', hours: 1 };
const json = (value: unknown): string => JSON.stringify(value);
/** Well-formed, with its checksum, and never given out: of another platform. */
const foreignKey = 'rm_test_E81EH5RVF24GCQW20T7AGAB49GF9G9RY9080B3A';

const machine = machineKey();
let device: Signing;
let billingKey: string;
let before: ReadonlyMap<string, Item>;

/** Everything that the platform knows, apart from its caches of requests and its schedules' pulse. */
const snapshot = async (): Promise<ReadonlyMap<string, Item>> => {
  const found = new Map<string, Item>();
  for (const table of Object.keys(tables) as TableName[]) {
    if (table === 'requests') continue;
    let cursor: string | undefined;
    do {
      const page = await stage().database.scan(table, { index: 0, count: 1, cursor });
      for (const item of page.items) {
        if (item.pk !== 'PULSE') found.set(`${table} ${item.pk} ${item.sk}`, item);
      }
      cursor = page.next;
    } while (cursor !== undefined);
  }
  return found;
};

const registration = (joinToken: string, changes: object = {}): RawRequest => ({
  path: '/v1/devices',
  body: json({
    join_token: joinToken,
    public_key: machine.publicKey,
    name: 'by hand',
    agent_version: '0.1.0',
    isolation: 'process',
    address: '10.0.0.7',
    agent_port: 7070,
    hardware: {
      os: 'linux',
      arch: 'x64',
      cpu: { name: 'Intel(R) Xeon(R) Platinum 8488C', cores: 4 },
      memory_mib: 8192,
      disk_free_mib: 20_000,
      gpus: [],
    },
    ...changes,
  }),
});
const newMachine = { privateKeyPem: machine.privateKeyPem, keyid: machine.publicKey };

/** A device that registered properly, a key that may do little, and the tables as they are then. */
beforeAll(async () => {
  const { supplier, customer, platform } = stage();
  const site = await makeSite(supplier);
  const body = { site_id: site.id, name: 'by hand' };
  const { token } = await supplier.api.post('/v1/join-tokens', body, createdJoinTokenSchema);
  const { apiUrl } = platform;
  const request = signedRequest(apiUrl, registration(token ?? ''), newMachine);
  const registered = await sendRaw(apiUrl, request);
  expect(registered.status).toBe(201);
  device = { privateKeyPem: machine.privateKeyPem, keyid: String(registered.body['device_id']) };
  const made = await customer.api.post(
    '/v1/api-keys',
    { name: 'bookkeeping', role: 'billing' },
    createdApiKeySchema,
  );
  billingKey = made.secret ?? '';
  // A key's hour of last use is written with its first request.
  await sendRaw(apiUrl, { method: 'GET', path: '/v1/ledger/balances', key: billingKey });
  await sendRaw(apiUrl, { method: 'GET', path: '/v1/clusters', key: customer.key });
  await untilSettled();
  before = await snapshot();
}, 60_000);

/** What follows a registration and a grant by stream: the order of a test, a line of the statement. */
const untilSettled = async (): Promise<void> => {
  const { customer, platform } = stage();
  await waitFor(
    'the order of a Ray test and the statement of the grant',
    async () => {
      const path = '/v1/agent/commands';
      const request = signedRequest(platform.apiUrl, { method: 'GET', path }, device);
      const { body } = await sendRaw(platform.apiUrl, request);
      const { data } = await customer.api.get('/v1/ledger/transfers', transferListSchema);
      const commands = body['commands'] as readonly unknown[];
      return commands.length > 0 && data.length > 0 ? true : undefined;
    },
    { seconds: 30 },
  );
};

const expectNothingChanged = async (): Promise<void> => {
  const after = await snapshot();
  expect([...after.keys()].sort()).toEqual([...before.keys()].sort());
  for (const [name, item] of before) expect(after.get(name)).toEqual(item);
};

const expectRefusal = async (
  request: RawRequest,
  status: number,
  code: string,
): Promise<Readonly<Record<string, unknown>>> => {
  const answer = await sendRaw(stage().platform.apiUrl, request);
  expect(`${answer.status} ${answer.body['code']}`).toBe(`${status} ${code}`);
  expect(answer.contentType).toBe('application/problem+json');
  expect(answer.body).toMatchObject({
    type: expect.stringMatching(/^https:/),
    title: expect.stringMatching(/\S/),
    status,
    detail: expect.stringMatching(/\S/),
    suggestion: expect.stringMatching(/\S/),
    request_id: expect.stringMatching(/^req_/),
  });
  await expectNothingChanged();
  return answer.body;
};

type Case = readonly [name: string, status: number, code: string, request: () => RawRequest];
const byCustomer = (request: RawRequest): RawRequest => ({ key: stage().customer.key, ...request });

describe('a request of a customer', () => {
  const cases: readonly Case[] = [
    [
      'that is no JSON',
      400,
      'request.malformed',
      () => ({ path: '/v1/quotes', body: '{"items":' }),
    ],
    [
      'with an unknown field',
      400,
      'request.malformed',
      () => ({ path: '/v1/quotes', body: json({ ...order, discount: 100 }) }),
    ],
    [
      'with a field of another type',
      400,
      'request.malformed',
      () => ({ path: '/v1/quotes', body: json({ ...order, hours: '1' }) }),
    ],
    [
      'with an id of another kind',
      400,
      'request.malformed',
      () => ({ path: '/v1/clusters', body: json({ quote_id: stage().site.id }) }),
    ],
    [
      'of more than 256 KiB',
      400,
      'request.too_large',
      () => ({ path: '/v1/quotes', body: json({ ...order, note: 'x'.repeat(300 * 1024) }) }),
    ],
    [
      'with an unknown query parameter',
      400,
      'request.malformed',
      () => ({ method: 'GET', path: '/v1/clusters?sort=name' }),
    ],
    [
      'with a cursor that was never given out',
      400,
      'request.malformed',
      () => ({ method: 'GET', path: '/v1/clusters?cursor=abc' }),
    ],
    [
      'for a page of nothing',
      400,
      'request.malformed',
      () => ({ method: 'GET', path: '/v1/clusters?limit=0' }),
    ],
    [
      'with an unusable Idempotency-Key',
      400,
      'request.malformed',
      () => ({
        path: '/v1/clusters',
        body: json({ quote_id: unknownQuote }),
        headers: { 'idempotency-key': 'short' },
      }),
    ],
    ['to no endpoint', 404, 'request.unknown_route', () => ({ path: '/v1/clusters/all/stop' })],
    [
      'that spends an unknown quote',
      404,
      'market.quote_not_found',
      () => ({ path: '/v1/clusters', body: json({ quote_id: unknownQuote }) }),
    ],
    [
      'for a model that does not exist',
      422,
      'market.unknown_model',
      () => ({
        path: '/v1/quotes',
        body: json({ ...order, items: [{ model: 'RTX 9999', count: 1 }] }),
      }),
    ],
    [
      'without any key',
      401,
      'identity.unauthenticated',
      () => ({ path: '/v1/quotes', body: json(order), headers: { authorization: '' } }),
    ],
    [
      'with a key that was never given out',
      401,
      'identity.unauthenticated',
      () => ({ path: '/v1/quotes', body: json(order), key: foreignKey }),
    ],
    [
      'with the bootstrap key',
      401,
      'identity.unauthenticated',
      () => ({ path: '/v1/quotes', body: json(order), key: 'rm_boot_0123456789abcdef' }),
    ],
    [
      'with a key that may not do it',
      403,
      'identity.forbidden',
      () => ({ path: '/v1/clusters', body: json({ quote_id: unknownQuote }), key: billingKey }),
    ],
    [
      "for an operator's deed",
      403,
      'identity.forbidden',
      () => ({
        path: '/v1/ledger/grants',
        body: json({
          organisation_id: stage().customer.organisationId,
          amount: { amount: '1000000000', currency: 'usd' },
          reason: 'a present to myself',
        }),
      }),
    ],
  ];

  it.each(cases)('%s is refused with %i %s', async (_name, status, code, request) => {
    await expectRefusal(byCustomer(request()), status, code);
  });

  it('names every wrong field', async () => {
    const body = json({ ...order, hours: 0, discount: 100 });
    const problem = await expectRefusal(
      byCustomer({ path: '/v1/quotes', body }),
      400,
      'request.malformed',
    );
    const errors = problem['errors'] as readonly { readonly pointer: string }[];
    expect(errors.map(({ pointer }) => pointer).sort()).toEqual(['/discount', '/hours']);
  });
});

describe('a request of a device', () => {
  const heartbeat: RawRequest = { path: '/v1/agent/heartbeat', body: '{}' };
  const sign = (request: RawRequest, changes: Partial<Signing> = {}): RawRequest =>
    signedRequest(stage().platform.apiUrl, request, { ...device, ...changes });
  const cases: readonly Case[] = [
    ['without a signature', 401, 'device.signature_invalid', () => heartbeat],
    [
      'signed by another key',
      401,
      'device.signature_invalid',
      () => sign(heartbeat, { privateKeyPem: machineKey().privateKeyPem }),
    ],
    [
      'of an unknown device',
      401,
      'device.signature_invalid',
      () => sign(heartbeat, { keyid: `dev_${'0'.repeat(26)}` }),
    ],
    [
      'whose body was changed',
      401,
      'device.signature_invalid',
      () => ({ ...sign(heartbeat), body: '{ }' }),
    ],
    [
      'whose signature was made for another path',
      401,
      'device.signature_invalid',
      () => ({ ...sign({ ...heartbeat, path: '/v1/agent/reports' }), path: heartbeat.path }),
    ],
    [
      'from five minutes ago',
      401,
      'device.clock_skew',
      () => sign(heartbeat, { clockOffsetMs: -300_000 }),
    ],
    [
      'from five minutes ahead',
      401,
      'device.clock_skew',
      () => sign(heartbeat, { clockOffsetMs: 300_000 }),
    ],
    [
      'with an unknown field',
      400,
      'request.malformed',
      () => sign({ ...heartbeat, body: json({ device_id: device.keyid }) }),
    ],
    [
      'with a report of no known kind',
      400,
      'request.malformed',
      () => sign({ path: '/v1/agent/reports', body: json({ report: { kind: 'earnings' } }) }),
    ],
    [
      'that joins with an unknown token',
      401,
      'join_token.unknown',
      () => {
        const other = machineKey();
        const request = registration('rmj_00000000000000000000000000000000', {
          public_key: other.publicKey,
        });
        const signing = { privateKeyPem: other.privateKeyPem, keyid: other.publicKey };
        return signedRequest(stage().platform.apiUrl, request, signing);
      },
    ],
    [
      'that joins with a key that is not its own',
      401,
      'device.signature_invalid',
      () => {
        const request = registration('rmj_00000000000000000000000000000000', {
          public_key: machineKey().publicKey,
        });
        return signedRequest(stage().platform.apiUrl, request, newMachine);
      },
    ],
  ];

  it.each(cases)('%s is refused with %i %s', async (_name, status, code, request) => {
    await expectRefusal(request(), status, code);
  });

  it('from five minutes ago learns what time it is', async () => {
    const request = sign(heartbeat, { clockOffsetMs: -300_000 });
    const problem = await expectRefusal(request, 401, 'device.clock_skew');
    const differenceMs = Date.now() - Date.parse(String(problem['server_time']));
    expect(Math.abs(differenceMs)).toBeLessThan(60_000);
  });

  it('is taken once and refused when it is replayed', async () => {
    const request = sign({ method: 'GET', path: '/v1/agent/commands' });
    const first = await sendRaw(stage().platform.apiUrl, request);
    expect(first.status).toBe(200);
    await expectRefusal(request, 401, 'device.nonce_replayed');
  });

  it('about a node that is not its own changes nothing and is answered with stop', async () => {
    const report = {
      kind: 'ray',
      cluster_id: `clu_${'0'.repeat(26)}`,
      node_id: `nod_${'0'.repeat(26)}`,
      nodes: [],
    };
    const request = sign({ path: '/v1/agent/reports', body: json({ report }) });
    const answer = await sendRaw(stage().platform.apiUrl, request);
    expect(answer).toMatchObject({ status: 200, body: { answer: 'stop' } });
    await expectNothingChanged();
  });

  it('opens no socket without a signature', async () => {
    const socket = new WebSocket(stage().platform.socketUrl);
    const outcome = await new Promise<string>((resolve) => {
      socket.once('open', () => resolve('open'));
      socket.once('unexpected-response', (_request, { statusCode }) => resolve(`${statusCode}`));
      socket.once('error', (error) => resolve(error.message));
    });
    socket.terminate();
    expect(outcome).toMatch(/40[13]/);
    await expectNothingChanged();
  });
});
