/**
 * A small platform for the agent's own tests: HTTP and WebSocket, every signature checked by the
 * real verifier, nonces used once. It keeps what it hears; a test pushes commands and pulls plugs.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { type WebSocket, WebSocketServer } from 'ws';
import {
  type AgentReport,
  type Command,
  reportRequestSchema,
  socketHeartbeatSchema,
  socketReportSchema,
} from '../../../shared/clusters/agent-protocol.ts';
import {
  readSignature,
  type SignedParts,
  verifySignature,
  withinSkew,
} from '../../../shared/core/http-signature.ts';
import { isoOf } from '../../../shared/core/time.ts';
import { registerRequestSchema } from '../../../shared/devices/agent-schemas.ts';

const ulid = '01KA0ZZ9ZZ8Y7X6W5V4T3S2R1Q';
export const deviceId = `dev_${ulid}` as const;

export interface FakePlatform {
  readonly apiUrl: string;
  readonly reports: AgentReport[];
  /** `post` or `socket`, in the order of arrival. */
  readonly heartbeats: string[];
  readonly registrations: unknown[];
  /** Commands that GET /v1/agent/commands and heartbeats answer. */
  pending: Command[];
  /** How far the platform's clock is ahead, milliseconds. */
  clockAheadMs: number;
  /** Answers every POST of a report; change it to refuse or to stop. */
  answerReport: () => { status: number; body: unknown };
  /** Whether devices may register. */
  acceptsDevices: boolean;
  /** Whether the socket may be opened. */
  acceptsSockets: boolean;
  openSockets(): number;
  push(commands: readonly Command[]): void;
  cutSockets(): void;
  /** Settles when `done` answers a value other than undefined; looks at each message. */
  until<T>(done: () => T | undefined): Promise<T>;
  close(): Promise<void>;
}

/** Starts the platform on a free port of 127.0.0.1 out of the given ones. */
export const startFakePlatform = async (port: number): Promise<FakePlatform> => {
  const nonces = new Set<string>();
  const watchers = new Set<() => void>();
  const sockets = new WebSocketServer({ noServer: true });
  let publicKey = '';

  const notify = () => {
    for (const watcher of [...watchers]) watcher();
  };
  const nowMs = () => Date.now() + platform.clockAheadMs;

  /** The code of the refusal, or undefined when the signature is good. */
  const refusalOf = (request: IncomingMessage, parts: SignedParts, key: string) => {
    const headers: Record<string, string | undefined> = {};
    for (const [name, value] of Object.entries(request.headers)) headers[name] = String(value);
    const read = readSignature(headers);
    if (!read || !verifySignature(parts, read, key)) return 'device.signature_invalid';
    if (!withinSkew(read, nowMs())) return 'device.clock_skew';
    if (nonces.has(read.nonce)) return 'device.nonce_replayed';
    nonces.add(read.nonce);
    return undefined;
  };

  const answer = (response: ServerResponse, status: number, body: unknown) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
    notify();
  };

  const register = (body: string) => {
    const request = registerRequestSchema.parse(JSON.parse(body));
    platform.registrations.push(request);
    publicKey = request.public_key;
    return {
      device_id: deviceId,
      public_id: 'public-one',
      site_id: `site_${ulid}`,
      socket_url: platform.apiUrl.replace('http', 'ws'),
    };
  };

  const route = (path: string, body: string): { status: number; body: unknown } => {
    switch (path) {
      case '/v1/devices':
        return platform.acceptsDevices
          ? { status: 201, body: register(body) }
          : { status: 401, body: { code: 'join_token.unknown', title: 'Unknown.' } };
      case '/v1/agent/heartbeat':
        platform.heartbeats.push('post');
        return {
          status: 200,
          body: { commands: platform.pending, server_time: isoOf(nowMs()) },
        };
      case '/v1/agent/commands':
        return { status: 200, body: { commands: platform.pending } };
      case '/v1/agent/reports': {
        const reply = platform.answerReport();
        if (reply.status === 200) {
          platform.reports.push(reportRequestSchema.parse(JSON.parse(body)).report);
        }
        return reply;
      }
      default:
        return { status: 404, body: { code: 'request.not_found', title: 'Unknown.' } };
    }
  };

  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const path = request.url ?? '';
    const body = await text(request);
    if (path === '/v1/health') return answer(response, 200, { server_time: isoOf(nowMs()) });
    const parts = {
      method: request.method ?? '',
      authority: request.headers.host ?? '',
      path,
      body,
    };
    const key = path === '/v1/devices' ? String(JSON.parse(body).public_key) : publicKey;
    const code = refusalOf(request, parts, key);
    if (code) {
      return answer(response, 401, { code, title: code, server_time: isoOf(nowMs()) });
    }
    const reply = route(path, body);
    return answer(response, reply.status, reply.body);
  };

  const receive = (message: string) => {
    const document: unknown = JSON.parse(message);
    const report = socketReportSchema.safeParse(document);
    if (report.success) platform.reports.push(report.data.report);
    else {
      socketHeartbeatSchema.parse(document);
      platform.heartbeats.push('socket');
    }
    notify();
  };

  const server = createServer((request, response) => void serve(request, response));
  server.on('upgrade', (request, socket, head) => {
    const authority = request.headers.host ?? '';
    const code = refusalOf(request, { method: 'GET', authority, path: '/', body: '' }, publicKey);
    if (code || !platform.acceptsSockets) {
      socket.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\n\r\n');
      return;
    }
    sockets.handleUpgrade(request, socket, head, (client: WebSocket) => {
      client.on('message', (data) => receive(String(data)));
      client.on('close', notify);
      notify();
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const bound = (server.address() as AddressInfo).port;

  const platform: FakePlatform = {
    apiUrl: `http://127.0.0.1:${bound}`,
    reports: [],
    heartbeats: [],
    registrations: [],
    pending: [],
    clockAheadMs: 0,
    acceptsDevices: true,
    acceptsSockets: true,
    answerReport: () => ({ status: 200, body: { answer: 'ok' } }),
    openSockets: () => sockets.clients.size,
    push: (commands) => {
      for (const client of sockets.clients) {
        client.send(JSON.stringify({ type: 'commands', commands }));
      }
    },
    cutSockets: () => {
      for (const client of sockets.clients) client.terminate();
    },
    until: (done) =>
      new Promise((resolve) => {
        const watcher = () => {
          const value = done();
          if (value === undefined) return;
          watchers.delete(watcher);
          resolve(value);
        };
        watchers.add(watcher);
        watcher();
      }),
    close: async () => {
      platform.cutSockets();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return platform;
};
