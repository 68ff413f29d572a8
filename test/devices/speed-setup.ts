/** A device with an ordered speed test, and the function that serves its exchanges. */
import { orderSpeedTest } from '../../functions/devices/order-speed-test.ts';
import { speedTestRoutes } from '../../functions/devices/speed-test-routes.ts';
import { httpFunction } from '../../functions/kit/http.ts';
import { present } from '../../shared/core/assert.ts';
import { getSpeedTest } from '../../shared/devices/speed-test-store.ts';
import { callHttp, type TestRequest } from '../support/http.ts';
import { testRuntime } from '../support/runtime.ts';
import { aDevice, addDevice, machineKey, signed, testId } from './builders.ts';

const untested = { connectivityTier: null, speedTestedAtMs: null, downKbps: null, upKbps: null };

export const speedSetup = async () => {
  const runtime = testRuntime();
  const serve = httpFunction(runtime, speedTestRoutes, { keyMode: 'test' });
  const keys = { owner: machineKey(), stranger: machineKey() };
  const ids = { owner: testId('dev', 1), stranger: testId('dev', 2) };
  const { publicKey } = keys.owner;
  const device = await addDevice(runtime, aDevice(1, { ...untested, publicKey }));
  await addDevice(runtime, aDevice(2, { ...untested, publicKey: keys.stranger.publicKey }));
  await orderSpeedTest(runtime, device, runtime.clock.ms);
  const stored = async () => present(await getSpeedTest(runtime.database, device.id), 'no test');
  const { id: testOf } = await stored();
  let nonces = 0;
  const sendAs = (who: keyof typeof keys, request: TestRequest) => {
    nonces += 1;
    const rawBody = JSON.stringify(request.body ?? {});
    const at = { nowMs: runtime.clock.ms, nonce: `nonce-of-the-test-${nonces}` };
    const { method, path } = request;
    const headers = signed(keys[who], ids[who], { method, path, body: rawBody }, at);
    return callHttp(serve, { method, path, rawBody, headers });
  };
  const send = (request: TestRequest) => sendAs('owner', request);
  const path = (kind: string, id: string = testOf) => `/v1/agent/speed-tests/${id}/${kind}`;
  return {
    runtime,
    deviceId: device.id,
    /** The test as it is stored. */
    stored,
    path,
    send,
    unsigned: (request: TestRequest) => callHttp(serve, request),
    ping: (number: number, sha256: string | null = null, at = path('ping')) =>
      send({ method: 'POST', path: at, body: { number, received_sha256: sha256 } }),
    pingAs: (who: keyof typeof keys) =>
      sendAs(who, {
        method: 'POST',
        path: path('ping'),
        body: { number: 0, received_sha256: null },
      }),
  };
};
