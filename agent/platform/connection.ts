/**
 * One WebSocket connection to the platform. It notices a dead line by pings, but only behind a
 * gateway that has answered one: the first goes out at once, while the line is surely alive.
 */
import WebSocket from 'ws';
import type { Command } from '../../shared/clusters/agent-protocol.ts';
import { pushSchema } from '../../shared/clusters/agent-protocol.ts';
import type { AgentRuntime } from '../runtime.ts';

const handshakeMs = 10_000;
const pingMs = 60_000;
const pongWaitMs = 10_000;
const keepAliveMs = 30_000;
const messageBytesMax = 1024 * 1024;

/** An open connection. */
export interface Connection {
  isOpen(): boolean;
  /** False when the connection is not open. */
  send(message: unknown): boolean;
  close(): void;
  /** Settles once when the connection has ended, whoever ended it. */
  readonly closed: Promise<void>;
}

/** Why no connection came about; `status` is set when the platform refused it. */
export class ConnectionRefused extends Error {
  override readonly name = 'ConnectionRefused';
  readonly status: number | undefined;

  constructor(message: string, status?: number) {
    super(message);
    this.status = status;
  }
}

const watchPulse = async (runtime: AgentRuntime, socket: WebSocket, end: AbortSignal) => {
  let pongs = 0;
  socket.on('pong', () => {
    pongs += 1;
  });
  while (!end.aborted) {
    const before = pongs;
    socket.ping();
    await runtime.wait(pongWaitMs, end);
    if (end.aborted) return;
    if (pongs === before && pongs > 0) {
      runtime.log.warn('socket_dead', { reason: 'no pong within 10 s' });
      socket.terminate();
      return;
    }
    await runtime.wait(pingMs - pongWaitMs, end);
  }
};

const readCommands = (runtime: AgentRuntime, data: WebSocket.RawData): readonly Command[] => {
  try {
    return pushSchema.parse(JSON.parse(String(data))).commands;
  } catch {
    // Nothing is lost: pending commands are fetched after each connect and with each fallback.
    runtime.log.warn('push_unreadable', {});
    return [];
  }
};

/** Opens a connection. Rejects with ConnectionRefused. */
export const openConnection = (
  runtime: AgentRuntime,
  target: { readonly url: string; readonly headers: Readonly<Record<string, string>> },
  onCommands: (commands: readonly Command[]) => void,
): Promise<Connection> =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(target.url, {
      headers: { ...target.headers },
      handshakeTimeout: handshakeMs,
      maxPayload: messageBytesMax,
      perMessageDeflate: false,
    });
    const end = new AbortController();
    const closed = new Promise<void>((settle) => {
      socket.once('close', () => {
        end.abort();
        settle();
        reject(new ConnectionRefused('the connection closed before it opened'));
      });
    });
    socket.once('upgrade', (response) => response.socket.setKeepAlive(true, keepAliveMs));
    socket.once('unexpected-response', (_request, response) => {
      reject(new ConnectionRefused(`refused with ${response.statusCode}`, response.statusCode));
      socket.terminate();
    });
    socket.on('error', (error) => reject(new ConnectionRefused(error.message)));
    socket.on('message', (data) => {
      const commands = readCommands(runtime, data);
      if (commands.length > 0) onCommands(commands);
    });
    socket.once('open', () => {
      void watchPulse(runtime, socket, end.signal);
      resolve({
        closed,
        isOpen: () => socket.readyState === WebSocket.OPEN,
        close: () => socket.close(1000),
        send: (message) => {
          if (socket.readyState !== WebSocket.OPEN) return false;
          socket.send(JSON.stringify(message), () => undefined);
          return true;
        },
      });
    });
  });
