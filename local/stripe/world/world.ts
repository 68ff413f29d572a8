/**
 * The stand-in's world: its state, its clock and its ids, and the one way in which a change becomes an
 * event. Everything here is synchronous, so a request is one indivisible step.
 */
import { Stripe } from 'stripe';
import type { Randomness } from '../../../shared/core/ids.ts';
import type { EventType, StoredEvent } from './objects.ts';
import { emptyState, type State } from './state.ts';

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** The request that causes what happens now. */
export interface Cause {
  readonly id: string | null;
  readonly idempotencyKey: string | null;
}

export interface WorldOptions {
  readonly nowMs: () => number;
  readonly randomness: Randomness;
  readonly livemode: boolean;
  readonly state?: State;
}

export class World {
  readonly state: State;
  readonly livemode: boolean;
  /** Where the pay page is served, without a slash at its end. */
  url = '';
  cause: Cause = { id: null, idempotencyKey: null };
  /** Told about each event as it is recorded. */
  onEvent: (event: StoredEvent) => void = () => {};
  readonly #nowMs: () => number;
  readonly #randomness: Randomness;

  constructor(options: WorldOptions) {
    this.state = options.state ?? emptyState();
    this.livemode = options.livemode;
    this.#nowMs = options.nowMs;
    this.#randomness = options.randomness;
  }

  /** Epoch milliseconds. */
  nowMs(): number {
    return this.#nowMs();
  }

  /** Epoch seconds, rounded down: the API's times. */
  now(): number {
    return Math.floor(this.#nowMs() / 1000);
  }

  /** The prefix and random letters and digits. */
  newId(prefix: string, length = 24): string {
    const letters = [...this.#randomness.bytes(length)].map((byte) => alphabet[byte % 62]);
    return prefix + letters.join('');
  }

  /** Records that the object came into the state that it is in now. */
  emit(type: EventType, object: object): StoredEvent {
    const event: StoredEvent = {
      id: this.newId('evt_'),
      object: 'event',
      api_version: Stripe.API_VERSION,
      created: this.now(),
      data: { object: structuredClone(object) },
      livemode: this.livemode,
      pending_webhooks: 0,
      request: { id: this.cause.id, idempotency_key: this.cause.idempotencyKey },
      type,
    };
    this.state.events.set(event.id, event);
    this.onEvent(event);
    return event;
  }

  /** Whatever Stripe object has this id. */
  find(id: string): object | undefined {
    const { state } = this;
    const tables: readonly ReadonlyMap<string, object>[] = [
      state.customers,
      state.paymentMethods,
      state.setupIntents,
      state.paymentIntents,
      state.sessions,
      state.charges,
      state.refunds,
      state.disputes,
      state.warnings,
      state.balanceTransactions,
      state.events,
    ];
    return tables.map((table) => table.get(id)).find((found) => found !== undefined);
  }
}
