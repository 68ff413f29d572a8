/** Calls an HTTP function through its whole pipeline, as API Gateway does. */
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import type { HttpFunction } from '../../functions/kit/http.ts';

export interface TestRequest {
  readonly method: string;
  readonly path: string;
  readonly key?: string;
  readonly body?: unknown;
  /** Sent instead of `body`, as it is; bytes as API Gateway hands on octets. */
  readonly rawBody?: string | Uint8Array;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly sourceIp?: string;
  /** API Gateway's time of the request; before everything unless told. */
  readonly gatewayMs?: number;
}

export interface TestAnswer {
  readonly status: number;
  /** Parsed JSON, or the bytes where octets are answered. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every form
  readonly body: any;
  readonly headers: Readonly<Record<string, string>>;
}

export const testHost = 'api.raymesh.test';

/** One request through the pipeline. */
export const callHttp = async (serve: HttpFunction, request: TestRequest): Promise<TestAnswer> => {
  const body =
    request.rawBody ?? (request.body === undefined ? undefined : JSON.stringify(request.body));
  const event = {
    version: '2.0',
    rawPath: request.path,
    headers: {
      host: testHost,
      ...(request.key ? { authorization: `Bearer ${request.key}` } : {}),
      ...request.headers,
    },
    queryStringParameters: request.query,
    requestContext: {
      requestId: 'gateway-1',
      timeEpoch: request.gatewayMs ?? 0,
      http: {
        method: request.method,
        path: request.path,
        sourceIp: request.sourceIp ?? '203.0.113.7',
      },
    },
    body: typeof body === 'object' ? Buffer.from(body).toString('base64') : body,
    isBase64Encoded: typeof body === 'object',
  } as unknown as APIGatewayProxyEventV2;
  const answer = await serve(event, {} as Context);
  return {
    status: answer.statusCode ?? 0,
    body: answer.isBase64Encoded
      ? Buffer.from(answer.body ?? '', 'base64')
      : JSON.parse(answer.body ?? 'null'),
    headers: (answer.headers ?? {}) as Record<string, string>,
  };
};
