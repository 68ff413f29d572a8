/**
 * The pipeline of HTTP functions, the only place where middy wraps a handler. Order matters: id and
 * errors, route and size, rate of strangers, caller and permission, rate of callers, form, idempotency, then the handler.
 */
import middy from '@middy/core';
import type {
  APIGatewayProxyEventV2,
  APIGatewayProxyStructuredResultV2,
  Context,
} from 'aws-lambda';
import { present } from '../../shared/core/assert.ts';
import { AppError } from '../../shared/core/errors.ts';
import { newId } from '../../shared/core/ids.ts';
import { octetsSchema } from '../../shared/core/wire.ts';
import { authentication, type KeyCheck } from './http/authentication.ts';
import { type Exchange, exchangeOf } from './http/exchange.ts';
import { idempotency, lockSeconds } from './http/idempotency.ts';
import { parsing } from './http/parsing.ts';
import { callerLimit, strangerLimit } from './http/rate-limit.ts';
import { requestScope } from './http/request-scope.ts';
import { routing } from './http/routing.ts';
import type { Route } from './route.ts';
import type { Runtime } from './runtime.ts';

export type HttpFunction = (
  event: APIGatewayProxyEventV2,
  context: Context,
) => Promise<APIGatewayProxyStructuredResultV2>;

/** The Lambda handler that serves these routes with this runtime. */
export const httpFunction = <Needs extends Runtime>(
  runtime: Needs,
  routes: readonly Route<Needs>[],
  check: KeyCheck,
): HttpFunction => {
  // The stages know the runtime's common part; only the handlers below get all of it.
  const table = routes as unknown as readonly Route<Runtime>[];
  return middy<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Error, Context>({
    timeoutEarlyInMillis: 500,
    timeoutEarlyResponse: () => {
      throw new AppError('platform.timed_out', { retryAfterSeconds: lockSeconds });
    },
  })
    .use(requestScope(runtime))
    .use(routing(table))
    .use(strangerLimit(runtime))
    .use(authentication(runtime, check))
    .use(callerLimit(runtime))
    .use(parsing())
    .use(idempotency(runtime))
    .handler((event) => dispatch(runtime, event)) as HttpFunction;
};

/** Calls the route's handler and holds its answer to the route's schema. */
const dispatch = async (
  runtime: Runtime,
  event: APIGatewayProxyEventV2,
): Promise<APIGatewayProxyStructuredResultV2> => {
  const exchange = exchangeOf({ event });
  const route = present(exchange.route, 'no route was found');
  const { sourceIp } = event.requestContext.http;
  const answer = await route.handle(runtime, callOf(runtime, exchange, sourceIp) as never);
  const more = route.answerHeaders?.(answer as never);
  if (route.answer === octetsSchema) return octetsOf(route, octetsSchema.parse(answer), more);
  return {
    statusCode: route.status,
    headers: { 'content-type': 'application/json', ...more },
    body: JSON.stringify(route.answer.parse(answer)),
  };
};

const octetsOf = (
  { status, answerType = 'application/octet-stream' }: Route<Runtime>,
  octets: Uint8Array,
  more: Readonly<Record<string, string>> | undefined,
): APIGatewayProxyStructuredResultV2 => ({
  statusCode: status,
  headers: { 'content-type': answerType, ...more },
  body: Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString('base64'),
  isBase64Encoded: true,
});

const callOf = (runtime: Runtime, exchange: Exchange, sourceIp: string) => {
  const attempt = present(exchange.attempt, 'no attempt was begun');
  return {
    ...present(exchange.input, 'nothing was parsed'),
    caller: exchange.caller,
    requestId: exchange.requestId,
    nowMs: runtime.clock.nowMs(),
    arrivedAtMs: present(exchange.arrivedAtMs, 'nobody looked when it arrived'),
    sourceIp,
    newId: (prefix: Parameters<typeof newId>[0]) =>
      newId(prefix, attempt.startedAtMs, attempt.randomness),
  };
};
