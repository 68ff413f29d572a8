/**
 * Keeps one WebSocket to the platform: reconnects with full jitter after failures, and replaces the
 * connection at a random 90 to 115 minutes, the new one open before the old one closes.
 */
import { minuteMs } from '../../shared/core/time.ts';
import { messageOf } from '../problem.ts';
import { type AgentRuntime, backoffMs, fraction } from '../runtime.ts';
import { type Connection, ConnectionRefused } from './connection.ts';

const backoff = { baseMs: 1_000, maxMs: 60_000 } as const;
const rotateMsMin = 90 * minuteMs;
const rotateMsSpread = 25 * minuteMs;
/** A connection that lived shorter counts as a failure. */
const stableMs = 10_000;

export interface SocketLink {
  isOpen(): boolean;
  /** False when there is no open connection. */
  send(message: unknown): boolean;
}

/** What the link tells and asks. */
export interface SocketLinkOptions {
  readonly open: () => Promise<Connection>;
  /** After each open connection. */
  readonly onOpen: () => void;
  /** After the last open connection has ended. */
  readonly onClosed: () => void;
  /** The platform refused the connection (401, 403): find out why before the next try. */
  readonly onRefused: () => Promise<void>;
}

/** Runs the link until `signal` aborts; `link` is usable at once. */
export const runSocketLink = (
  runtime: AgentRuntime,
  options: SocketLinkOptions,
  signal: AbortSignal,
): { readonly link: SocketLink; readonly ended: Promise<void> } => {
  let current: Connection | undefined;
  let failures = 0;

  const connect = async (): Promise<Connection | undefined> => {
    try {
      return await options.open();
    } catch (thrown) {
      const status = thrown instanceof ConnectionRefused ? thrown.status : undefined;
      runtime.log.warn('socket_failed', { reason: messageOf(thrown), count: failures + 1 });
      if (status === 401 || status === 403) await options.onRefused();
      return undefined;
    }
  };

  const live = async (connection: Connection): Promise<void> => {
    const openedAtMs = runtime.monotonicMs();
    const rotation = new AbortController();
    const stop = AbortSignal.any([signal, rotation.signal]);
    void connection.closed.then(() => rotation.abort());
    await runtime.wait(rotateMsMin + fraction(runtime.randomness) * rotateMsSpread, stop);
    if (connection.isOpen() && !signal.aborted) {
      runtime.log.info('socket_rotates');
      return;
    }
    failures = runtime.monotonicMs() - openedAtMs < stableMs ? failures + 1 : 1;
  };

  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      const fresh = await connect();
      if (fresh) {
        current?.close();
        current = fresh;
        void fresh.closed.then(() => {
          if (current === fresh && !signal.aborted) options.onClosed();
        });
        runtime.log.info('socket_open');
        options.onOpen();
        await live(fresh);
        if (fresh.isOpen()) continue;
        runtime.log.warn('socket_closed');
      } else {
        failures += 1;
      }
      await runtime.wait(backoffMs(failures - 1, backoff, runtime.randomness), signal);
    }
    current?.close();
  };

  return {
    link: {
      isOpen: () => current?.isOpen() ?? false,
      send: (message) => current?.send(message) ?? false,
    },
    ended: run(),
  };
};
