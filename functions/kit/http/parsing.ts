/**
 * Holds parameters, query and body to the route's schemas; unknown fields are refused. Every problem is
 * named by a JSON Pointer, all of them at once.
 */
import type * as z from 'zod';
import { present } from '../../../shared/core/assert.ts';
import { AppError, type FieldError } from '../../../shared/core/errors.ts';
import { exchangeOf, type HttpMiddleware } from './exchange.ts';

export const parsing = (): HttpMiddleware => ({
  before: (request) => {
    const exchange = exchangeOf(request);
    const route = present(exchange.route, 'no route was found');
    const fields: FieldError[] = [];
    const read = (schema: z.ZodType, value: unknown, place: string): unknown => {
      const result = schema.safeParse(value);
      if (!result.success)
        fields.push(...result.error.issues.flatMap((issue) => fieldErrors(issue, place)));
      return result.data;
    };
    exchange.input = {
      params: read(route.params, exchange.pathParameters ?? {}, '/path'),
      query: read(route.query, request.event.queryStringParameters ?? {}, '/query'),
      body: read(route.body, bodyOf(route.method, exchange.body ?? ''), ''),
    };
    if (fields.length > 0) throw new AppError('request.malformed', { fields });
  },
});

const bodyOf = (method: string, body: string | Uint8Array): unknown => {
  if (typeof body !== 'string') return body;
  if (method === 'GET' || body === '') return {};
  try {
    return JSON.parse(body);
  } catch {
    throw new AppError('request.malformed', {
      fields: [{ pointer: '', message: 'The body is not JSON.' }],
    });
  }
};

/** One entry per wrong place: an issue about unknown fields names several. */
const fieldErrors = (issue: z.core.$ZodIssue, place: string): readonly FieldError[] => {
  if (issue.code !== 'unrecognized_keys') {
    return [{ pointer: pointerOf(place, issue.path), message: issue.message }];
  }
  return issue.keys.map((key) => ({
    pointer: pointerOf(place, [...issue.path, key]),
    message: 'There is no such field.',
  }));
};

/** RFC 6901. */
const pointerOf = (place: string, path: readonly PropertyKey[]): string => {
  const parts = path.map((part) => String(part).replaceAll('~', '~0').replaceAll('/', '~1'));
  return [place, ...parts].join('/');
};
