/**
 * Finds the route, decodes the body and holds it to the size limit, before anything else is done.
 */
import { AppError } from '../../../shared/core/errors.ts';
import type { Route } from '../route.ts';
import type { Runtime } from '../runtime.ts';
import { exchangeOf, type HttpMiddleware } from './exchange.ts';

const bodyBytesMax = 256 * 1024;

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
        exchange.bodyText = bodyTextOf(request.event.body, request.event.isBase64Encoded);
        return;
      }
      throw new AppError('request.unknown_route', {
        message: `There is no endpoint ${method} ${path.slice(0, 200)}.`,
      });
    },
  };
};

const bodyTextOf = (body: string | undefined, isBase64Encoded: boolean): string => {
  // Base64 carries three bytes in four characters: the text's length bounds the bytes before decoding.
  if ((body?.length ?? 0) > bodyBytesMax * 1.4) throw new AppError('request.too_large');
  const text = isBase64Encoded ? Buffer.from(body ?? '', 'base64').toString() : (body ?? '');
  if (Buffer.byteLength(text) > bodyBytesMax) throw new AppError('request.too_large');
  return text;
};
