/**
 * The pipeline of the agents' WebSocket: routes by name, answers 200 for what was taken and the
 * refusal's status otherwise (API Gateway shows it to nobody but the caller of $connect). No log line
 * per message.
 */
import type { APIGatewayProxyWebsocketEventV2 } from 'aws-lambda';
import { AppError, httpStatusOf } from '../../shared/core/errors.ts';
import { toAppError } from './problem.ts';
import type { Runtime } from './runtime.ts';

/** One message, or the opening or closing of a connection. */
export interface SocketMessage {
  readonly connectionId: string;
  /** Lower-case names; only on $connect. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Parsed JSON of the message; undefined on $connect and $disconnect. */
  readonly body: unknown;
  readonly nowMs: number;
}

export type SocketRoute<Needs> = (needs: Needs, message: SocketMessage) => Promise<void>;

/** The Lambda handler of WebSocket routes, by route key. */
export const socketFunction =
  <Needs extends Runtime>(runtime: Needs, routes: Readonly<Record<string, SocketRoute<Needs>>>) =>
  async (
    event: APIGatewayProxyWebsocketEventV2 & {
      readonly headers?: Readonly<Record<string, string | undefined>>;
    },
  ): Promise<{ readonly statusCode: number }> => {
    await runtime.clock.refresh();
    const { routeKey, connectionId } = event.requestContext;
    try {
      const socketRoute = routes[routeKey];
      if (!socketRoute) throw new AppError('request.unknown_route');
      const headers = Object.fromEntries(
        Object.entries(event.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
      );
      await socketRoute(runtime, {
        connectionId,
        headers,
        body: event.body ? parse(event.body) : undefined,
        nowMs: runtime.clock.nowMs(),
      });
      return { statusCode: 200 };
    } catch (thrown) {
      const error = toAppError(thrown);
      const log = error.kind === 'bug' ? runtime.log.error : runtime.log.info;
      log('socket.refused', { route: routeKey, code: error.code, cause: error.cause });
      return { statusCode: httpStatusOf[error.kind] };
    }
  };

/** Bytes of the largest message; API Gateway's own frame limit is 32 KiB. */
const messageBytesMax = 32 * 1024;

const parse = (text: string): unknown => {
  if (Buffer.byteLength(text) > messageBytesMax) throw new AppError('request.too_large');
  try {
    return JSON.parse(text);
  } catch {
    throw new AppError('request.malformed');
  }
};
