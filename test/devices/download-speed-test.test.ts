/** POST /v1/agent/speed-tests/{test_id}/down: octets that nobody can name who did not receive them. */
import { sha256Hex } from '../../shared/core/hash.ts';
import { getDevice } from '../../shared/devices/device-store.ts';
import { numbersOf, speedPolicy, speedSetup } from './speed-setup.ts';

const [first = 0, second = 0] = numbersOf('down');

/** A device that made every exchange before the first download. */
const setup = async () => {
  const made = await speedSetup();
  await made.play(first - 1);
  return made;
};

describe('POST /v1/agent/speed-tests/{test_id}/down', () => {
  it('200: brings as many octets as the command names, not to be kept', async () => {
    const { down, octets } = await setup();
    const { status, body, headers } = await down(first);
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'cache-control': 'no-store',
    });
    expect(body).toHaveLength(speedPolicy.downPartBytes);
    expect(sha256Hex(body)).toBe(sha256Hex(octets(first)));
  });

  it('200: a repeat brings the same, and moves no clock', async () => {
    const { down, stored, runtime } = await setup();
    const digest = sha256Hex((await down(first)).body);
    const before = await stored();
    runtime.clock.ms += 500;
    expect(sha256Hex((await down(first)).body)).toBe(digest);
    expect(await stored()).toEqual(before);
  });

  it('200: the next one takes the digest of the one before, and times its transfer', async () => {
    const { down, stored, runtime } = await setup();
    runtime.clock.ms += 20;
    const { body } = await down(first);
    runtime.clock.ms += 33;
    expect((await down(second, sha256Hex(body))).status).toBe(200);
    expect(await stored()).toMatchObject({ number: second, downMs: 33, roundTripMs: 20 });
  });

  it('400 without the fields that a ping has too', async () => {
    const { send, path } = await setup();
    const answer = await send({ method: 'POST', path: path('down'), body: { number: first } });
    expect(answer).toMatchObject({ status: 400, body: { code: 'request.malformed' } });
  });

  it('401 unsigned, 404 for a stranger', async () => {
    const { unsigned, sendAs, path } = await setup();
    const request = {
      method: 'POST',
      path: path('down'),
      body: { number: first, received_sha256: null },
    };
    expect((await unsigned(request)).status).toBe(401);
    expect(await sendAs('stranger', request)).toMatchObject({
      status: 404,
      body: { code: 'speed_test.unknown' },
    });
  });

  it('409 before its turn', async () => {
    const { down } = await speedSetup();
    expect(await down(first)).toMatchObject({
      status: 409,
      body: { code: 'speed_test.out_of_order' },
    });
  });

  it.each([
    ['none', null],
    ['another', 'ab'.repeat(32)],
  ])('422 with %s in place of the digest; the device falls into class 0', async (_, digest) => {
    const { down, runtime, deviceId } = await setup();
    await down(first);
    expect(await down(second, digest)).toMatchObject({
      status: 422,
      body: { code: 'speed_test.content' },
    });
    expect(await getDevice(runtime.database, deviceId)).toMatchObject({
      connectivityTier: 0,
      speedTestedAtMs: runtime.clock.ms,
    });
  });
});
