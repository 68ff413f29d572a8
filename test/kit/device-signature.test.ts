/** Signed requests at the door: the right key, the right time, and every nonce once. */
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { httpFunction } from '../../functions/kit/http.ts';
import { route } from '../../functions/kit/route.ts';
import { commit } from '../../functions/kit/transaction.ts';
import { signatureHeaders } from '../../shared/core/http-signature.ts';
import { newId } from '../../shared/core/ids.ts';
import { emptySchema } from '../../shared/core/wire.ts';
import { changed, type Device } from '../../shared/devices/device.ts';
import { putDevice, putNewDevice } from '../../shared/devices/device-store.ts';
import { callHttp, testHost } from '../support/http.ts';
import { makeOrganisation } from '../support/identity.ts';
import { type TestRuntime, testRuntime } from '../support/runtime.ts';

const report = z.strictObject({ n: z.number().optional() });
const common = {
  params: emptySchema,
  query: emptySchema,
  body: report,
  status: 200,
  errors: [],
} as const;

const routes = [
  route({
    ...common,
    name: 'sendReport',
    method: 'POST',
    path: '/v1/agent/reports',
    summary: 'Tells which device signed.',
    authentication: 'device',
    scope: null,
    acceptsBlockedDevice: true,
    answer: z.strictObject({ device: z.string(), organisation: z.string() }),
    handle: async (_needs: TestRuntime, { caller }) => ({
      device: caller.deviceId,
      organisation: caller.organisationId,
    }),
  }),
  route({
    ...common,
    name: 'openCommandBox',
    method: 'POST',
    path: '/v1/agent/heartbeat',
    summary: 'Answers what the device is to do.',
    authentication: 'device',
    scope: null,
    answer: emptySchema,
    handle: async () => ({}),
  }),
  route({
    ...common,
    name: 'registerDevice',
    method: 'POST',
    path: '/v1/devices',
    summary: 'Tells which key signed.',
    authentication: 'new_device',
    scope: null,
    answer: z.strictObject({ key: z.string() }),
    handle: async (_needs: TestRuntime, { caller }) => ({ key: caller.publicKey }),
  }),
];

const golden = JSON.parse(
  readFileSync(new URL('../contracts/http-signature.json', import.meta.url), 'utf8'),
) as { readonly private_key_pem: string; readonly public_key_base64: string };

/** The key whose 32 secret bytes are these, in its two forms. */
const keyPair = (byte: number) => {
  const der = Buffer.concat([
    Buffer.from('302e020100300506032b657004220420', 'hex'),
    Buffer.alloc(32, byte),
  ]);
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  return {
    privateKeyPem: key.export({ format: 'pem', type: 'pkcs8' }).toString(),
    publicKey: createPublicKey(key)
      .export({ format: 'der', type: 'spki' })
      .subarray(-32)
      .toString('base64'),
  };
};

const setup = async () => {
  const runtime = testRuntime();
  const organisationId = await makeOrganisation(runtime);
  const nowMs = runtime.clock.ms;
  const device: Device = {
    id: newId('dev', nowMs, runtime.randomness),
    publicId: 'P1',
    organisationId,
    siteId: newId('site', nowMs, runtime.randomness),
    region: 'local',
    name: 'one',
    status: 'up',
    statusReason: 'registered',
    movedAtMs: null,
    version: 1,
    publicKey: golden.public_key_base64,
    hardware: {
      os: 'linux',
      arch: 'x64',
      cpu: { name: 'cpu', cores: 4 },
      memory_mib: 1000,
      disk_free_mib: 1000,
      gpus: [],
    },
    model: 'x86-64 CPU',
    processorKind: 'cpu',
    processorCount: 1,
    gpuIndexes: [],
    cpus: 4,
    address: '127.0.0.1',
    agentPort: 7000,
    isolation: 'process',
    agentVersion: '0.1.0',
    rayVersion: null,
    pythonVersion: null,
    rayTestedAtMs: null,
    rayTestPassed: false,
    addressReachable: false,
    connectivityTier: null,
    speedTestedAtMs: null,
    downKbps: null,
    upKbps: null,
    provedAtMs: null,
    provedGops: null,
    verifyFromMs: nowMs,
    verifyFailure: null,
    hiredBy: null,
    hiredNode: null,
    hiredAtMs: null,
    hiredConsent: null,
    createdAtMs: nowMs,
  };
  await commit(runtime, putNewDevice(device));
  const serve = httpFunction(runtime, routes, { keyMode: 'test' });

  interface Asked {
    readonly path?: string;
    readonly body?: string;
    readonly nonce?: string;
    readonly signedAtMs?: number;
    readonly keyid?: string;
    readonly privateKeyPem?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly sourceIp?: string;
  }
  /** A signed request; the nonce follows from the body unless given. */
  const send = (asked: Asked = {}) => {
    const { path = '/v1/agent/reports', body = '{"n":1}', keyid = device.id } = asked;
    const { privateKeyPem = golden.private_key_pem } = asked;
    const parts = { method: 'POST', authority: testHost, path, body };
    const signed = signatureHeaders(
      parts,
      { privateKeyPem, keyid },
      { nowMs: asked.signedAtMs ?? runtime.clock.ms, nonce: asked.nonce ?? 'nonce-0000000001' },
    );
    const headers = { ...signed, ...asked.headers };
    const request = { method: 'POST', path, rawBody: body, headers };
    return callHttp(serve, asked.sourceIp ? { ...request, sourceIp: asked.sourceIp } : request);
  };
  return { runtime, device, send, organisationId };
};

describe('a signed request', () => {
  it('is the device’s that holds the key', async () => {
    const { send, device, organisationId } = await setup();
    const answer = await send();
    expect(answer.body).toEqual({ device: device.id, organisation: organisationId });
  });

  it('counts once', async () => {
    const { send, runtime } = await setup();
    await send();
    const replay = await send();
    expect([replay.status, replay.body.code]).toEqual([401, 'device.nonce_replayed']);
    expect((await send({ nonce: 'nonce-0000000002' })).status).toBe(200);
    const [record] = runtime.database.all('requests').filter(({ sk }) => sk === 'NONCE');
    // The nonce is remembered for longer than its signature is accepted, on either side.
    expect(Number(record?.['expires_at_s']) * 1000 - runtime.clock.ms).toBeGreaterThan(120_000);
  });

  it.each([-61_000, 61_000])('is refused %s ms off, with the time to correct by', async (ms) => {
    const { send, runtime } = await setup();
    const answer = await send({ signedAtMs: runtime.clock.ms + ms });
    expect([answer.status, answer.body.code]).toEqual([401, 'device.clock_skew']);
    expect(answer.body.server_time).toBe('2026-11-22T12:00:00.000Z');
  });

  it.each([-60_000, 60_000])('is accepted %s ms off', async (ms) => {
    const { send, runtime } = await setup();
    expect((await send({ signedAtMs: runtime.clock.ms + ms })).status).toBe(200);
  });

  it.each([
    ['by another key', { privateKeyPem: keyPair(7).privateKeyPem }],
    ['for an unknown device', { keyid: 'dev_01KA0ZZ9ZZ8Y7X6W5V4T3S2R1Q' }],
    ['by a key instead of a device', { keyid: golden.public_key_base64 }],
    ['of another body', { headers: { 'content-digest': 'sha-256=:AAAA:' } }],
    ['without a signature', { headers: { signature: '' } }],
    ['for another host', { headers: { host: 'elsewhere.test' } }],
  ])('is refused %s, and its nonce stays unused', async (_, asked) => {
    const { send, runtime } = await setup();
    const answer = await send(asked);
    expect([answer.status, answer.body.code]).toEqual([401, 'device.signature_invalid']);
    expect(runtime.database.all('requests')).toEqual([]);
  });

  it('counts against the device’s limit', async () => {
    const { send } = await setup();
    expect((await send()).headers['ratelimit']).toMatch(/^"minute";r=599;/);
    expect((await send({ nonce: 'nonce-0000000002' })).headers['ratelimit']).toMatch(/r=598;/);
  });

  it('of a blocked device brings its reports, and nothing that opens its command box', async () => {
    const { send, device, runtime } = await setup();
    await runtime.database.write(putDevice(changed(device, { status: 'blocked' })));
    expect((await send()).status).toBe(200);
    const box = await send({ path: '/v1/agent/heartbeat' });
    expect([box.status, box.body.code]).toEqual([403, 'device.blocked']);
    const forged = { path: '/v1/agent/heartbeat', privateKeyPem: keyPair(7).privateKeyPem };
    expect((await send(forged)).body.code).toBe('device.signature_invalid');
  });

  it('of a terminated device is refused', async () => {
    const { send, device, runtime } = await setup();
    await runtime.database.write(putDevice(changed(device, { status: 'terminated' })));
    const answer = await send();
    expect([answer.status, answer.body.code]).toEqual([401, 'device.signature_invalid']);
  });
});

describe('a registration', () => {
  const pair = keyPair(3);
  const asked = { path: '/v1/devices', privateKeyPem: pair.privateKeyPem };

  it('is signed by the key that it brings', async () => {
    const { send } = await setup();
    const answer = await send({ ...asked, keyid: pair.publicKey });
    expect(answer.body).toEqual({ key: pair.publicKey });
  });

  it('counts by its sender’s network, and the 31st of a minute writes not even its nonce', async () => {
    const { send, runtime } = await setup();
    const register = (nonce: number, sourceIp: string) =>
      send({
        ...asked,
        keyid: pair.publicKey,
        nonce: `nonce-${String(nonce).padStart(10, '0')}`,
        sourceIp,
      });
    for (let count = 1; count <= 30; count += 1) {
      expect((await register(count, `2001:db8:0:1::${count}`)).status).toBe(200);
    }
    const stored = runtime.database.snapshot();
    const refused = await register(31, '2001:db8:0:1::31');
    expect([refused.status, refused.body.code]).toEqual([429, 'request.rate_limited']);
    expect(refused.headers['ratelimit-policy']).toBe('"minute";q=30;w=60');
    expect(runtime.database.snapshot()).toEqual(stored);
    expect((await register(32, '198.51.100.1')).status).toBe(200);
  });

  it('is refused with the key of somebody else', async () => {
    const { send } = await setup();
    const answer = await send({ ...asked, keyid: golden.public_key_base64 });
    expect(answer.body.code).toBe('device.signature_invalid');
  });

  it('is refused with another spelling of the key, which would pass for a second device', async () => {
    const { send } = await setup();
    const answer = await send({ ...asked, keyid: pair.publicKey.replace('=', '') });
    expect(answer.body.code).toBe('device.signature_invalid');
  });

  it('counts once', async () => {
    const { send } = await setup();
    await send({ ...asked, keyid: pair.publicKey });
    const replay = await send({ ...asked, keyid: pair.publicKey });
    expect(replay.body.code).toBe('device.nonce_replayed');
  });
});
