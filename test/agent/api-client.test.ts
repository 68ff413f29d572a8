/** What the agent's requests are on the wire: octets signed as they are, connections kept, refusals read. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import * as z from 'zod';
import { createApiClient } from '../../agent/platform/api-client.ts';
import { makeDeviceKey } from '../../agent/state/device-key.ts';
import { readSignature, verifySignature } from '../../shared/core/http-signature.ts';
import { testRuntime } from './support/runtime.ts';

interface Heard {
  readonly method: string | undefined;
  readonly path: string;
  readonly type: string | undefined;
  readonly body: Buffer;
  readonly nonce: string | undefined;
  readonly isSigned: boolean;
}

const opened: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0)) await close();
});

/** A platform that answers as told, and notes what it heard and over how many connections. */
const setup = async (respond: (heard: Heard, response: ServerResponse) => void) => {
  const { runtime, lines, time } = testRuntime();
  const key = makeDeviceKey(runtime.stateFolder);
  const heard: Heard[] = [];
  const sockets = new Set<Socket>();
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await buffer(request);
    const path = request.url ?? '';
    const headers: Record<string, string | undefined> = {};
    for (const [name, value] of Object.entries(request.headers)) headers[name] = String(value);
    const read = readSignature(headers);
    const authority = request.headers.host ?? '';
    const parts = { method: request.method ?? '', authority, path, body };
    const one = {
      method: request.method,
      path,
      type: request.headers['content-type'],
      body,
      nonce: read?.nonce,
      isSigned: read !== undefined && verifySignature(parts, read, key.publicKey),
    };
    heard.push(one);
    respond(one, response);
  };
  const server = createServer((request, response) => void serve(request, response));
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  opened.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const identity = { apiUrl, privateKeyPem: key.privateKeyPem, keyid: 'dev_one' };
  return { api: createApiClient(runtime, identity), server, heard, sockets, lines, time };
};

const json = (response: ServerResponse, status: number, document: unknown): void => {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(document));
};
const anything = z.looseObject({});

it('signs octets over what stands on the wire, also when they are no text', async () => {
  const { api, heard } = await setup((_, response) => json(response, 200, {}));
  const octets = Uint8Array.from({ length: 70_000 }, (_, index) => (index * 151) % 256);
  await api.send({ method: 'PUT', path: '/v1/proofs/one/opening', octets, answer: anything });
  expect(heard).toMatchObject([
    { method: 'PUT', type: 'application/octet-stream', isSigned: true },
  ]);
  expect(heard[0]?.body.equals(Buffer.from(octets))).toBe(true);
});

it('answers octets as they came, and refuses in words all the same', async () => {
  const bytes = Buffer.from([0, 255, 195, 40, 13, 10]);
  const { api } = await setup(({ path }, response) => {
    if (path === '/v1/gone') return json(response, 404, { code: 'proof.unknown', title: 'Gone.' });
    response.writeHead(200, { 'content-type': 'application/octet-stream' });
    return response.end(bytes);
  });
  expect(await api.fetchOctets({ method: 'GET', path: '/v1/bytes' })).toEqual(bytes);
  const gone = api.fetchOctets({ method: 'GET', path: '/v1/gone' });
  await expect(gone).rejects.toMatchObject({ name: 'PlatformRefusal', code: 'proof.unknown' });
});

it('sends no signature with a request for a public document', async () => {
  const { api, heard } = await setup((_, response) => json(response, 200, {}));
  const answer = anything;
  await api.send({ method: 'GET', path: '/v1/proofs/slots/x', isPublic: true, answer });
  await api.send({ method: 'GET', path: '/v1/agent/commands', answer });
  expect(heard.map(({ isSigned, nonce }) => [isSigned, typeof nonce])).toEqual([
    [false, 'undefined'],
    [true, 'string'],
  ]);
});

it('uses one connection for requests that follow each other', async () => {
  const { api, sockets } = await setup((_, response) => json(response, 200, {}));
  for (let count = 0; count < 5; count += 1) {
    await api.send({ method: 'POST', path: '/v1/proofs', body: { count }, answer: anything });
  }
  expect(sockets.size).toBe(1);
});

describe('a connection opened ahead', () => {
  const request = { method: 'GET', path: '/v1/x', answer: anything } as const;
  const ready = async () => {
    const platform = await setup((_, response) => json(response, 200, {}));
    const connected = once(platform.server, 'connection');
    platform.api.openAhead();
    await connected;
    return platform;
  };

  it('asks for nothing, and takes the next request', async () => {
    const { api, heard, sockets } = await ready();
    api.openAhead();
    expect(heard).toEqual([]);
    await api.send(request);
    await api.send(request);
    expect(heard).toHaveLength(2);
    expect(sockets.size).toBe(1);
  });

  it('is not opened beside one that is kept', async () => {
    const { api, server, sockets } = await ready();
    await api.send(request);
    api.openAhead();
    // Whoever connects now comes after a connection that was on its way.
    const { port } = server.address() as AddressInfo;
    const other = connect(port, '127.0.0.1');
    await once(server, 'connection');
    expect(sockets.size).toBe(2);
    other.destroy();
  });

  it('is replaced when it was cut, or could not be had', async () => {
    const { api, server, heard, sockets } = await ready();
    const [first] = sockets;
    first?.resetAndDestroy();
    const again = once(server, 'connection');
    await Promise.all([again, api.send(request).catch(() => api.send(request))]);
    expect(heard).toHaveLength(1);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    api.openAhead();
    await expect(api.send(request)).rejects.toMatchObject({ name: 'PlatformUnreachable' });
  });
});

it('asks once more, signed anew, when a kept connection turns out to be closed', async () => {
  let isCut = false;
  const { api, heard, sockets } = await setup((_, response) => {
    if (!isCut) return json(response, 200, {});
    isCut = false;
    return response.socket?.resetAndDestroy();
  });
  const request = { method: 'POST', path: '/v1/proofs', body: { a: 1 }, answer: anything } as const;
  await api.send(request);
  isCut = true;
  await api.send(request);
  expect(sockets.size).toBe(2);
  expect(heard).toHaveLength(3);
  expect(heard[2]?.body).toEqual(heard[1]?.body);
  expect(new Set(heard.map(({ nonce }) => nonce)).size).toBe(3);
});

it('does not repeat by itself what was cut on a new connection', async () => {
  const { api, heard } = await setup((_, response) => response.socket?.resetAndDestroy());
  const cut = api.send({ method: 'POST', path: '/v1/proofs', body: {}, answer: anything });
  await expect(cut).rejects.toMatchObject({ name: 'PlatformUnreachable' });
  expect(heard).toHaveLength(1);
});

it('hands on the members that a refusal brings with it', async () => {
  const problem = { code: 'proof.assignment_changed', title: 'Changed.', profile: 1, params: {} };
  const { api } = await setup((_, response) => json(response, 409, problem));
  const refused = api.send({ method: 'POST', path: '/v1/proofs', body: {}, answer: anything });
  await expect(refused).rejects.toMatchObject({ status: 409, problem: { profile: 1, params: {} } });
});

it('gives up an answer that does not come in time', async () => {
  const { api } = await setup(() => undefined);
  const late = api.send({ method: 'GET', path: '/v1/x', timeoutMs: 30, answer: anything });
  await expect(late).rejects.toMatchObject({
    name: 'PlatformUnreachable',
    message: expect.stringContaining('30 ms'),
  });
});

it('gives an answer up when it is told to', async () => {
  const { api, heard } = await setup(() => end.abort());
  const end = new AbortController();
  const { signal } = end;
  const given = api.send({ method: 'GET', path: '/v1/x', signal, answer: anything });
  await expect(given).rejects.toMatchObject({ name: 'PlatformUnreachable' });
  expect(heard).toHaveLength(1);
});

it.each([
  ['server_time_ms', (ms: number) => ({ server_time_ms: ms }), 200],
  ['server_time', (ms: number) => ({ server_time: new Date(ms).toISOString() }), 200],
  ['a refusal', (ms: number) => ({ code: 'proof.too_early', server_time_ms: ms }), 425],
])('learns the platform’s time from %s', async (_, body, status) => {
  const serverMs = Date.UTC(2031, 0, 1);
  const { api } = await setup((_heard, response) => json(response, status, body(serverMs)));
  expect(api.serverClock.nowMs()).toBeUndefined();
  await api.send({ method: 'GET', path: '/v1/x', answer: anything }).catch(() => undefined);
  expect(api.serverClock.nowMs()).toBe(serverMs);
});

it('does not take a download for a document, whatever it says', async () => {
  const { api } = await setup((_, response) => {
    response.writeHead(200, { 'content-type': 'application/octet-stream' });
    response.end('{"server_time_ms":1}');
  });
  await api.fetchOctets({ method: 'GET', path: '/v1/bytes' });
  expect(api.serverClock.nowMs()).toBeUndefined();
});
