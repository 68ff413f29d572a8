/** Faults of the connection that a test asks for: requests that fail before or after they took effect. */

export interface FaultOrder {
  /** Any method unless told. */
  readonly method?: string;
  /** The path begins so; any unless told. */
  readonly path?: string;
  /** How often; once unless told. */
  readonly times?: number;
}

interface Fault {
  readonly order: FaultOrder;
  /** The status to answer without acting; null closes the connection after acting. */
  readonly status: number | null;
  left: number;
}

export class Faults {
  #faults: Fault[] = [];

  /** Closes the connection of the next matching requests after they took effect. */
  dropAnswers(order: FaultOrder): void {
    this.#faults.push({ order, status: null, left: order.times ?? 1 });
  }

  /** Answers the next matching requests with this status, and does nothing. */
  failRequests(order: FaultOrder & { readonly status: number }): void {
    this.#faults.push({ order, status: order.status, left: order.times ?? 1 });
  }

  /** What is to go wrong with this request, if anything. */
  take(method: string, path: string): Pick<Fault, 'status'> | undefined {
    const fault = this.#faults.find(
      ({ order, left }) =>
        left > 0 &&
        (order.method === undefined || order.method === method) &&
        path.startsWith(order.path ?? ''),
    );
    if (fault !== undefined) fault.left -= 1;
    return fault;
  }

  clear(): void {
    this.#faults = [];
  }
}
