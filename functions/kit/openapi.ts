/**
 * The API document, generated from the route tables, and the page of error codes, generated from the
 * catalogue. `npm run openapi` writes both to docs/api; a test fails when they are stale.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import * as z from 'zod';
import {
  createDocument,
  type ZodOpenApiOperationObject,
  type ZodOpenApiPathsObject,
  type ZodOpenApiResponseObject,
} from 'zod-openapi';
import { catalogue, type ErrorCode } from '../../shared/core/error-catalogue.ts';
import { AppError, httpStatusOf } from '../../shared/core/errors.ts';
import { octetsSchema } from '../../shared/core/wire.ts';
import { loadAllRoutes, type NounRoute } from './all-routes.ts';
import { problemOf } from './problem.ts';
import type { Route } from './route.ts';

type AnyRoute = Pick<
  Route<never>,
  'method' | 'authentication' | 'idempotencyKeyRequired' | 'acceptsBlockedDevice' | 'errors'
>;

const byKey = (route: AnyRoute): boolean =>
  route.authentication === 'key' || route.authentication === 'key_or_bootstrap';

const bySignature = (route: AnyRoute): boolean =>
  route.authentication === 'device' || route.authentication === 'new_device';

const takesBody = (route: AnyRoute): boolean => route.method !== 'GET';

/** Every code that a route can answer: its own, and those of the pipeline's stages before it. */
export const errorCodesOf = (route: AnyRoute): readonly ErrorCode[] => {
  const codes: ErrorCode[] = ['request.malformed', 'request.rate_limited'];
  if (takesBody(route)) codes.push('request.too_large');
  if (byKey(route)) {
    codes.push('identity.unauthenticated', 'identity.forbidden');
  }
  if (bySignature(route)) {
    codes.push('device.signature_invalid', 'device.clock_skew', 'device.nonce_replayed');
  }
  if (route.authentication === 'device' && !route.acceptsBlockedDevice) {
    codes.push('device.blocked');
  }
  if (byKey(route) && route.method === 'POST') {
    codes.push('request.in_progress', 'request.idempotency_key_reused');
    if (route.idempotencyKeyRequired) codes.push('request.idempotency_key_missing');
  }
  return [
    ...new Set([
      ...codes,
      ...route.errors,
      'platform.bug',
      'platform.timed_out',
      'platform.unavailable',
    ] as const),
  ];
};

const problemSchema = z
  .looseObject({
    type: z.url().meta({ description: 'Where the code is explained.' }),
    title: z.string(),
    status: z.int(),
    detail: z.string().meta({ description: 'What happened, and why.' }),
    code: z.string().meta({ description: 'Stable; one of the codes of docs/api/errors.md.' }),
    suggestion: z.string().meta({ description: 'What to do next.' }),
    request_id: z.string(),
    errors: z
      .array(z.strictObject({ pointer: z.string(), message: z.string() }))
      .optional()
      .meta({ description: 'Every malformed place, as a JSON Pointer.' }),
  })
  .meta({ id: 'Problem', description: 'A refusal (RFC 9457).' });

const ref = (kind: string, name: string) => ({ $ref: `#/components/${kind}/${name}` });

const answerHeadersOf = (route: AnyRoute) => ({
  'Request-Id': ref('headers', 'Request-Id'),
  RateLimit: ref('headers', 'RateLimit'),
  'RateLimit-Policy': ref('headers', 'RateLimit-Policy'),
  ...(byKey(route) && route.method === 'POST'
    ? { 'Idempotent-Replayed': ref('headers', 'Idempotent-Replayed') }
    : {}),
});

/** The codes of a route by their status, ascending. */
const codesByStatus = (route: AnyRoute): readonly (readonly [number, readonly ErrorCode[]])[] => {
  const codes = errorCodesOf(route);
  const statusOf = (code: ErrorCode) => httpStatusOf[catalogue[code].kind];
  const statuses = [...new Set(codes.map(statusOf))].sort((a, b) => a - b);
  return statuses.map((status) => [status, codes.filter((code) => statusOf(code) === status)]);
};

/** Routes that refuse for the same reasons share one response, named after its codes. */
const refusalName = (codes: readonly ErrorCode[]): string => codes.join('-');

const refusalResponse = (status: number, codes: readonly ErrorCode[]) => ({
  description: codes.map((code) => `\`${code}\`: ${catalogue[code].title}`).join('\n\n'),
  headers: {
    'Request-Id': ref('headers', 'Request-Id'),
    ...([409, 425, 429, 503].includes(status)
      ? { 'Retry-After': ref('headers', 'Retry-After') }
      : {}),
  },
  content: {
    'application/problem+json': {
      schema: problemSchema,
      examples: Object.fromEntries(codes.map((code) => [code, ref('examples', code)])),
    },
  },
});

const parametersOf = (route: AnyRoute) => {
  const names = bySignature(route)
    ? ['Signature-Input', 'Content-Digest']
    : byKey(route) && route.method === 'POST'
      ? [route.idempotencyKeyRequired ? 'Idempotency-Key-Required' : 'Idempotency-Key']
      : [];
  return names.map((name) => ref('parameters', name));
};

const securityOf = (route: Route<never>) => {
  if (byKey(route)) return [{ api_key: route.scope === null ? [] : [route.scope] }];
  return bySignature(route) ? [{ device_signature: [] }] : [];
};

const isEmpty = (schema: z.ZodType): boolean =>
  schema instanceof z.ZodObject && Object.keys(schema.shape).length === 0;

/** JSON by its schema, or raw bytes. */
const contentOf = (schema: z.ZodType, octets = 'application/octet-stream') =>
  schema === octetsSchema
    ? { [octets]: { schema: { type: 'string', format: 'binary' } as const } }
    : { 'application/json': { schema } };

const operationOf = ({ noun, route }: NounRoute): ZodOpenApiOperationObject => ({
  operationId: route.name,
  tags: [noun],
  summary: route.summary,
  security: securityOf(route),
  parameters: parametersOf(route),
  requestParams: {
    path: route.params as z.ZodObject,
    query: route.query as z.ZodObject,
  },
  ...(takesBody(route) && !isEmpty(route.body)
    ? { requestBody: { required: true, content: contentOf(route.body) } }
    : {}),
  responses: {
    [route.status]: {
      description: route.status === 201 ? 'Made.' : 'Done.',
      headers: answerHeadersOf(route),
      content: contentOf(route.answer, route.answerType),
    },
    ...Object.fromEntries(
      codesByStatus(route).map(([status, codes]) => [status, ref('responses', refusalName(codes))]),
    ),
  },
});

const text = (description: string) => ({ description, schema: { type: 'string' as const } });

const idempotencyKey = (required: boolean) => ({
  name: 'Idempotency-Key',
  in: 'header' as const,
  required,
  description:
    'The same key with the same body gets the first answer again, for two days; nothing happens twice.',
  schema: { type: 'string' as const, pattern: '^[\\x21-\\x7e]{8,128}$' },
});

const components = {
  securitySchemes: {
    api_key: {
      type: 'http',
      scheme: 'bearer',
      description: 'An API key, `rm_live_...` or `rm_test_...`, with the scope that is named.',
    },
    device_signature: {
      type: 'apiKey',
      in: 'header',
      name: 'Signature',
      description:
        'HTTP Message Signatures (RFC 9421) with Ed25519, label `sig`, over @method, @authority, @path and content-digest, with created, nonce and keyid: the device’s id, or at registration the public key.',
    },
  },
  parameters: {
    'Idempotency-Key': idempotencyKey(false),
    'Idempotency-Key-Required': idempotencyKey(true),
    'Signature-Input': {
      name: 'Signature-Input',
      in: 'header',
      required: true,
      ...text('What is signed, and when (RFC 9421).'),
    },
    'Content-Digest': {
      name: 'Content-Digest',
      in: 'header',
      required: true,
      ...text('`sha-256=:<base64>:` of the body, also of an empty one (RFC 9530).'),
    },
  },
  headers: {
    'Request-Id': text('Name it when you ask for help.'),
    RateLimit: text('What is left of this minute: `"minute";r=<requests>;t=<seconds>`.'),
    'RateLimit-Policy': text(
      'The limit, per organisation, device or unknown address: `"minute";q=600;w=60`; 30 for registrations.',
    ),
    'Retry-After': { description: 'Seconds to wait.', schema: { type: 'integer' } },
    'Idempotent-Replayed': text('`true` when this is the stored answer of an earlier request.'),
  },
} as const;

const exampleId = 'req_01KA0ZZ9ZZ8Y7X6W5V4T3S2R1Q';

/** The OpenAPI 3.1 document of these routes. */
export const apiDocument = (routes: readonly NounRoute[]): object => {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  const examples: Record<string, object> = {};
  const responses: Record<string, ZodOpenApiResponseObject> = {};
  for (const entry of routes) {
    const { path, method } = entry.route;
    paths[path] = { ...paths[path], [method.toLowerCase()]: operationOf(entry) };
    for (const [status, codes] of codesByStatus(entry.route)) {
      responses[refusalName(codes)] = refusalResponse(status, codes);
      for (const code of codes)
        examples[code] = { value: problemOf(new AppError(code), exampleId) };
    }
  }
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Raymesh API',
      version: '1',
      description:
        'Rent Ray clusters made of other people’s machines, or rent yours out. Amounts are decimal strings of base units; times are ISO 8601 UTC; unknown fields are refused.',
    },
    servers: [{ url: '/' }],
    tags: [...new Set(routes.map(({ noun }) => noun))].map((name) => ({ name })),
    paths: paths as ZodOpenApiPathsObject,
    components: { ...components, examples, responses },
  });
};

/** The page that explains every code, in the catalogue's order. */
export const errorsPage = (): string => {
  const nouns = [...new Set(Object.keys(catalogue).map((code) => code.split('.')[0] ?? ''))];
  const entryOf = (code: ErrorCode): string => {
    const { kind, title, suggestion } = catalogue[code];
    return `### <a id="${code}"></a>\`${code}\`\n\n${httpStatusOf[kind]} ${kind.replaceAll('_', ' ')}. ${title}\n\n${suggestion}\n`;
  };
  const sections = nouns.map((noun) => {
    const codes = (Object.keys(catalogue) as ErrorCode[]).filter((code) =>
      code.startsWith(`${noun}.`),
    );
    return `## ${noun}\n\n${codes.map(entryOf).join('\n')}`;
  });
  return `# Error codes\n\nGenerated from \`shared/core/error-catalogue.ts\` by \`npm run openapi\`. Codes are stable; texts may change.\n\n${sections.join('\n')}`;
};

/** Both documents as files: name and text. */
export const apiFiles = async (): Promise<Readonly<Record<string, string>>> => ({
  'openapi.json': `${JSON.stringify(apiDocument(await loadAllRoutes()), null, 1)}\n`,
  'errors.md': errorsPage(),
});

if (import.meta.main) {
  const folder = new URL('../../docs/api/', import.meta.url);
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of Object.entries(await apiFiles())) {
    writeFileSync(new URL(name, folder), content);
  }
}
