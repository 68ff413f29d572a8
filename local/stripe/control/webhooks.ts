/**
 * Sends events to webhook endpoints, signed as Stripe signs them. Left alone it sends each event once,
 * in order, one after the other; rules make it hold, drop, delay or multiply what it sends. A delivery
 * that was not answered with 2xx is tried again when that is asked for, or after the given pauses.
 */
import { Stripe } from 'stripe';
import type { StoredEvent } from '../world/objects.ts';
import type { WebhookEndpoint } from '../world/state.ts';
import type { World } from '../world/world.ts';

/** Sends one request and answers its status; throws when there is no answer. */
export type Send = (request: {
  readonly url: string;
  readonly body: string;
  /** The header Stripe-Signature. */
  readonly signature: string;
}) => Promise<number>;

/** How an event is sent otherwise than Stripe would. */
export interface Disguise {
  /** Signs with another secret. */
  readonly secret?: string;
  /** Signs at another time, epoch milliseconds. */
  readonly signedAtMs?: number;
  /** Replaces fields of the event before it is signed, such as `livemode` or `account`. */
  readonly changes?: Readonly<Record<string, unknown>>;
  /** Writes the JSON anew after it was signed. */
  readonly reserialised?: boolean;
}

interface Rule {
  /** Names of events; `charge.*` for all of one kind, `*` for all. */
  readonly types: readonly string[];
  readonly act: 'drop' | 'duplicate' | 'hold' | 'delay';
  /** Copies, for `duplicate`; milliseconds, for `delay`. */
  readonly value: number;
  /** How many events it still applies to. */
  left: number;
}

const answerWithinMs = 30_000;

const matches = (types: readonly string[], type: string): boolean =>
  types.some((each) => (each.endsWith('*') ? type.startsWith(each.slice(0, -1)) : each === type));

/** Sends over HTTP. */
export const sendOverHttp: Send = async ({ url, body, signature }) => {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json; charset=utf-8', 'stripe-signature': signature },
    body,
    redirect: 'manual',
    signal: AbortSignal.timeout(answerWithinMs),
  });
  await answer.arrayBuffer();
  return answer.status;
};

export class Webhooks {
  readonly #world: World;
  readonly #send: Send;
  readonly #retryAfterMs: readonly number[];
  readonly #timers = new Set<NodeJS.Timeout>();
  #rules: Rule[] = [];
  /** Events that wait, the delayed ones with the time at which they go. */
  #held: { readonly event: StoredEvent; readonly dueMs: number | null }[] = [];
  #queue: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(world: World, send: Send, retryAfterMs: readonly number[]) {
    this.#world = world;
    this.#send = send;
    this.#retryAfterMs = retryAfterMs;
  }

  /** Adds a rule, which goes before the earlier ones. */
  rule(rule: Rule): void {
    this.#rules.unshift(rule);
  }

  clearRules(): void {
    this.#rules = [];
  }

  /** The events that wait, in the order of their making. */
  held(): readonly StoredEvent[] {
    return this.#held.map(({ event }) => event);
  }

  /** Takes a new event in. */
  accept(event: StoredEvent): void {
    event.pending_webhooks = this.#endpointsFor(event).length;
    const rule = this.#rules.find((each) => each.left > 0 && matches(each.types, event.type));
    if (rule !== undefined) rule.left -= 1;
    switch (rule?.act) {
      case undefined:
        this.#enqueue(event, 1);
        break;
      case 'drop':
        break;
      case 'duplicate':
        this.#enqueue(event, rule.value);
        break;
      case 'hold':
        this.#held.push({ event, dueMs: null });
        break;
      case 'delay':
        this.#held.push({ event, dueMs: this.#world.nowMs() + rule.value });
        this.#later(rule.value, () => this.sendDue());
        break;
    }
  }

  /** Sends the delayed events whose time has come. */
  sendDue(): void {
    const now = this.#world.nowMs();
    const due = this.#held.filter(({ dueMs }) => dueMs !== null && dueMs <= now);
    this.#held = this.#held.filter((each) => !due.includes(each));
    for (const { event } of due) this.#enqueue(event, 1);
  }

  /** Sends these events, which need not be held, in this order. */
  release(ids: readonly string[]): void {
    this.#held = this.#held.filter(({ event }) => !ids.includes(event.id));
    for (const id of ids) {
      const event = this.#world.state.events.get(id);
      if (event !== undefined) this.#enqueue(event, 1);
    }
  }

  /** Sends an event to every endpoint that wants it, now; answers the statuses. */
  async resend(event: StoredEvent, disguise: Disguise): Promise<readonly (number | null)[]> {
    const endpoints = this.#endpointsFor(event);
    return await Promise.all(endpoints.map((endpoint) => this.#deliver(event, endpoint, disguise)));
  }

  /** Tries again what no endpoint has accepted yet, although it was sent. */
  retryFailed(): void {
    const { deliveries, events } = this.#world.state;
    const accepted = new Set(deliveries.filter(isAccepted).map(({ eventId }) => eventId));
    const sent = new Set(deliveries.map(({ eventId }) => eventId));
    const failed = [...sent].filter((id) => !accepted.has(id));
    for (const id of failed) {
      const event = events.get(id);
      if (event !== undefined) this.#enqueue(event, 1);
    }
  }

  /** Resolves when nothing is on its way. */
  async settled(): Promise<void> {
    while (this.#waiting > 0) await this.#queue;
  }

  /** Forgets what is still to be tried. */
  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  #endpointsFor(event: StoredEvent): readonly WebhookEndpoint[] {
    return [...this.#world.state.endpoints.values()].filter(({ events }) =>
      matches(events, event.type),
    );
  }

  /** Copies go out at the same time; what follows waits for all of them. */
  #enqueue(event: StoredEvent, copies: number): void {
    this.#waiting += 1;
    this.#queue = this.#queue.then(async () => {
      const endpoints = this.#endpointsFor(event);
      const all = Array.from({ length: copies }, () => endpoints).flat();
      await Promise.all(all.map((endpoint) => this.#deliver(event, endpoint)));
      this.#waiting -= 1;
    });
  }

  async #deliver(
    event: StoredEvent,
    endpoint: WebhookEndpoint,
    disguise: Disguise = {},
    tries = 0,
  ): Promise<number | null> {
    const status = await this.#send(this.#requestOf(event, endpoint, disguise)).catch(() => null);
    const delivery = { eventId: event.id, type: event.type, endpointId: endpoint.id, status };
    this.#world.state.deliveries.push(delivery);
    if (isAccepted(delivery)) {
      event.pending_webhooks = Math.max(0, event.pending_webhooks - 1);
      return status;
    }
    const pauseMs = this.#retryAfterMs[tries];
    if (pauseMs !== undefined) {
      this.#later(pauseMs, () => void this.#deliver(event, endpoint, disguise, tries + 1));
    }
    return status;
  }

  #requestOf(event: StoredEvent, endpoint: WebhookEndpoint, disguise: Disguise) {
    const { changes = {}, reserialised = false, secret, signedAtMs } = disguise;
    const document = { ...event, ...changes };
    const payload = JSON.stringify(document, null, 2);
    const timestamp = Math.floor((signedAtMs ?? this.#world.nowMs()) / 1000);
    const sign = (key: string) =>
      Stripe.webhooks.generateTestHeaderString({ payload, secret: key, timestamp });
    const secrets =
      secret === undefined ? [endpoint.secret, endpoint.previousSecret ?? []].flat() : [secret];
    const [first = '', ...others] = secrets.map(sign);
    const signature = [first, ...others.map((each) => each.replace(/^t=\d+,/, ''))].join(',');
    return {
      url: endpoint.url,
      body: reserialised ? JSON.stringify(document) : payload,
      signature,
    };
  }

  #later(pauseMs: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, pauseMs).unref();
    this.#timers.add(timer);
  }
}

const isAccepted = ({ status }: { readonly status: number | null }): boolean =>
  status !== null && status >= 200 && status < 300;
