/** A device with an ordered speed test, and the function that serves its exchanges. */

import { deviceAgentRoutes } from '../../functions/devices/agent-routes.ts';
import { orderSpeedTest } from '../../functions/devices/order-speed-test.ts';
import { httpFunction } from '../../functions/kit/http.ts';
import { present } from '../../shared/core/assert.ts';
import { signatureHeaders } from '../../shared/core/http-signature.ts';
import { speedPolicyOf } from '../../shared/devices/speed-policy.ts';
import { exchangesOf, octetsOf } from '../../shared/devices/speed-test.ts';
import { getSpeedTest } from '../../shared/devices/speed-test-store.ts';
import { callHttp, type TestAnswer, type TestRequest, testHost } from '../support/http.ts';
import { playSpeedTest } from '../support/play-speed-test.ts';
import { testRuntime } from '../support/runtime.ts';
import { aDevice, addDevice, machineKey, testId } from './builders.ts';

const untested = { connectivityTier: null, speedTestedAtMs: null, downKbps: null, upKbps: null };

export const speedPolicy = speedPolicyOf('test');
export const exchanges = exchangesOf(speedPolicy);
/** Numbers of the exchanges of a kind. */
export const numbersOf = (kind: string): readonly number[] =>
  exchanges.flatMap((each, number) => (each === kind ? [number] : []));

export const speedSetup = async () => {
  const runtime = testRuntime();
  const serve = httpFunction(runtime, deviceAgentRoutes, { keyMode: 'test' });
  const keys = { owner: machineKey(), stranger: machineKey() };
  const ids = { owner: testId('dev', 1), stranger: testId('dev', 2) };
  const { publicKey } = keys.owner;
  const device = await addDevice(runtime, aDevice(1, { ...untested, publicKey }));
  await addDevice(runtime, aDevice(2, { ...untested, publicKey: keys.stranger.publicKey }));
  await orderSpeedTest(runtime, device, runtime.clock.ms);
  const stored = async () => present(await getSpeedTest(runtime.database, device.id), 'no test');
  const ordered = await stored();
  let nonces = 0;
  const sendAs = (who: keyof typeof keys, { method, path, body, rawBody }: TestRequest) => {
    nonces += 1;
    const sent = rawBody ?? JSON.stringify(body ?? {});
    const headers = signatureHeaders(
      { method, authority: testHost, path, body: sent },
      { privateKeyPem: keys[who].privateKeyPem, keyid: ids[who] },
      { nowMs: runtime.clock.ms, nonce: `nonce-of-the-test-${nonces}` },
    );
    return callHttp(serve, { method, path, rawBody: sent, headers });
  };
  const send = (request: TestRequest) => sendAs('owner', request);
  const path = (kind: string, id: string = ordered.id) => `/v1/agent/speed-tests/${id}/${kind}`;
  const ask =
    (kind: 'ping' | 'down') =>
    (number: number, sha256: string | null = null) =>
      send({ method: 'POST', path: path(kind), body: { number, received_sha256: sha256 } });
  const [ping, down] = [ask('ping'), ask('down')];
  const up = (number: number, rawBody: Uint8Array) =>
    send({ method: 'PUT', path: path(`up/${number}`), rawBody });

  /** Octets as the platform makes them, for tests that do not play them. */
  const octets = (number: number) => octetsOf(ordered, number, speedPolicy);
  /**
   * Plays exchanges as an agent does; before each, `tookMs` go by. Answers the last answer.
   */
  const play = (
    until = exchanges.length - 1,
    tookMs: (number: number) => number = () => 20,
  ): Promise<TestAnswer> => {
    const command = {
      test_id: ordered.id,
      exchanges: [...exchanges],
      up_bytes: speedPolicy.upPartBytes,
    };
    const sendLater = (request: TestRequest, number: number) => {
      runtime.clock.ms += tookMs(number);
      return send(request);
    };
    return playSpeedTest(command, sendLater, until);
  };

  return {
    runtime,
    deviceId: device.id,
    /** The test as it is stored. */
    stored,
    path,
    send,
    sendAs,
    unsigned: (request: TestRequest) => callHttp(serve, request),
    ping,
    down,
    up,
    octets,
    play,
  };
};
