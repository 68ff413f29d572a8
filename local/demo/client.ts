/**
 * A small client of the platform's API for the demo, the journeys and the benchmarks: sends an
 * Idempotency-Key with every POST and holds every answer to the platform's own schema.
 */
import { randomUUID } from 'node:crypto';
import type * as z from 'zod';

/** An answer of the platform that is no success, with its problem document. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';
  readonly status: number;
  readonly problem: Readonly<Record<string, unknown>>;

  constructor(status: number, problem: Readonly<Record<string, unknown>>) {
    super(`${status} ${problem['code']}: ${problem['detail']} ${problem['suggestion'] ?? ''}`);
    this.status = status;
    this.problem = problem;
  }

  /** The stable code of the refusal. */
  get code(): string {
    return String(this.problem['code']);
  }
}

export interface ApiClient {
  get<Answer extends z.ZodType>(path: string, answer: Answer): Promise<z.output<Answer>>;
  /** `idempotencyKey` is random unless given. */
  post<Answer extends z.ZodType>(
    path: string,
    body: unknown,
    answer: Answer,
    idempotencyKey?: string,
  ): Promise<z.output<Answer>>;
  put<Answer extends z.ZodType>(
    path: string,
    body: unknown,
    answer: Answer,
  ): Promise<z.output<Answer>>;
}

/** A client that speaks with this key. Throws ApiProblem on every refusal. */
export const apiClient = (apiUrl: string, key: string): ApiClient => {
  const send = async <Answer extends z.ZodType>(
    method: string,
    path: string,
    answer: Answer,
    sent: { readonly body?: unknown; readonly idempotencyKey?: string },
  ): Promise<z.output<Answer>> => {
    const response = await fetch(`${apiUrl}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        'content-type': 'application/json',
        ...(sent.idempotencyKey === undefined ? {} : { 'idempotency-key': sent.idempotencyKey }),
      },
      ...(sent.body === undefined ? {} : { body: JSON.stringify(sent.body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new ApiProblem(response.status, problemIn(text));
    return answer.parse(JSON.parse(text));
  };
  return {
    get: (path, answer) => send('GET', path, answer, {}),
    post: (path, body, answer, idempotencyKey = randomUUID()) =>
      send('POST', path, answer, { body, idempotencyKey }),
    put: (path, body, answer) => send('PUT', path, answer, { body }),
  };
};

const problemIn = (text: string): Readonly<Record<string, unknown>> => {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return { code: 'none', detail: `The platform answered no JSON: ${text.slice(0, 200)}` };
  }
};
