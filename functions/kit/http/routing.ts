/**
 * Finds the route, decodes the body and holds it to the size limit, before anything else is done.
 */
import { AppError } from '../../../shared/core/errors.ts';
import { octetsSchema } from '../../../shared/core/wire.ts';
import type { Route } from '../route.ts';
import type { Runtime } from '../runtime.ts';
import { exchangeOf, type HttpMiddleware } from './exchange.ts';

/** Of a route that does not say how much it takes. */
const usualBytesMax = 256 * 1024;

interface CompiledRoute {
  readonly route: Route<Runtime>;
  readonly pattern: RegExp;
}

const compile = (route: Route<Runtime>): CompiledRoute => ({
  route,
  pattern: new RegExp(
    `^${route.path.replaceAll('.', '\\.').replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]{1,128})')}$`,
  ),
});

export const routing = (routes: readonly Route<Runtime>[]): HttpMiddleware => {
  const compiled = routes.map(compile);
  return {
    before: (request) => {
      const exchange = exchangeOf(request);
      const method = request.event.requestContext.http.method;
      const path = request.event.rawPath;
      for (const { route, pattern } of compiled) {
        const match = route.method === method ? pattern.exec(path) : null;
        if (!match) continue;
        exchange.route = route;
        exchange.pathParameters = { ...match.groups };
        exchange.body = bodyOf(route, request.event.body ?? '', request.event.isBase64Encoded);
        return;
      }
      throw new AppError('request.unknown_route', {
        message: `There is no endpoint ${method} ${path.slice(0, 200)}.`,
      });
    },
  };
};

const bodyOf = (
  route: Route<Runtime>,
  body: string,
  isBase64Encoded: boolean,
): string | Uint8Array => {
  const bytesMax = route.bodyBytesMax ?? usualBytesMax;
  const message = `The request body is larger than ${bytesMax / 1024} KiB.`;
  // Base64 carries three bytes in four characters: the text's length bounds the bytes before decoding.
  if (body.length > bytesMax * 1.4) throw new AppError('request.too_large', { message });
  const bytes = Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
  if (bytes.length > bytesMax) throw new AppError('request.too_large', { message });
  if (route.body === octetsSchema) return bytes;
  return isBase64Encoded ? bytes.toString() : body;
};
