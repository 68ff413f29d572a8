/**
 * A stateful stand-in of Stripe for one machine, to be driven through Stripe's real client: the API,
 * the hosted pages, signed webhooks, and under `/_control/` what tests ask of it. It listens on
 * 127.0.0.1 alone and knows test cards alone. It takes no real card and is no part of the platform.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Randomness } from '../../shared/core/ids.ts';
import { type ApiRequest, serveApi } from './api/server.ts';
import { type Commands, commandsOf } from './control/commands.ts';
import { type StripeControl, stripeControl } from './control/control-client.ts';
import { Faults } from './control/faults.ts';
import { type Send, sendOverHttp, Webhooks } from './control/webhooks.ts';
import { servePage } from './hosted/hosted.ts';
import { readState, saveState } from './state-file.ts';
import { Validator } from './validation/validator.ts';
import { World } from './world/world.ts';

export interface StandInOptions {
  /** A free one unless told. */
  readonly port?: number;
  /** The stand-in's clock, epoch milliseconds. */
  readonly nowMs: () => number;
  readonly randomness: Randomness;
  /** The only key that it accepts. */
  readonly secretKey?: string;
  /** What its objects and events say of themselves; false unless told. */
  readonly livemode?: boolean;
  /** Where its state outlives it; nowhere unless told. */
  readonly stateFile?: string;
  /** Where stripe-mock listens; requests are not validated without. */
  readonly stripeMockUrl?: string;
  /** Pauses before an unanswered webhook is sent again; none unless told. */
  readonly retryAfterMs?: readonly number[];
  /** How webhooks are sent; over HTTP unless told. */
  readonly send?: Send;
}

export interface StripeStandIn {
  /** http://127.0.0.1:<port> */
  readonly url: string;
  /** For the options of Stripe's client. */
  readonly client: { readonly host: string; readonly port: number; readonly protocol: 'http' };
  readonly secretKey: string;
  readonly control: StripeControl;
  close(): Promise<void>;
}

const host = '127.0.0.1';
const bodyBytesMax = 1_000_000;

/** The key of a stand-in that was given none. */
export const standInKey = 'sk_test_stand_in';

const answerJson = (response: ServerResponse, status: number, document: unknown): void => {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(document));
};

class Server {
  readonly world: World;
  readonly webhooks: Webhooks;
  readonly #faults = new Faults();
  readonly #validator: Validator | undefined;
  readonly #commands: Commands;
  readonly #secretKey: string;
  readonly #stateFile: string | undefined;

  constructor(options: StandInOptions) {
    const { nowMs, randomness, livemode = false, stateFile, stripeMockUrl } = options;
    const kept = stateFile === undefined ? {} : { state: readState(stateFile) };
    this.world = new World({ nowMs, randomness, livemode, ...kept });
    this.webhooks = new Webhooks(
      this.world,
      options.send ?? sendOverHttp,
      options.retryAfterMs ?? [],
    );
    this.world.onEvent = (event) => this.webhooks.accept(event);
    this.#secretKey = options.secretKey ?? standInKey;
    this.#stateFile = stateFile;
    this.#validator = stripeMockUrl === undefined ? undefined : new Validator(stripeMockUrl);
    this.#commands = commandsOf({
      world: this.world,
      webhooks: this.webhooks,
      faults: this.#faults,
      violations: () => this.#validator?.violations ?? [],
    });
  }

  /** Writes the state, where it is to be kept. */
  save(): void {
    if (this.#stateFile !== undefined) saveState(this.#stateFile, this.world.state);
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    const { pathname, search } = new URL(request.url ?? '/', 'http://stand-in');
    if (body.length > bodyBytesMax) return answerJson(response, 413, { error: 'too large' });
    this.webhooks.sendDue();
    if (pathname.startsWith('/_control/'))
      return await this.#obey(pathname, request, body, response);
    if (pathname.startsWith('/v1/')) {
      const form = request.method === 'GET' ? search.slice(1) : body;
      return await this.#serveApi(
        { method: request.method ?? '', path: pathname, form, headers: request.headers },
        response,
      );
    }
    const typed = request.method === 'POST' ? new URLSearchParams(body) : undefined;
    const page = servePage(this.world, pathname, typed);
    if (page === undefined) return answerJson(response, 404, { error: 'no such page' });
    if (typed !== undefined) this.save();
    response.writeHead(page.status, {
      'content-type': 'text/html; charset=utf-8',
      ...(page.location === undefined ? {} : { location: page.location }),
    });
    response.end(page.html);
  }

  async #serveApi(request: ApiRequest, response: ServerResponse): Promise<void> {
    const fault = this.#faults.take(request.method, request.path);
    if (fault !== undefined && fault.status !== null) {
      const type = fault.status === 429 ? 'rate_limit_error' : 'api_error';
      return answerJson(response, fault.status, {
        error: { type, message: 'The stand-in was asked to fail.' },
      });
    }
    const answer = serveApi(this.world, this.#secretKey, request);
    if (request.method !== 'GET') this.save();
    if (answer.understood) await this.#validator?.check(request);
    if (fault !== undefined) {
      response.destroy();
      return;
    }
    response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
    response.end(answer.body);
  }

  /** Carries a command out. JSON alone is taken, so that no web page can send one. */
  async #obey(
    path: string,
    request: IncomingMessage,
    body: string,
    response: ServerResponse,
  ): Promise<void> {
    const name = path.slice('/_control/'.length);
    const isJson = request.headers['content-type'] === 'application/json';
    if (request.method !== 'POST' || !isJson || !Object.hasOwn(this.#commands, name)) {
      return answerJson(response, 404, { error: 'no such command' });
    }
    const command = this.#commands[name as keyof Commands] as (argument: unknown) => unknown;
    try {
      const result = await command(JSON.parse(body) ?? undefined);
      this.save();
      answerJson(response, 200, { result });
    } catch (error) {
      answerJson(response, 400, { error: error instanceof Error ? error.message : String(error) });
    }
  }
}

/** Starts a stand-in. Throws when the port is taken. */
export const startStripeStandIn = async (options: StandInOptions): Promise<StripeStandIn> => {
  const stand = new Server(options);
  const server = createServer((request, response) => {
    stand.serve(request, response).catch((error: unknown) => {
      process.stderr.write(`The Stripe stand-in failed: ${String(error)}\n`);
      if (!response.headersSent) {
        answerJson(response, 500, { error: { type: 'api_error', message: String(error) } });
      }
    });
  });
  // A client that was busy for longer than Node's five seconds would find its connection closed.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const url = `http://${host}:${port}`;
  stand.world.url = url;
  return {
    url,
    client: { host, port, protocol: 'http' },
    secretKey: options.secretKey ?? standInKey,
    control: stripeControl(url),
    close: async () => {
      stand.webhooks.close();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      stand.save();
    },
  };
};
