/**
 * A Solana chain for one machine behind the JSON-RPC interface of a node: real programs run in LiteSVM,
 * and blocks, history and commitment levels stand around it. `url` is a node, `replicaUrl` another one
 * that may lag behind; under `/_control/` stands what tests ask, under `/tx/` and `/address/` what a person
 * looks at. It listens on 127.0.0.1 alone, keeps
 * nothing on disk, has no WebSocket, and is no part of the platform.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Chain } from './chain/chain.ts';
import type { WireTransaction } from './chain/wire.ts';
import { type CallNote, type Commands, commandsOf } from './control/commands.ts';
import { type SolanaControl, solanaControl } from './control/control-client.ts';
import { Faults } from './control/faults.ts';
import { Issuer } from './control/issuer.ts';
import { pageAt } from './pages/pages.ts';
import type { Endpoint, RpcNode } from './rpc/call.ts';
import { RpcError } from './rpc/rpc-error.ts';
import { answerOf, answerRefusal, readRequests, writeJson } from './rpc/server.ts';

export interface LocalSolanaOptions {
  /** A free one unless told. */
  readonly port?: number;
  /** The chain's clock, epoch milliseconds; a slot passes every 400 of them. */
  readonly nowMs: () => number;
  /** The same seed gives the same blockhashes, mints and keys. */
  readonly seed: string;
}

export interface LocalSolana {
  /** http://127.0.0.1:<port> */
  readonly url: string;
  /** A second node, which lags behind where it is told to. */
  readonly replicaUrl: string;
  readonly control: SolanaControl;
  close(): Promise<void>;
}

const host = '127.0.0.1';
const bodyBytesMax = 1_000_000;
const callsMax = 10_000;
/** So many slots have passed at the start, so that what the chain begins with is finalized. */
const slotsAtStart = 64;
const paths: Readonly<Record<string, Endpoint>> = { '/': 'primary', '/replica': 'replica' };

const answerJson = (response: ServerResponse, status: number, json: string, headers = {}): void => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(json);
};

class Server {
  readonly #faults = new Faults();
  readonly #replica = { slotsBehind: 0 };
  readonly #calls: CallNote[] = [];
  readonly #chain: Chain;
  readonly #issuer: Issuer;
  readonly #commands: Commands;

  constructor({ nowMs, seed }: LocalSolanaOptions) {
    const chain = new Chain(nowMs, seed);
    this.#chain = chain;
    this.#issuer = new Issuer(chain, seed);
    chain.slots.advance(slotsAtStart);
    const [faults, replica, calls] = [this.#faults, this.#replica, this.#calls];
    this.#commands = commandsOf({ chain, issuer: this.#issuer, faults, replica, calls });
  }

  #node(endpoint: Endpoint): RpcNode {
    return {
      chain: this.#chain,
      endpoint,
      slotsBehind: () => (endpoint === 'replica' ? this.#replica.slotsBehind : 0),
      distortions: this.#faults,
      forward: (wire) => this.#forward(wire),
      airdrop: (to, lamports) => this.#issuer.fund(to, lamports),
    };
  }

  #forward(wire: WireTransaction): void {
    const fate = this.#faults.takeFate();
    if (fate?.kind !== 'lose') this.#chain.accept(wire, fate?.slots ?? 0);
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    const { pathname } = new URL(request.url ?? '/', 'http://local');
    const isJson = request.headers['content-type']?.startsWith('application/json') === true;
    const endpoint = Object.hasOwn(paths, pathname) ? paths[pathname] : undefined;
    if (request.method === 'GET') return this.#show(pathname, response);
    // JSON alone is taken, so that no web page can send anything.
    if (request.method !== 'POST' || !isJson) return answerJson(response, 415, '{}');
    if (body.length > bodyBytesMax) return answerJson(response, 413, '{}');
    if (endpoint !== undefined) return await this.#answer(endpoint, body, response);
    const command = pathname.replace('/_control/', '');
    if (!Object.hasOwn(this.#commands, command)) return answerJson(response, 404, '{}');
    await this.#obey(command as keyof Commands, body, response);
  }

  #show(path: string, response: ServerResponse): void {
    this.#chain.settle();
    const page = pageAt(this.#chain, path);
    const missing = 'The local chain knows no such transaction or address.';
    response.writeHead(page === undefined ? 404 : 200, {
      'content-type': 'text/html; charset=utf-8',
    });
    response.end(page ?? missing);
  }

  async #answer(endpoint: Endpoint, body: string, response: ServerResponse): Promise<void> {
    try {
      const { isBatch, requests } = readRequests(body);
      const faults = requests.map(({ method }) => {
        if (this.#calls.push({ endpoint, method }) > callsMax) this.#calls.shift();
        return this.#faults.take(method, endpoint);
      });
      const refused = faults.find((fault) => fault?.kind === 'status');
      if (refused !== undefined) {
        const { status, retryAfterSeconds } = refused;
        const error = answerRefusal(new RpcError(status, 'The local chain was asked to fail.'));
        const headers = { 'retry-after': String(retryAfterSeconds) };
        return answerJson(response, status, writeJson(error), headers);
      }
      const node = this.#node(endpoint);
      const answers = requests.map((request, index) => {
        const fault = faults[index];
        return answerOf(node, request, fault?.kind === 'error' ? fault.error : undefined);
      });
      if (faults.some((fault) => fault?.kind === 'drop')) {
        response.destroy();
        return;
      }
      if (faults.some((fault) => fault?.kind === 'hold')) await this.#faults.hold();
      answerJson(response, 200, writeJson(isBatch ? answers : answers[0]));
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      answerJson(response, 400, writeJson(answerRefusal(error)));
    }
  }

  async #obey(name: keyof Commands, body: string, response: ServerResponse): Promise<void> {
    const command = this.#commands[name] as (argument: unknown) => unknown;
    try {
      this.#chain.settle();
      const result = await command(JSON.parse(body) ?? undefined);
      answerJson(response, 200, writeJson({ result }));
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      answerJson(response, 400, writeJson({ error: message }));
    }
  }

  close(): void {
    this.#faults.release();
  }
}

/** Starts a chain. Throws when the port is taken. */
export const startLocalSolana = async (options: LocalSolanaOptions): Promise<LocalSolana> => {
  const chain = new Server(options);
  const server = createServer((request, response) => {
    chain.serve(request, response).catch((error: unknown) => {
      process.stderr.write(`The local Solana failed: ${String(error)}\n`);
      if (!response.headersSent) {
        answerJson(response, 500, writeJson(answerRefusal(new RpcError(-32603, String(error)))));
      }
    });
  });
  // A client that was busy for a while finds its connection open, and not closing under its request.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const url = `http://${host}:${port}`;
  return {
    url,
    replicaUrl: `${url}/replica`,
    control: solanaControl(url),
    close: async () => {
      chain.close();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
};
