/**
 * The outermost stage: gives the request its id and log, refreshes the clock, and turns whatever is
 * thrown further in into a problem document. Every answer carries Request-Id.
 */
import { newId } from '../../../shared/core/ids.ts';
import { problemOf, toAppError } from '../problem.ts';
import type { Runtime } from '../runtime.ts';
import { exchangeOf, type HttpMiddleware, openExchange } from './exchange.ts';

export const requestScope = (runtime: Runtime): HttpMiddleware => ({
  before: async (request) => {
    const nowMs = runtime.clock.nowMs();
    const requestId = newId('req', nowMs, runtime.randomness);
    openExchange(request.event, {
      requestId,
      startedAtMs: nowMs,
      headers: request.event.headers,
      answerHeaders: { 'request-id': requestId },
      log: runtime.log.with({
        request_id: requestId,
        // By it the line is found in the access log of the HTTP API, which does not know ours.
        gateway_request_id: request.event.requestContext.requestId,
      }),
    });
    await runtime.clock.refresh();
  },

  after: (request) => {
    const exchange = exchangeOf(request);
    const response = request.response ?? {};
    request.response = { ...response, headers: { ...response.headers, ...exchange.answerHeaders } };
    exchange.log.info('request.answered', {
      route: exchange.route?.name,
      status: response.statusCode,
      milliseconds: runtime.clock.nowMs() - exchange.startedAtMs,
    });
  },

  onError: (request) => {
    const exchange = exchangeOf(request);
    const error = toAppError(request.error);
    const problem = problemOf(error, exchange.requestId);
    const log = error.kind === 'bug' ? exchange.log.error : exchange.log.info;
    log('request.refused', {
      route: exchange.route?.name,
      code: error.code,
      status: problem.status,
      details: error.options.details,
      cause: error.cause,
    });
    request.response = {
      statusCode: problem.status,
      headers: {
        ...exchange.answerHeaders,
        'content-type': 'application/problem+json',
        ...(error.options.retryAfterSeconds === undefined
          ? {}
          : { 'retry-after': String(error.options.retryAfterSeconds) }),
      },
      body: JSON.stringify(problem),
    };
  },
});
