/**
 * What goes wrong because a test asks for it: requests that fail before or after they took effect,
 * transactions that are lost or late, and nodes that tell of transactions wrongly.
 */

import type { Distortions, Endpoint } from '../rpc/call.ts';
import type { RpcError } from '../rpc/rpc-error.ts';

export interface FaultOrder {
  /** Any method unless told. */
  readonly method?: string;
  /** Both nodes unless told. */
  readonly endpoint?: Endpoint;
  /** How often; once unless told. */
  readonly times?: number;
}

/** What happens to a request. */
export type Fault =
  /** It is answered with this HTTP status, and does nothing. */
  | { readonly kind: 'status'; readonly status: number; readonly retryAfterSeconds: number }
  /** It is answered with this JSON-RPC error, and does nothing. */
  | { readonly kind: 'error'; readonly error: RpcError }
  /** The connection closes after it took effect. */
  | { readonly kind: 'drop' }
  /** It takes effect, and is answered when that is asked for. */
  | { readonly kind: 'hold' };

/** What happens to transactions that a node accepts; Infinity slots until they are let go. */
export type Fate = { readonly kind: 'lose' } | { readonly kind: 'delay'; readonly slots: number };

interface Ordered<T> {
  readonly order: FaultOrder;
  readonly what: T;
  left: number;
}

export interface HideOrder {
  readonly signatures: readonly string[];
  /** Both nodes unless told. */
  readonly endpoint?: Endpoint;
  /** The node does not know it at all; unless told it is missing from histories alone. */
  readonly wholly?: boolean;
}

export class Faults implements Distortions {
  #faults: Ordered<Fault>[] = [];
  #fates: { readonly fate: Fate; left: number }[] = [];
  #hidden: HideOrder[] = [];
  readonly #versions = new Map<string, number>();
  readonly #garbled = new Set<string>();
  #waiting: (() => void)[] = [];

  /** Adds a fault of requests. */
  add(order: FaultOrder, what: Fault): void {
    this.#faults.push({ order, what, left: order.times ?? 1 });
  }

  /** What is to go wrong with a request of this method, if anything. */
  take(method: string, endpoint: Endpoint): Fault | undefined {
    const found = this.#faults.find(
      ({ order, left }) =>
        left > 0 &&
        (order.method ?? method) === method &&
        (order.endpoint ?? endpoint) === endpoint,
    );
    if (found !== undefined) found.left -= 1;
    return found?.what;
  }

  /** Decides what becomes of the next transactions. */
  addFate(fate: Fate, times: number): void {
    this.#fates.push({ fate, left: times });
  }

  /** What becomes of a transaction, where it does not land at once. */
  takeFate(): Fate | undefined {
    const found = this.#fates.find(({ left }) => left > 0);
    if (found !== undefined) found.left -= 1;
    return found?.fate;
  }

  /** Resolves when held answers are let go. */
  hold(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Lets held answers go. Answers how many. */
  release(): number {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
    return waiting.length;
  }

  hide(order: HideOrder): void {
    this.#hidden.push(order);
  }

  disguise(signature: string, version: number): void {
    this.#versions.set(signature, version);
  }

  garble(signature: string): void {
    this.#garbled.add(signature);
  }

  /** Nodes tell of everything again, and rightly. */
  reveal(): void {
    this.#hidden = [];
    this.#versions.clear();
    this.#garbled.clear();
  }

  /** Nothing goes wrong any more; what waits goes on waiting. */
  clear(): void {
    this.#faults = [];
    this.#fates = [];
    this.reveal();
  }

  #isHidden(signature: string, from: Endpoint, fits: (order: HideOrder) => boolean): boolean {
    return this.#hidden.some(
      (order) =>
        fits(order) && (order.endpoint ?? from) === from && order.signatures.includes(signature),
    );
  }

  hidesFromHistory(signature: string, endpoint: Endpoint): boolean {
    return this.#isHidden(signature, endpoint, () => true);
  }

  hides(signature: string, endpoint: Endpoint): boolean {
    return this.#isHidden(signature, endpoint, ({ wholly }) => wholly === true);
  }

  versionOf(signature: string): number | undefined {
    return this.#versions.get(signature);
  }

  garbles(signature: string): boolean {
    return this.#garbled.has(signature);
  }
}
