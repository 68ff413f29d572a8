/**
 * The outermost stage: gives the request its id and log, refreshes the clock, and turns whatever is
 * thrown further in into a problem document. Every answer carries Request-Id.
 */
import { newId } from '../../../shared/core/ids.ts';
import { problemOf, toAppError } from '../problem.ts';
import type { PlatformClock, Runtime } from '../runtime.ts';
import { exchangeOf, type HttpMiddleware, openExchange } from './exchange.ts';

export const requestScope = (runtime: Runtime): HttpMiddleware => {
  const startOf = invocationStarts(runtime.clock);
  return {
    before: async (request) => {
      const startedRealMs = startOf();
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
      const { timeEpoch } = request.event.requestContext;
      exchangeOf(request).arrivedAtMs = runtime.clock.atReal(Math.max(timeEpoch, startedRealMs));
    },

    after: (request) => {
      const exchange = exchangeOf(request);
      const response = request.response ?? {};
      request.response = {
        ...response,
        headers: { ...response.headers, ...exchange.answerHeaders },
      };
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
          // What is refused now may be granted later.
          'cache-control': 'no-store',
          ...(error.options.retryAfterSeconds === undefined
            ? {}
            : { 'retry-after': String(error.options.retryAfterSeconds) }),
        },
        body: JSON.stringify(problem),
      };
    },
  };
};

/** Longer than Lambda lets a process start before its first call; what is older was started ahead of it. */
const coldStartMsMax = 10_000;

/**
 * When an invocation started, by the real clock: the first one of a process with the process, for its
 * cold start is the platform's, not the caller's.
 */
const invocationStarts = (clock: PlatformClock): (() => number) => {
  let first = true;
  return () => {
    const startedRealMs = clock.realMs();
    const cold = first && startedRealMs - clock.processStartedRealMs < coldStartMsMax;
    first = false;
    return cold ? clock.processStartedRealMs : startedRealMs;
  };
};
