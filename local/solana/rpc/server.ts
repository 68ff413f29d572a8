/**
 * Answers JSON-RPC requests, one or a batch, for one node. Integers beyond 2^53 are written as they
 * are, for lamports and token amounts must not be rounded on the way.
 */
import * as z from 'zod';
import { accountMethods } from './accounts.ts';
import { blockMethods } from './blocks.ts';
import { Call, type Method, type RpcNode } from './call.ts';
import { historyMethods } from './history.ts';
import { methodNotFound, RpcError } from './rpc-error.ts';
import { sendingMethods } from './sending.ts';

const methods: Readonly<Record<string, Method>> = {
  ...blockMethods,
  ...accountMethods,
  ...historyMethods,
  ...sendingMethods,
};

const requestSchema = z.looseObject({
  jsonrpc: z.literal('2.0'),
  id: z.union([z.string(), z.number(), z.null()]).optional(),
  method: z.string(),
  params: z.array(z.unknown()).optional(),
});

export type RpcRequest = z.infer<typeof requestSchema>;

/** JSON with numbers as they stand; TypeScript's library does not know it yet. */
const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };

/** JSON in which a bigint is a whole number. */
export const writeJson = (value: unknown): string =>
  JSON.stringify(value, (_, each: unknown) =>
    typeof each === 'bigint' ? rawJSON(each.toString()) : each,
  );

/** The requests in this body; a batch where there are several. Throws when it is not JSON-RPC. */
export const readRequests = (
  body: string,
): { readonly isBatch: boolean; readonly requests: readonly RpcRequest[] } => {
  let read: unknown;
  try {
    read = JSON.parse(body);
  } catch {
    throw new RpcError(-32700, 'Parse error');
  }
  const parsed = z.array(requestSchema).safeParse(Array.isArray(read) ? read : [read]);
  if (!parsed.success) throw new RpcError(-32600, 'Invalid request');
  return { isBatch: Array.isArray(read), requests: parsed.data };
};

const errorOf = (id: unknown, { code, message, data }: RpcError): object => ({
  jsonrpc: '2.0',
  error: { code, message, ...(data === undefined ? {} : { data }) },
  id: id ?? null,
});

/** The answer to one request. `fault` is an error that a test wants in its place. */
export const answerOf = (node: RpcNode, request: RpcRequest, fault?: RpcError): object => {
  const { id = null, method, params = [] } = request;
  try {
    if (fault !== undefined) throw fault;
    node.chain.settle();
    const act = Object.hasOwn(methods, method) ? methods[method] : undefined;
    if (act === undefined) throw methodNotFound();
    return { jsonrpc: '2.0', result: act(new Call(node, params)), id };
  } catch (error) {
    if (error instanceof RpcError) return errorOf(id, error);
    throw error;
  }
};

/** The answer to what is no request. */
export const answerRefusal = (error: RpcError): object => errorOf(null, error);
