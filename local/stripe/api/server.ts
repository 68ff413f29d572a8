/**
 * Serves the API: finds the endpoint, checks the key and the version, keeps idempotency keys, and turns
 * refusals into Stripe's errors. One request is one synchronous step, so it is atomic.
 */
import { Stripe } from 'stripe';
import * as z from 'zod';
import { expireDueSessions } from '../world/checkout.ts';
import { Refusal } from '../world/refusal.ts';
import type { World } from '../world/world.ts';
import { customerEndpoints } from './customers.ts';
import type { Endpoint } from './endpoint.ts';
import { expanded } from './expansion.ts';
import { decodeForm, parseForm, texts } from './form.ts';
import { findAnswer } from './idempotency.ts';
import { intentEndpoints } from './intents.ts';
import { recordEndpoints } from './records.ts';
import { sessionEndpoints } from './sessions.ts';

export interface ApiRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** The query, or the body of what changes something. */
  readonly form: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

export interface ApiAnswer {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The request itself was understood, whatever came of it. */
  readonly understood: boolean;
}

const endpoints: readonly Endpoint[] = [
  ...customerEndpoints,
  ...intentEndpoints,
  ...sessionEndpoints,
  ...recordEndpoints,
];

const routes = endpoints.map((each) => ({
  each,
  form: new RegExp(`^${each.path.replace(':id', '(?<id>[A-Za-z0-9_]+)')}$`),
}));

const findRoute = ({ method, path }: ApiRequest): { endpoint: Endpoint; id: string } => {
  for (const { each, form } of routes) {
    const match = each.method === method ? form.exec(path) : null;
    if (match !== null) return { endpoint: each, id: match.groups?.['id'] ?? '' };
  }
  const message = `Unrecognized request URL (${method}: ${path}). The stand-in in local/stripe does not serve it.`;
  throw new Refusal(404, { type: 'invalid_request_error', message }, true);
};

const header = ({ headers }: ApiRequest, name: string): string | null => {
  const value = headers[name];
  return typeof value === 'string' ? value : null;
};

/** The key of `Bearer <key>` or of basic authentication without a password. */
const presentedKey = (request: ApiRequest): string => {
  const [scheme = '', value = ''] = (header(request, 'authorization') ?? '').split(' ');
  if (scheme.toLowerCase() !== 'basic') return value;
  return Buffer.from(value, 'base64').toString('utf8').replace(/:$/, '');
};

const requireKey = (request: ApiRequest, secretKey: string): void => {
  const key = presentedKey(request);
  if (key === secretKey) return;
  const message =
    key === ''
      ? 'You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth.'
      : `Invalid API Key provided: ${key.slice(0, 8)}${'*'.repeat(12)}`;
  throw new Refusal(401, { type: 'invalid_request_error', message }, true);
};

const requireVersion = (request: ApiRequest): void => {
  const version = header(request, 'stripe-version');
  if (version === Stripe.API_VERSION) return;
  const message = `The stand-in speaks API version ${Stripe.API_VERSION} alone; this request asks for ${version ?? 'none'}.`;
  throw new Refusal(400, { type: 'invalid_request_error', message }, true);
};

const expansion = z.object({ expand: texts.optional() });

const execute = (world: World, request: ApiRequest): object => {
  const { endpoint, id } = findRoute(request);
  const raw = decodeForm(request.form);
  const { expand = [] } = parseForm(expansion, raw);
  const { expand: _, ...rest } = raw;
  const parameters = parseForm(endpoint.accepts, rest);
  return expanded(world, endpoint.act(world, parameters as never, id), expand);
};

/** Fields in the order of their names, so that equal parameters read equal. */
const canonical = (form: string): string =>
  [...new URLSearchParams(form)].map(String).sort().join('&');

interface Outcome {
  readonly status: number;
  readonly body: string;
  readonly understood: boolean;
}

const attempt = (world: World, request: ApiRequest): Outcome => {
  try {
    const body = JSON.stringify(execute(world, request), null, 2);
    return { status: 200, body, understood: true };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const body = JSON.stringify({ error: error.body }, null, 2);
    return { status: error.status, body, understood: !error.beforeExecution };
  }
};

const answerOnce = (world: World, request: ApiRequest): Outcome & { replayOf: string | null } => {
  const key = request.method === 'GET' ? null : header(request, 'idempotency-key');
  if (key === null) return { ...attempt(world, request), replayOf: null };
  const asked = { path: request.path, parameters: canonical(request.form) };
  const kept = findAnswer(world, key, asked);
  if (kept !== undefined) return { ...kept, understood: true, replayOf: kept.requestId };
  const outcome = attempt(world, request);
  const requestId = world.cause.id ?? '';
  const { status, body } = outcome;
  if (outcome.understood) {
    world.state.answers.set(key, { ...asked, requestId, status, body, atMs: world.nowMs() });
  }
  return { ...outcome, replayOf: null };
};

/** Answers one request to the API and notes it. */
export const serveApi = (world: World, secretKey: string, request: ApiRequest): ApiAnswer => {
  const id = world.newId('req_', 14);
  const idempotencyKey = header(request, 'idempotency-key');
  world.cause = { id, idempotencyKey };
  expireDueSessions(world);
  let outcome: ReturnType<typeof answerOnce>;
  try {
    requireKey(request, secretKey);
    requireVersion(request);
    outcome = answerOnce(world, request);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const body = JSON.stringify({ error: error.body }, null, 2);
    outcome = { status: error.status, body, understood: false, replayOf: null };
  }
  world.cause = { id: null, idempotencyKey: null };
  const { status, body, understood, replayOf } = outcome;
  const { method, path } = request;
  const replayed = replayOf !== null;
  world.state.requests.push({ id, method, path, idempotencyKey, status, replayed });
  return {
    status,
    body,
    understood,
    headers: {
      'request-id': id,
      'stripe-version': Stripe.API_VERSION,
      ...(idempotencyKey === null ? {} : { 'idempotency-key': idempotencyKey }),
      ...(replayed ? { 'idempotent-replayed': 'true', 'original-request': replayOf } : {}),
    },
  };
};
