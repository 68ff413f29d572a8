/** Devices, keys and the devices function for the tests of this noun. */
import { generateKeyPairSync } from 'node:crypto';
import { devicesRoutes } from '../../functions/devices/routes.ts';
import { httpFunction } from '../../functions/kit/http.ts';
import { commit } from '../../functions/kit/transaction.ts';
import { signatureHeaders } from '../../shared/core/http-signature.ts';
import type { Device } from '../../shared/devices/device.ts';
import { putNewDevice } from '../../shared/devices/device-store.ts';
import { firstPresence, type Presence } from '../../shared/devices/presence.ts';
import { putPresence } from '../../shared/devices/presence-store.ts';
import { callHttp, type TestRequest, testHost } from '../support/http.ts';
import { makeKey, makeOrganisation } from '../support/identity.ts';
import { startMs, type TestRuntime, testRuntime } from '../support/runtime.ts';
import { hardware } from './a-device.ts';

export { aDevice, hardware, hired, testId } from './a-device.ts';

/** A runtime with a Step Functions that notes what it is asked, starts a name once, and does nothing else. */
export const withWorkflows = (runtime: TestRuntime) => {
  const started: { readonly name: string; readonly input: object }[] = [];
  const woken: string[] = [];
  return {
    ...runtime,
    verifyStateMachineArn: 'arn:verify-device',
    workflows: {
      start: async (_arn: string, name: string, input: object) => {
        if (!started.some((before) => before.name === name)) started.push({ name, input });
      },
      wake: async (taskToken: string) => {
        woken.push(taskToken);
      },
    },
    started,
    woken,
  };
};

/** What makes a device one that has joined and shown nothing yet. */
export const unverified: Partial<Device> = {
  rayTestedAtMs: null,
  rayTestPassed: false,
  addressReachable: false,
  connectivityTier: null,
  speedTestedAtMs: null,
  downKbps: null,
  upKbps: null,
  provedAtMs: null,
  provedGops: null,
};

/** Writes the device and its presence. */
export const addDevice = async (
  runtime: TestRuntime,
  device: Device,
  presence: Presence = firstPresence(null, startMs),
): Promise<Device> => {
  await commit(runtime, [...putNewDevice(device), putPresence(device.id, undefined, presence)]);
  return device;
};

/** A machine's own key. */
export const machineKey = () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const jwk = publicKey.export({ format: 'jwk' });
  return {
    publicKey: Buffer.from(String(jwk.x), 'base64url').toString('base64'),
    privateKeyPem: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  };
};

export type MachineKey = ReturnType<typeof machineKey>;

/** Headers that sign a request of this key at this time. */
export const signed = (
  key: MachineKey,
  keyid: string,
  request: { readonly method: string; readonly path: string; readonly body?: string },
  at: { readonly nowMs: number; readonly nonce: string },
) =>
  signatureHeaders(
    { method: request.method, authority: testHost, path: request.path, body: request.body ?? '' },
    { privateKeyPem: key.privateKeyPem, keyid },
    at,
  );

/** The devices function with an organisation, its owner's key, and a caller. */
export const devicesSetup = async () => {
  const runtime = testRuntime();
  const organisationId = await makeOrganisation(runtime);
  const key = await makeKey(runtime, organisationId);
  const strangerId = await makeOrganisation(runtime, 'Stranger');
  const stranger = await makeKey(runtime, strangerId);
  const needs = { ...runtime, socketUrl: 'wss://socket.raymesh.test' };
  const serve = httpFunction(needs, devicesRoutes, { keyMode: 'test' });
  const call = (request: TestRequest) => callHttp(serve, { key, ...request });
  const send = (request: TestRequest) => callHttp(serve, request);
  /** Registers a machine with a token; signs with its key unless headers are given. */
  let nonces = 0;
  const register = (
    body: Record<string, unknown>,
    machine: MachineKey,
    headers?: Readonly<Record<string, string>>,
  ) => {
    nonces += 1;
    const rawBody = JSON.stringify({
      public_key: machine.publicKey,
      name: 'rig',
      agent_version: '0.1.0',
      isolation: 'process',
      address: '10.0.0.7',
      agent_port: 7070,
      hardware,
      ...body,
    });
    const at = { nowMs: runtime.clock.ms, nonce: `nonce-of-the-test-${nonces}` };
    const request = { method: 'POST', path: '/v1/devices', body: rawBody };
    return send({
      ...request,
      rawBody,
      headers: headers ?? signed(machine, machine.publicKey, request, at),
    });
  };
  const makeSite = async (): Promise<string> => {
    const body = { name: 'cellar', region: 'eu-west' };
    return (await call({ method: 'POST', path: '/v1/sites', body })).body.id;
  };
  const makeToken = async (
    options: Record<string, unknown> = {},
  ): Promise<{ id: string; token: string; site_id: string }> => {
    const body = { site_id: await makeSite(), ...options };
    return (await call({ method: 'POST', path: '/v1/join-tokens', body })).body;
  };
  return {
    runtime,
    organisationId,
    key,
    stranger,
    call,
    send,
    register,
    makeSite,
    makeToken,
  };
};
