/** POST /v1/agent/speed-tests/{test_id}/ping, with real signatures: the empty exchanges of a speed test. */
import { listCommands } from '../../shared/clusters/command-store.ts';
import { getDevice } from '../../shared/devices/device-store.ts';
import { testId } from './builders.ts';
import { numbersOf, speedSetup } from './speed-setup.ts';

const first = { number: 0, received_sha256: null };

describe('POST /v1/agent/speed-tests/{test_id}/ping', () => {
  it('200: answers, and stores when it did', async () => {
    const { ping, stored, runtime } = await speedSetup();
    runtime.clock.ms += 10;
    expect(await ping(0)).toMatchObject({ status: 200, body: { seed: null, result: null } });
    expect(await stored()).toMatchObject({ number: 0, answeredAtMs: runtime.clock.ms });
  });

  it('200: answers a repeat and stores nothing', async () => {
    const { ping, stored, runtime } = await speedSetup();
    await ping(0);
    const before = await stored();
    runtime.clock.ms += 10;
    expect((await ping(0)).status).toBe(200);
    expect(await stored()).toEqual(before);
  });

  it('200: two of the same at a time count once', async () => {
    const { ping, stored } = await speedSetup();
    const answers = await Promise.all([ping(0), ping(0)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(await stored()).toMatchObject({ number: 0 });
  });

  it('200: the one before the first upload names its seed, and none before does', async () => {
    const { play } = await speedSetup();
    const before = (numbersOf('up')[0] ?? 0) - 1;
    expect((await play(before)).body).toEqual({
      seed: expect.stringMatching(/^[0-9a-f]{64}$/),
      result: null,
    });
    const { play: another } = await speedSetup();
    expect((await another(1)).body.seed).toBeNull();
  });

  it.each([
    ['a number that is none', { number: -1, received_sha256: null }],
    ['a number beyond all', { number: 64, received_sha256: null }],
    ['a digest in capitals', { number: 0, received_sha256: 'A'.repeat(64) }],
    ['a digest that is too short', { number: 0, received_sha256: 'a'.repeat(63) }],
    ['a field that there is not', { ...first, more: 1 }],
    ['nothing', {}],
  ])('400 for %s, and changes nothing', async (_, body) => {
    const { send, path, stored } = await speedSetup();
    const before = await stored();
    const answer = await send({ method: 'POST', path: path('ping'), body });
    expect(answer).toMatchObject({ status: 400, body: { code: 'request.malformed' } });
    expect(await stored()).toEqual(before);
  });

  it('401 unsigned', async () => {
    const { unsigned, path } = await speedSetup();
    expect(await unsigned({ method: 'POST', path: path('ping'), body: first })).toMatchObject({
      status: 401,
      body: { code: 'device.signature_invalid' },
    });
  });

  it("404 for another device's test and for one that is not its last", async () => {
    const { send, sendAs, path } = await speedSetup();
    const unknown = { status: 404, body: { code: 'speed_test.unknown' } };
    const request = { method: 'POST', body: first };
    expect(await send({ ...request, path: path('ping', testId('spt', 9)) })).toMatchObject(unknown);
    expect(await sendAs('stranger', { ...request, path: path('ping') })).toMatchObject(unknown);
  });

  it('409 out of order', async () => {
    const { ping, stored } = await speedSetup();
    const before = await stored();
    const refused = { status: 409, body: { code: 'speed_test.out_of_order' } };
    expect(await ping(1)).toMatchObject(refused);
    expect(await ping(numbersOf('down')[0] ?? 0)).toMatchObject(refused);
    expect(await stored()).toEqual(before);
  });

  it('409 after its time', async () => {
    const { ping, runtime } = await speedSetup();
    runtime.clock.ms += 120_000;
    expect(await ping(0)).toMatchObject({ status: 409, body: { code: 'speed_test.over' } });
  });

  it('422 for octets that the device never received; that fails the test and the device', async () => {
    const { ping, runtime, deviceId, stored } = await speedSetup();
    const answer = await ping(0, 'a'.repeat(64));
    expect(answer).toMatchObject({ status: 422, body: { code: 'speed_test.content' } });
    expect(await stored()).toMatchObject({ status: 'failed' });
    expect(await getDevice(runtime.database, deviceId)).toMatchObject({ connectivityTier: 0 });
    expect(await listCommands(runtime.database, deviceId)).toEqual([]);
    expect(await ping(0)).toMatchObject({ status: 409, body: { code: 'speed_test.over' } });
  });
});
