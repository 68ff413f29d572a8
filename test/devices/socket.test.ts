/** The agents' socket: who may open it, what a heartbeat costs, and what the odd ones lead to. */
import { connectDevice } from '../../functions/devices/connect.socket.ts';
import { disconnectDevice } from '../../functions/devices/disconnect.socket.ts';
import { receiveHeartbeat } from '../../functions/devices/receive-heartbeat.socket.ts';
import { recordHeartbeat } from '../../functions/devices/record-heartbeat.ts';
import { socketFunction } from '../../functions/kit/socket.ts';
import { commit } from '../../functions/kit/transaction.ts';
import type { Write } from '../../shared/core/database.ts';
import { hourOf, minuteMs, secondMs } from '../../shared/core/time.ts';
import type { Device } from '../../shared/devices/device.ts';
import { listDeviceEvents } from '../../shared/devices/device-event-store.ts';
import { getDevice, transitionDevice } from '../../shared/devices/device-store.ts';
import { firstPresence, minutesUp, type Presence } from '../../shared/devices/presence.ts';
import { getConnectionDevice, getPresence } from '../../shared/devices/presence-store.ts';
import { testHost } from '../support/http.ts';
import { startMs, testRuntime } from '../support/runtime.ts';
import { aDevice, addDevice, machineKey, signed, testId } from './builders.ts';

const deviceId = testId('dev', 1);

/** The socket function and one device; `presence` null leaves it without one connection. */
const setup = async (changes: Partial<Device> = {}, presence?: Presence) => {
  const runtime = testRuntime();
  const machine = machineKey();
  await addDevice(runtime, aDevice(1, { publicKey: machine.publicKey, ...changes }), presence);
  const serve = socketFunction(runtime, {
    $connect: connectDevice,
    $disconnect: disconnectDevice,
    heartbeat: receiveHeartbeat,
  });
  let nonces = 0;
  const send = async (
    routeKey: string,
    connectionId: string,
    event: { body?: string; headers?: Readonly<Record<string, string>> } = {},
  ): Promise<number> => {
    const message = { requestContext: { routeKey, connectionId }, ...event };
    return (await serve(message as unknown as Parameters<typeof serve>[0])).statusCode;
  };
  const opening = (keyid: string = deviceId, path = '/') => {
    nonces += 1;
    const at = { nowMs: runtime.clock.ms, nonce: `nonce-of-the-socket-${nonces}` };
    return { Host: testHost, ...signed(machine, keyid, { method: 'GET', path }, at) };
  };
  const connect = (connectionId: string) => send('$connect', connectionId, { headers: opening() });
  const heartbeat = (connectionId: string, device: string = deviceId) =>
    send('heartbeat', connectionId, {
      body: JSON.stringify({ action: 'heartbeat', device_id: device }),
    });
  const presenceNow = () => getPresence(runtime.database, deviceId);
  const deviceNow = () => getDevice(runtime.database, deviceId);
  return { runtime, send, opening, connect, heartbeat, presenceNow, deviceNow };
};

describe('$connect', () => {
  it('200: makes the connection the one that speaks for the device', async () => {
    const { connect, presenceNow, runtime } = await setup();
    expect(await connect('first')).toBe(200);
    expect(await connect('second')).toBe(200);
    expect(await presenceNow()).toMatchObject({ connectionId: 'second', runStartedMs: startMs });
    expect(await getConnectionDevice(runtime.database, 'first')).toBe(deviceId);
  });

  it('200: brings a device up again that was lost, with evidence', async () => {
    const down = { ...firstPresence(null, startMs), declared: 'down' as const };
    const { connect, deviceNow, runtime } = await setup(
      { status: 'down', statusReason: 'heartbeat_lost' },
      down,
    );
    runtime.clock.ms += minuteMs;
    expect(await connect('a')).toBe(200);
    expect(await deviceNow()).toMatchObject({ status: 'up', statusReason: 'heartbeat_returned' });
    const { events } = await listDeviceEvents(runtime.database, deviceId, { limit: 1 });
    expect(events).toMatchObject([{ evidence: { silent_for_ms: minuteMs }, actor: deviceId }]);
  });

  it('200: a device whose stop is unconfirmed stays down until its test passes', async () => {
    const { connect, deviceNow } = await setup({
      status: 'down',
      statusReason: 'stop_unconfirmed',
      rayTestedAtMs: null,
    });
    expect(await connect('a')).toBe(200);
    expect(await deviceNow()).toMatchObject({ status: 'down', version: 1 });
  });

  it.each([
    ['without a signature', () => ({ Host: testHost })],
    [
      'signed for another path',
      (opening: (k?: string, p?: string) => object) => opening(deviceId, '/v1'),
    ],
    [
      'signed in the name of an unknown device',
      (opening: (k?: string) => object) => opening(testId('dev', 9)),
    ],
  ])('401: %s', async (_, headersOf) => {
    const { send, opening, presenceNow } = await setup();
    const headers = headersOf(opening) as Record<string, string>;
    expect(await send('$connect', 'a', { headers })).toBe(401);
    expect((await presenceNow())?.connectionId).toBeNull();
  });

  it('401: a terminated device, and an opening that was sent before', async () => {
    const ended = await setup({ status: 'terminated' });
    expect(await ended.connect('a')).toBe(401);
    const { send, opening } = await setup();
    const headers = opening();
    expect(await send('$connect', 'a', { headers })).toBe(200);
    expect(await send('$connect', 'b', { headers })).toBe(401);
  });

  it('403: a device that is blocked, because two machines have its key', async () => {
    const { connect } = await setup({ status: 'blocked', statusReason: 'key_in_use_twice' });
    expect(await connect('a')).toBe(403);
  });
});

describe('heartbeat', () => {
  it('200: costs one write, no read and no log line', async () => {
    const { connect, heartbeat, presenceNow, runtime } = await setup();
    await connect('a');
    runtime.clock.ms += 300 * secondMs;
    const writes: (readonly Write[])[] = [];
    let reads = 0;
    runtime.database.faultOf = (made) => {
      writes.push(made);
      return 'none';
    };
    runtime.database.beforeRead = async () => {
      reads += 1;
    };
    const lines = runtime.lines.length;
    expect(await heartbeat('a')).toBe(200);
    expect(writes).toHaveLength(1);
    expect(writes[0]).toHaveLength(1);
    expect([reads, runtime.lines.length - lines]).toEqual([0, 0]);
    expect((await presenceNow())?.lastSeenMs).toBe(startMs + 300 * secondMs);
  });

  it('200: after a gap begins a new run and keeps the minutes of the old one', async () => {
    const { connect, heartbeat, presenceNow, runtime } = await setup();
    await connect('a');
    runtime.clock.ms += 10 * minuteMs;
    await heartbeat('a');
    runtime.clock.ms += 11 * minuteMs;
    expect(await heartbeat('a')).toBe(200);
    const presence = (await presenceNow()) as Presence;
    expect(presence.runStartedMs).toBe(startMs + 21 * minuteMs);
    expect(minutesUp(presence, hourOf(startMs))).toBe(10);
  });

  it('200: of the connection that is left when the current one closed', async () => {
    const { connect, heartbeat, send, presenceNow } = await setup();
    await connect('a');
    await connect('b');
    await send('$disconnect', 'b');
    expect(await heartbeat('a')).toBe(200);
    expect((await presenceNow())?.connectionId).toBe('a');
  });

  it.each([
    ['{"action":"heartbeat"}'],
    ['{"action":"heartbeat","device_id":"dev_1"}'],
    ['not json'],
  ])('400: refuses %s', async (body) => {
    const { send } = await setup();
    expect(await send('heartbeat', 'a', { body })).toBe(400);
  });

  it('409: of a connection of another device, which moves and counts nothing', async () => {
    const { connect, heartbeat, presenceNow, runtime } = await setup();
    const other = machineKey();
    await addDevice(runtime, aDevice(2, { publicKey: other.publicKey }));
    await connect('a');
    const before = await presenceNow();
    runtime.clock.ms += 5 * minuteMs;
    expect(await heartbeat('a', testId('dev', 2))).toBe(409);
    expect(await heartbeat('never-opened')).toBe(409);
    expect(await presenceNow()).toEqual(before);
  });

  it('409: two machines with one key are found out, and the device is blocked', async () => {
    const { connect, heartbeat, deviceNow, runtime } = await setup();
    await connect('one');
    await connect('two');
    const answers: number[] = [];
    for (let round = 0; round < 3; round += 1) {
      runtime.clock.ms += 5 * minuteMs;
      await heartbeat('two');
      runtime.clock.ms += secondMs;
      answers.push(await heartbeat('one'));
    }
    expect(answers).toEqual([409, 409, 409]);
    expect(await deviceNow()).toMatchObject({
      status: 'blocked',
      statusReason: 'key_in_use_twice',
    });
    expect(await heartbeat('two')).toBe(403);
    expect(await connect('three')).toBe(403);
  });
});

describe('a signed heartbeat', () => {
  it('needs no connection, and leaves the one there is alone', async () => {
    const { connect, presenceNow, runtime } = await setup();
    await connect('a');
    await recordHeartbeat(runtime, { deviceId, connectionId: null }, startMs + minuteMs);
    expect(await presenceNow()).toMatchObject({
      connectionId: 'a',
      lastSeenMs: startMs + minuteMs,
    });
  });

  it('brings a lost device up even if the sweep writes at the same moment', async () => {
    const { runtime, presenceNow, deviceNow } = await setup(
      { status: 'down', statusReason: 'heartbeat_lost' },
      { ...firstPresence(null, startMs), declared: 'down' },
    );
    let raced = false;
    runtime.database.beforeRead = async (table) => {
      if (raced || table !== 'presence') return;
      raced = true;
      const device = await getDevice(runtime.database, deviceId);
      if (!device) return;
      const cause = { reason: 'silent_for_five_days', actor: 'platform', evidence: {} } as const;
      await commit(runtime, transitionDevice(device, cause, startMs).writes);
    };
    await recordHeartbeat(runtime, { deviceId, connectionId: null }, startMs + minuteMs);
    expect(await deviceNow()).toMatchObject({ status: 'up' });
    expect((await presenceNow())?.declared).toBeNull();
  });
});

describe('$disconnect', () => {
  it('200: forgets the current connection alone', async () => {
    const { connect, send, presenceNow, runtime } = await setup();
    await connect('a');
    await connect('b');
    expect(await send('$disconnect', 'a')).toBe(200);
    expect((await presenceNow())?.connectionId).toBe('b');
    expect(await send('$disconnect', 'b')).toBe(200);
    expect((await presenceNow())?.connectionId).toBeNull();
    expect(await getConnectionDevice(runtime.database, 'b')).toBeUndefined();
    expect(await send('$disconnect', 'b')).toBe(200);
  });
});
