/** A small service behind the real pipeline: what the tests of the kit call. */
import * as z from 'zod';
import { httpFunction } from '../../functions/kit/http.ts';
import { type Call, type Route, route } from '../../functions/kit/route.ts';
import { commit } from '../../functions/kit/transaction.ts';
import { WriteRefused } from '../../shared/core/database.ts';
import { AppError } from '../../shared/core/errors.ts';
import { emptySchema, octetsSchema } from '../../shared/core/wire.ts';
import type { Scope } from '../../shared/identity/permissions.ts';
import { callHttp, type TestRequest } from '../support/http.ts';
import { makeKey, makeOrganisation } from '../support/identity.ts';
import { type TestRuntime, testRuntime } from '../support/runtime.ts';

const orderSchema = z.strictObject({
  name: z.string().min(1),
  lines: z.array(z.strictObject({ count: z.number().int() })).optional(),
});
const answerSchema = z.strictObject({ id: z.string(), secret: z.string().nullable() });
const scope: Scope = 'clusters:write';

type OrderCall = Call<'key', unknown, unknown, z.output<typeof orderSchema>>;

/** What a test can hook into the handler, before and after its effect. */
export interface SampleHooks {
  before?: (call: OrderCall) => Promise<void>;
  after?: () => Promise<void>;
}

type SampleRuntime = TestRuntime & { readonly hooks: SampleHooks };

/** Writes one item under an id of the attempt; a resumed attempt finds it. */
const createOrder = async (needs: SampleRuntime, call: OrderCall) => {
  await needs.hooks.before?.(call);
  const id = call.newId('clu');
  try {
    await commit(needs, [
      {
        kind: 'put',
        table: 'clusters',
        key: { pk: id, sk: 'ORDER' },
        attributes: { name: call.body.name },
        condition: { exists: false },
      },
    ]);
  } catch (error) {
    if (!(error instanceof WriteRefused)) throw error;
    return { id, secret: null };
  }
  await needs.hooks.after?.();
  return { id, secret: 'sesame-open' };
};

const common = {
  params: emptySchema,
  query: emptySchema,
  answer: answerSchema,
  errors: [],
} as const;

export const sampleRoutes: readonly Route<SampleRuntime>[] = [
  route({
    ...common,
    name: 'createOrder',
    method: 'POST',
    path: '/v1/orders',
    summary: 'Orders, once per key.',
    authentication: 'key',
    scope,
    idempotencyKeyRequired: true,
    body: orderSchema,
    status: 201,
    secrets: ['secret'],
    handle: createOrder,
  }),
  route({
    ...common,
    name: 'createDraft',
    method: 'POST',
    path: '/v1/drafts',
    summary: 'Orders, with or without a key.',
    authentication: 'key',
    scope,
    body: orderSchema,
    status: 201,
    handle: createOrder,
  }),
  route({
    name: 'getOrder',
    method: 'GET',
    path: '/v1/orders/{order_id}',
    summary: 'Shows what it was asked.',
    authentication: 'key',
    scope,
    params: z.strictObject({ order_id: z.string() }),
    query: z.strictObject({ limit: z.coerce.number().int().max(100).optional() }),
    body: emptySchema,
    answer: z.strictObject({ order_id: z.string(), limit: z.number().nullable() }),
    status: 200,
    errors: [],
    handle: async (_needs, call) => ({
      order_id: call.params.order_id,
      limit: call.query.limit ?? null,
    }),
  }),
  route({
    ...common,
    name: 'breakDown',
    method: 'POST',
    path: '/v1/faults.json',
    summary: 'Throws what it is told to.',
    authentication: 'public',
    scope: null,
    body: z.strictObject({ kind: z.enum(['bug', 'refusal', 'wrong_answer', 'hang']) }),
    status: 200,
    handle: async (_needs, call) => {
      if (call.body.kind === 'bug') throw new TypeError('undefined has no secret');
      if (call.body.kind === 'hang') await new Promise(() => {});
      if (call.body.kind === 'wrong_answer') return { id: 5 } as never;
      throw new AppError('platform.unavailable', {
        message: 'Come again.',
        suggestion: 'In a while.',
        retryAfterSeconds: 7,
        extra: { shortfall: '5' },
        details: { internal: 'detail' },
      });
    },
  }),
];

/** Bytes in, the same bytes out; and when and from where they came. */
export const octetRoutes: readonly Route<TestRuntime>[] = [
  route({
    name: 'echoOctets',
    method: 'PUT',
    path: '/v1/octets',
    summary: 'Answers the bytes that it got.',
    authentication: 'public',
    scope: null,
    params: emptySchema,
    query: emptySchema,
    body: octetsSchema,
    bodyBytesMax: 512 * 1024,
    answer: octetsSchema,
    answerHeaders: (octets) => ({ 'cache-control': `max-age=${octets.length}` }),
    status: 200,
    errors: [],
    handle: async (_needs, call) => call.body,
  }),
  route({
    ...common,
    name: 'getArrival',
    method: 'GET',
    path: '/v1/arrival',
    summary: 'Tells when and from where the request came.',
    authentication: 'public',
    scope: null,
    body: emptySchema,
    answer: z.strictObject({ arrived_at_ms: z.int(), source_ip: z.string() }),
    answerHeaders: ({ arrived_at_ms }) => ({ 'x-arrival': String(arrived_at_ms) }),
    status: 200,
    handle: async (_needs, call) => ({
      arrived_at_ms: call.arrivedAtMs,
      source_ip: call.sourceIp,
    }),
  }),
];

/** The service, a tenant with an owner's key, and ways to call. */
export const sample = async () => {
  const runtime: SampleRuntime = { ...testRuntime(), hooks: {} };
  const serve = httpFunction(runtime, sampleRoutes, { keyMode: 'test' });
  const organisationId = await makeOrganisation(runtime);
  const key = await makeKey(runtime, organisationId);
  return {
    runtime,
    serve,
    organisationId,
    key,
    call: (request: TestRequest) => callHttp(serve, { key, ...request }),
    /** An order under an Idempotency-Key. */
    order: (idempotencyKey: string, body: unknown = { name: 'one' }) =>
      callHttp(serve, {
        method: 'POST',
        path: '/v1/orders',
        key,
        body,
        headers: { 'idempotency-key': idempotencyKey },
      }),
    orders: () => runtime.database.all('clusters'),
  };
};
