/** PUT /v1/agent/speed-tests/{test_id}/up/{number}: octets that cannot have been sent earlier; the result. */

import { listCommands } from '../../shared/clusters/command-store.ts';
import { present } from '../../shared/core/assert.ts';
import { changed } from '../../shared/devices/device.ts';
import { listDeviceEvents } from '../../shared/devices/device-event-store.ts';
import { getDevice, putDevice } from '../../shared/devices/device-store.ts';
import { exchanges, numbersOf, speedPolicy, speedSetup } from './speed-setup.ts';

const [first = 0] = numbersOf('up');
const last = exchanges.length - 1;

/** A device that made every exchange before the first upload. */
const setup = async () => {
  const made = await speedSetup();
  await made.play(first - 1);
  return made;
};

describe('PUT /v1/agent/speed-tests/{test_id}/up/{number}', () => {
  it('200: takes the octets of the seed, times them, and names the seed of the next', async () => {
    const { up, octets, runtime, stored } = await setup();
    runtime.clock.ms += 45;
    const { status, body } = await up(first, octets(first));
    expect([status, body.result]).toEqual([200, null]);
    expect(body.seed).toMatch(/^[0-9a-f]{64}$/);
    expect(await stored()).toMatchObject({ number: first, upMs: 45 });
  });

  it('200: the last one answers the result; device, event and command box follow', async () => {
    const { play, runtime, deviceId } = await speedSetup();
    const slow = (number: number) => {
      if (exchanges[number] === 'up') return 20 + 24;
      return exchanges[number - 1] === 'down' ? 20 + 5 : 20;
    };
    const { body } = await play(last, slow);
    const [down_kbps, up_kbps] = [
      Math.floor((8 * speedPolicy.downPartBytes) / 5),
      Math.floor((8 * speedPolicy.upPartBytes) / 24),
    ];
    expect(body).toEqual({
      seed: null,
      result: { tier: 2, down_kbps, up_kbps, round_trip_ms: 20 },
    });
    expect(await getDevice(runtime.database, deviceId)).toMatchObject({
      connectivityTier: 2,
      downKbps: down_kbps,
      upKbps: up_kbps,
      speedTestedAtMs: runtime.clock.ms,
    });
    const { events } = await listDeviceEvents(runtime.database, deviceId, { limit: 1 });
    expect(events[0]).toMatchObject({ kind: 'device.speed_tested', reason: 'speed_tested' });
    expect(await listCommands(runtime.database, deviceId)).toEqual([]);
  });

  it('200: the last one again answers the same result and changes nothing', async () => {
    const { play, up, octets, runtime, deviceId } = await speedSetup();
    const { body } = await play();
    const before = await getDevice(runtime.database, deviceId);
    runtime.clock.ms += 300_000;
    expect((await up(last, octets(last))).body).toEqual(body);
    expect(await getDevice(runtime.database, deviceId)).toEqual(before);
  });

  it('200: gives the device its class although it changed meanwhile', async () => {
    const { play, up, octets, runtime, deviceId } = await speedSetup();
    await play(last - 1);
    // Somebody renames it between the read and the write.
    const { database } = runtime;
    const device = present(await getDevice(database, deviceId), 'no device');
    let renamed: Promise<unknown> | undefined;
    database.faultOf = (writes) => {
      if (!writes.some(({ key }) => key.sk === 'DEVICE')) return 'none';
      database.faultOf = () => 'none';
      renamed = database.write(putDevice(changed(device, { name: 'attic' })));
      return 'conflict';
    };
    const answer = await up(last, octets(last));
    await renamed;
    expect(answer.status).toBe(200);
    expect(await getDevice(database, deviceId)).toMatchObject({
      name: 'attic',
      connectivityTier: 4,
      version: device.version + 2,
    });
  });

  it.each(['-1', 'x', '1.5', '64'])('400 for the number %s', async (number) => {
    const { send, path, octets } = await setup();
    const request = { method: 'PUT', path: path(`up/${number}`), rawBody: octets(first) };
    expect(await send(request)).toMatchObject({ status: 400 });
  });

  it('400 for more than any part has', async () => {
    const { up } = await setup();
    expect(await up(first, new Uint8Array(speedPolicy.upPartBytes + 1))).toMatchObject({
      status: 400,
      body: { code: 'request.too_large' },
    });
  });

  it('401 unsigned, 404 for a stranger', async () => {
    const { unsigned, sendAs, path, octets } = await setup();
    const request = { method: 'PUT', path: path(`up/${first}`), rawBody: octets(first) };
    expect((await unsigned(request)).status).toBe(401);
    expect(await sendAs('stranger', request)).toMatchObject({
      status: 404,
      body: { code: 'speed_test.unknown' },
    });
  });

  it('409 before its turn, and after the time of the test', async () => {
    const { up, octets, runtime } = await setup();
    expect(await up(first + 1, octets(first + 1))).toMatchObject({
      status: 409,
      body: { code: 'speed_test.out_of_order' },
    });
    runtime.clock.ms += 120_000;
    expect(await up(first, octets(first))).toMatchObject({
      status: 409,
      body: { code: 'speed_test.over' },
    });
  });

  it.each([0, 1, speedPolicy.upPartBytes - 1])(
    '422 for %i octets, which changes nothing',
    async (count) => {
      const { up, octets, stored } = await setup();
      const before = await stored();
      expect(await up(first, octets(first).subarray(0, count))).toMatchObject({
        status: 422,
        body: { code: 'speed_test.length' },
      });
      expect(await stored()).toEqual(before);
    },
  );

  it('422 for other octets, those of another upload among them; the test has failed', async () => {
    for (const wrong of [new Uint8Array(speedPolicy.upPartBytes), undefined]) {
      const { up, octets, stored, runtime, deviceId } = await setup();
      expect(await up(first, wrong ?? octets(first + 1))).toMatchObject({
        status: 422,
        body: { code: 'speed_test.content' },
      });
      expect(await stored()).toMatchObject({ status: 'failed' });
      const { events } = await listDeviceEvents(runtime.database, deviceId, { limit: 1 });
      expect(events[0]).toMatchObject({ reason: 'speed_test_failed' });
    }
  });
});
