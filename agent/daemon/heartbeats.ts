/**
 * Heartbeats: through the socket when it is open (15 s with a node, 300 s without), else by signed
 * POST, whose answer carries the pending commands (15 s with a node, 60 s without). Every few of them
 * go by POST although the socket is open.
 */
import {
  type Command,
  hiredHeartbeatSeconds,
  idleHeartbeatSeconds,
  idlePollSeconds,
} from '../../shared/clusters/agent-protocol.ts';
import { heartbeatAnswerSchema } from '../../shared/devices/agent-schemas.ts';
import { type ApiClient, PlatformRefusal } from '../platform/api-client.ts';
import type { SocketLink } from '../platform/socket-link.ts';
import { messageOf } from '../problem.ts';
import type { AgentRuntime } from '../runtime.ts';

/** After a refusal, which a person must mend, the platform is asked no more often than this. */
const refusedSeconds = 60;

/**
 * Every how many-th message goes by POST although the socket is open. An open socket proves little:
 * it takes messages also while the functions behind it fail, and a push that is lost is not repeated.
 * A POST is answered and brings the pending commands: every 45 s with a node, every 15 minutes without,
 * so that a device whose socket leads nowhere is not taken for lost.
 */
export const postEvery = { hired: 3, idle: 3 } as const;

export interface HeartbeatsOptions {
  readonly api: ApiClient;
  readonly link: SocketLink;
  readonly deviceId: string;
  readonly isHired: () => boolean;
  readonly onCommands: (commands: readonly Command[]) => void;
}

export interface Heartbeats {
  /** Something changed (connected, cut, hired, freed): the next heartbeat is due by the new period. */
  wake(): void;
  /** One heartbeat by POST, now; whether it was taken. Tells in the log why the platform refuses. */
  post(): Promise<boolean>;
  readonly ended: Promise<void>;
}

/** Seconds between heartbeats. */
export const periodSeconds = (isOpen: boolean, isHired: boolean): number => {
  if (isHired) return hiredHeartbeatSeconds;
  return isOpen ? idleHeartbeatSeconds : idlePollSeconds;
};

/** Sends heartbeats until `signal` aborts, the first one at once. */
export const runHeartbeats = (
  runtime: AgentRuntime,
  options: HeartbeatsOptions,
  signal: AbortSignal,
): Heartbeats => {
  let waking = new AbortController();
  let isRefused = false;
  let sincePost = 0;

  const post = async (): Promise<boolean> => {
    sincePost = 0;
    try {
      const answer = await options.api.send({
        method: 'POST',
        path: '/v1/agent/heartbeat',
        body: {},
        answer: heartbeatAnswerSchema,
      });
      isRefused = false;
      options.onCommands(answer.commands);
      return true;
    } catch (thrown) {
      isRefused = thrown instanceof PlatformRefusal && thrown.status < 429;
      const next = thrown instanceof PlatformRefusal ? { next: thrown.suggestion } : {};
      const code = thrown instanceof PlatformRefusal ? { code: thrown.code } : {};
      runtime.log.warn('heartbeat_failed', { ...code, ...next, reason: messageOf(thrown) });
      return false;
    }
  };

  const isPostDue = (): boolean =>
    sincePost >= (options.isHired() ? postEvery.hired : postEvery.idle);

  /** A greeting goes through the new connection, so that the platform knows it. */
  const beat = async (isGreeting: boolean): Promise<void> => {
    sincePost += 1;
    const postFirst = !options.link.isOpen() || (isPostDue() && !isGreeting);
    if (postFirst && (await post())) return;
    const message = { action: 'heartbeat', device_id: options.deviceId };
    if (options.link.send(message)) isRefused = false;
    else if (!postFirst) await post();
  };

  const run = async (): Promise<void> => {
    let lastMs = Number.NEGATIVE_INFINITY;
    let wasOpen = false;
    while (!signal.aborted) {
      const isOpen = options.link.isOpen();
      const seconds =
        isRefused && !isOpen ? refusedSeconds : periodSeconds(isOpen, options.isHired());
      const dueMs = lastMs + seconds * 1_000;
      const nowMs = runtime.monotonicMs();
      // A new connection is greeted at once: the platform counts presence by heartbeats.
      const isGreeting = isOpen && !wasOpen;
      if (nowMs >= dueMs || isGreeting) {
        lastMs = nowMs;
        await beat(isGreeting);
      } else {
        waking = new AbortController();
        await runtime.wait(dueMs - nowMs, AbortSignal.any([signal, waking.signal]));
      }
      wasOpen = isOpen;
    }
  };

  return { wake: () => waking.abort(), post, ended: run() };
};
