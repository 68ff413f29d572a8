/**
 * What the pipeline's stages hand to each other about one request. Filled from left to right: scope,
 * route, body, caller, parsed input; a stage that reads a part asserts that it is there.
 */
import type middy from '@middy/core';
import type {
  APIGatewayProxyEventV2,
  APIGatewayProxyStructuredResultV2,
  Context,
} from 'aws-lambda';
import { present } from '../../../shared/core/assert.ts';
import type { Randomness } from '../../../shared/core/ids.ts';
import type { Logger } from '../log.ts';
import type { Caller, Route } from '../route.ts';
import type { Runtime } from '../runtime.ts';

export interface Exchange {
  readonly requestId: string;
  readonly startedAtMs: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Response headers that stages add. */
  readonly answerHeaders: Record<string, string>;
  log: Logger;
  route?: Route<Runtime>;
  pathParameters?: Readonly<Record<string, string>>;
  /** When the whole request was there; what is timed is timed by it. */
  arrivedAtMs?: number;
  /** The body as it was sent: text, empty when there is none, or bytes where the route takes octets. */
  body?: string | Uint8Array;
  caller?: Caller;
  input?: { readonly params: unknown; readonly query: unknown; readonly body: unknown };
  /** Where this attempt's ids come from, and the time that they carry. */
  attempt?: { readonly randomness: Randomness; readonly startedAtMs: number };
}

export type HttpRequest = middy.Request<
  APIGatewayProxyEventV2,
  APIGatewayProxyStructuredResultV2,
  Error,
  Context
>;

export type HttpMiddleware = middy.MiddlewareObj<
  APIGatewayProxyEventV2,
  APIGatewayProxyStructuredResultV2,
  Error,
  Context
>;

const exchanges = new WeakMap<object, Exchange>();

/** Starts the exchange of a request. */
export const openExchange = (event: APIGatewayProxyEventV2, exchange: Exchange): void => {
  exchanges.set(event, exchange);
};

/** The exchange of a request. */
export const exchangeOf = ({ event }: { readonly event: APIGatewayProxyEventV2 }): Exchange =>
  present(exchanges.get(event), 'no exchange was opened');
