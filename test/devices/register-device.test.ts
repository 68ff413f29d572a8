/** POST /v1/devices: one transaction lets a machine in; nothing of it happens by halves or twice. */
import { registerDevice } from '../../functions/devices/register-device.ts';
import { present } from '../../shared/core/assert.ts';
import { dayMs, isoOf } from '../../shared/core/time.ts';
import { changed } from '../../shared/devices/device.ts';
import { listDeviceEvents } from '../../shared/devices/device-event-store.ts';
import { getDevice, getDeviceByPublicKey, putDevice } from '../../shared/devices/device-store.ts';
import { getPresence } from '../../shared/devices/presence-store.ts';
import { startMs } from '../support/runtime.ts';
import { devicesSetup, hardware, machineKey, signed } from './builders.ts';

const uses = async ({ call }: Awaited<ReturnType<typeof devicesSetup>>): Promise<number> =>
  (await call({ method: 'GET', path: '/v1/join-tokens' })).body.data[0].uses;

describe('POST /v1/devices', () => {
  it('201: makes the device, its presence and its event, and spends one use', async () => {
    const setup = await devicesSetup();
    const { token, site_id, id } = await setup.makeToken();
    const machine = machineKey();
    const { status, body } = await setup.register({ join_token: token }, machine);
    expect(status).toBe(201);
    expect(body).toEqual({
      device_id: expect.stringMatching(/^dev_/),
      public_id: expect.stringMatching(/^[0-9a-z]{16}$/),
      site_id,
      socket_url: 'wss://socket.raymesh.test',
    });
    const { database } = setup.runtime;
    expect(await getDeviceByPublicKey(database, machine.publicKey)).toMatchObject({
      id: body.device_id,
      region: 'eu-west',
      status: 'up',
      statusReason: 'registered',
      model: 'x86-64 CPU',
      processorCount: 1,
      rayTestedAtMs: null,
    });
    expect(await getPresence(database, body.device_id)).toMatchObject({ lastSeenMs: startMs });
    const { events } = await listDeviceEvents(database, body.device_id, { limit: 10 });
    expect(events).toMatchObject([
      { kind: 'device.registered', from: null, to: 'up', evidence: { join_token_id: id } },
    ]);
    expect(await uses(setup)).toBe(1);
  });

  it('201: offers the GPUs of one catalogue model, and claims nothing else', async () => {
    const setup = await devicesSetup();
    const gpu = (name: string, number: number) => ({
      name,
      uuid: `GPU-${number}`,
      memory_mib: 24_564,
      driver_version: '550.54',
    });
    const rig = {
      ...hardware,
      gpus: [
        gpu('NVIDIA GeForce RTX 4090', 0),
        gpu('NVIDIA Imaginary 9000', 1),
        gpu('NVIDIA GeForce RTX 4090', 2),
      ],
    };
    const machine = machineKey();
    const { token } = await setup.makeToken();
    await setup.register({ join_token: token, hardware: rig }, machine);
    expect(await getDeviceByPublicKey(setup.runtime.database, machine.publicKey)).toMatchObject({
      model: 'RTX 4090',
      processorKind: 'gpu',
      processorCount: 2,
      gpuIndexes: [0, 2],
    });
  });

  it('201: the same key again answers the same device and spends nothing', async () => {
    const setup = await devicesSetup();
    const { token } = await setup.makeToken();
    const machine = machineKey();
    const first = await setup.register({ join_token: token }, machine);
    const again = await setup.register({ join_token: token }, machine);
    expect([again.status, again.body]).toEqual([201, first.body]);
    expect(await uses(setup)).toBe(1);
  });

  it('201: an answer that was lost is found by the next attempt', async () => {
    const setup = await devicesSetup();
    const { token } = await setup.makeToken();
    const machine = machineKey();
    setup.runtime.database.faultOf = (writes) => (writes.length > 3 ? 'lost_answer' : 'none');
    const { status, body } = await setup.register({ join_token: token }, machine);
    expect(status).toBe(201);
    setup.runtime.database.faultOf = () => 'none';
    expect((await setup.register({ join_token: token }, machine)).body).toEqual(body);
    expect(await uses(setup)).toBe(1);
  });

  it.each([
    [{ public_key: 'short' }],
    [{ address: 'cellar.example' }],
    [{ agent_port: 0 }],
    [{ hardware: { ...hardware, memory_mib: -1 } }],
    [{ hardware: { ...hardware, gpus: Array.from({ length: 17 }, () => ({})) } }],
    [{ price: 5 }],
  ])('400: refuses %j and changes nothing', async (change) => {
    const setup = await devicesSetup();
    const { token } = await setup.makeToken();
    const answer = await setup.register({ join_token: token, ...change }, machineKey());
    expect([answer.status, answer.body.code]).toEqual([400, 'request.malformed']);
    expect(await uses(setup)).toBe(0);
  });

  it.each([
    ['of small order', Buffer.concat([Buffer.of(1), Buffer.alloc(31)])],
    ['that is not canonical', Buffer.concat([Buffer.alloc(31, 0xff), Buffer.of(0x7f)])],
    ['that is no point', Buffer.concat([Buffer.of(2), Buffer.alloc(31)])],
  ])('400: a key %s, whatever verifies under it', async (_, bytes) => {
    const { runtime, makeToken } = await devicesSetup();
    const publicKey = bytes.toString('base64');
    const body = { public_key: publicKey, join_token: (await makeToken()).token };
    const caller = { kind: 'new_device', publicKey };
    const before = runtime.database.all('devices');
    const needs = { ...runtime, socketUrl: 'wss://socket.raymesh.test' };
    await expect(registerDevice(needs, { caller, body } as never)).rejects.toMatchObject({
      code: 'request.malformed',
      options: { fields: [{ pointer: '/public_key' }] },
    });
    expect(runtime.database.all('devices')).toEqual(before);
  });

  it('400: a GPU that is listed twice', async () => {
    const setup = await devicesSetup();
    const { token } = await setup.makeToken();
    const gpu = { name: 'NVIDIA L4', uuid: 'GPU-1', memory_mib: 23_034, driver_version: '580' };
    const body = { join_token: token, hardware: { ...hardware, gpus: [gpu, gpu] } };
    const answer = await setup.register(body, machineKey());
    expect([answer.status, answer.body.errors[0].pointer]).toEqual([400, '/hardware/gpus']);
  });

  it('401: without a signature', async () => {
    const setup = await devicesSetup();
    const { token } = await setup.makeToken();
    const answer = await setup.register({ join_token: token }, machineKey(), {});
    expect([answer.status, answer.body.code]).toEqual([401, 'device.signature_invalid']);
  });

  it('401: signed by another key than the one it registers', async () => {
    const setup = await devicesSetup();
    const { token } = await setup.makeToken();
    const other = machineKey();
    const answer = await setup.register(
      { join_token: token, public_key: machineKey().publicKey },
      other,
    );
    expect([answer.status, answer.body.code]).toEqual([401, 'device.signature_invalid']);
    expect(await uses(setup)).toBe(0);
  });

  it('401: a clock that is off learns the time', async () => {
    const setup = await devicesSetup();
    const machine = machineKey();
    const request = { method: 'POST', path: '/v1/devices', body: '{}' };
    const at = { nowMs: startMs - 61_000, nonce: 'nonce-of-a-slow-clock' };
    const headers = signed(machine, machine.publicKey, request, at);
    const answer = await setup.send({ ...request, rawBody: '{}', headers });
    expect(answer.status).toBe(401);
    expect(answer.body).toMatchObject({
      code: 'device.clock_skew',
      server_time: isoOf(startMs),
    });
  });

  it('401: a request that was sent before', async () => {
    const setup = await devicesSetup();
    const machine = machineKey();
    const request = { method: 'POST', path: '/v1/devices', body: '{}' };
    const at = { nowMs: startMs, nonce: 'nonce-used-only-once' };
    const headers = signed(machine, machine.publicKey, request, at);
    await setup.send({ ...request, rawBody: '{}', headers });
    const answer = await setup.send({ ...request, rawBody: '{}', headers });
    expect([answer.status, answer.body.code]).toEqual([401, 'device.nonce_replayed']);
  });

  it('401: a token that was never given out', async () => {
    const { register } = await devicesSetup();
    const answer = await register({ join_token: `rm_join_${'A'.repeat(39)}` }, machineKey());
    expect([answer.status, answer.body.code]).toEqual([401, 'join_token.unknown']);
  });

  it('401: a token that expired', async () => {
    const { register, makeToken, runtime } = await devicesSetup();
    const { token } = await makeToken();
    runtime.clock.ms += dayMs;
    const answer = await register({ join_token: token }, machineKey());
    expect([answer.status, answer.body.code]).toEqual([401, 'join_token.expired']);
  });

  it('401: a token that was revoked', async () => {
    const { register, makeToken, call } = await devicesSetup();
    const { token, id } = await makeToken();
    await call({ method: 'POST', path: `/v1/join-tokens/${id}/revoke` });
    const answer = await register({ join_token: token }, machineKey());
    expect([answer.status, answer.body.code]).toEqual([401, 'join_token.revoked']);
  });

  it('401: a token that is used up, also for ten machines at once', async () => {
    const setup = await devicesSetup();
    const { token } = await setup.makeToken({ max_uses: 3 });
    const machines = Array.from({ length: 10 }, machineKey);
    const answers = await Promise.all(
      machines.map((machine) => setup.register({ join_token: token }, machine)),
    );
    const codes = answers.map(({ status, body }) => (status === 201 ? 'let in' : body.code));
    expect(codes.filter((code) => code === 'let in')).toHaveLength(3);
    expect(codes.filter((code) => code === 'join_token.used_up')).toHaveLength(7);
    expect(await uses(setup)).toBe(3);
  });

  it('403: the key of a blocked device, which makes no second device of it', async () => {
    const { register, makeToken, runtime } = await devicesSetup();
    const { token } = await makeToken({ max_uses: 2 });
    const machine = machineKey();
    const { body } = await register({ join_token: token }, machine);
    const device = present(await getDevice(runtime.database, body.device_id), 'no device');
    const blocked = { status: 'blocked', statusReason: 'key_in_use_twice' } as const;
    await runtime.database.write(putDevice(changed(device, blocked)));
    const answer = await register({ join_token: token }, machine);
    expect([answer.status, answer.body.code]).toEqual([403, 'device.blocked']);
  });

  it('409: the key of a terminated device', async () => {
    const { register, makeToken, call } = await devicesSetup();
    const { token } = await makeToken({ max_uses: 2 });
    const machine = machineKey();
    const { body } = await register({ join_token: token }, machine);
    await call({ method: 'POST', path: `/v1/devices/${body.device_id}/terminate` });
    const answer = await register({ join_token: token }, machine);
    expect([answer.status, answer.body.code]).toEqual([409, 'device.key_retired']);
  });

  it('503: contention that does not end', async () => {
    const setup = await devicesSetup();
    const { token } = await setup.makeToken();
    setup.runtime.database.faultOf = (writes) => (writes.length > 3 ? 'conflict' : 'none');
    const answer = await setup.register({ join_token: token }, machineKey());
    expect([answer.status, answer.body.code]).toEqual([503, 'platform.unavailable']);
    expect(await uses(setup)).toBe(0);
  });
});
