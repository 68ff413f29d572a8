/**
 * Runs several procedures at once on one database, in an order that a seed decides: every database call
 * waits for its turn. On the way it loses requests and answers, reports conflicts, and lets procedures
 * crash before or after any call.
 */
import { setImmediate as settled } from 'node:timers/promises';
import type { Database, Write } from '../../../shared/core/database.ts';
import { type Fault, MemoryDatabase } from '../../support/memory-database.ts';
import type { Chance } from './chance.ts';

/** The procedure's process died here. */
export class Crash extends Error {
  override readonly name = 'Crash';
}

/** How often things go wrong, each from 0 to 1 per call. */
export interface FaultRates {
  readonly conflict: number;
  readonly lostRequest: number;
  readonly lostAnswer: number;
  readonly crash: number;
}

export class Interleaving {
  readonly memory = new MemoryDatabase();
  readonly #chance: Chance;
  #rates: FaultRates;
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  /** Told of each committed transaction. */
  onCommit: (writes: readonly Write[]) => void = () => {};
  /** What the seed made happen; the tests insist that each happened. */
  readonly seen = { conflicts: 0, lostRequests: 0, lostAnswers: 0, crashes: 0 };

  constructor(chance: Chance, rates: FaultRates) {
    this.#chance = chance;
    this.#rates = rates;
    this.memory.faultOf = () => this.#fault();
  }

  /** Procedures that are under way. */
  get running(): number {
    return this.#running;
  }

  /** Starts a procedure; it advances by turns. */
  start(procedure: () => Promise<void>): void {
    this.#running += 1;
    void procedure().finally(() => {
      this.#running -= 1;
    });
  }

  /** From now on nothing goes wrong any more. */
  calm(): void {
    this.#rates = { conflict: 0, lostRequest: 0, lostAnswer: 0, crash: 0 };
  }

  /** Lets one waiting call happen; false when none waits. */
  async step(): Promise<boolean> {
    await settled();
    const index = this.#chance.below(Math.max(1, this.#waiting.length));
    const [next] = this.#waiting.splice(index, 1);
    next?.();
    await settled();
    return next !== undefined;
  }

  /** Waits for this caller's turn; may crash it. */
  async turn(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
    });
    if (this.#chance.happens(this.#rates.crash)) {
      this.seen.crashes += 1;
      throw new Crash('before the call');
    }
  }

  #fault(): Fault {
    const rates = this.#rates;
    if (this.#chance.happens(rates.conflict)) {
      this.seen.conflicts += 1;
      return 'conflict';
    }
    if (this.#chance.happens(rates.lostRequest)) {
      this.seen.lostRequests += 1;
      return 'lost_request';
    }
    if (this.#chance.happens(rates.lostAnswer)) {
      this.seen.lostAnswers += 1;
      return 'lost_answer';
    }
    return 'none';
  }

  /** The database as procedures see it. */
  readonly database: Database = {
    get: (table, key) => this.#call(() => this.memory.get(table, key)),
    getMany: (table, keys) => this.#call(() => this.memory.getMany(table, keys)),
    getTogether: (table, keys) => this.#call(() => this.memory.getTogether(table, keys)),
    query: (table, query) => this.#call(() => this.memory.query(table, query)),
    scan: (table, segment) => this.#call(() => this.memory.scan(table, segment)),
    write: (write) => this.#call(() => this.#watched([write], () => this.memory.write(write))),
    transact: (writes, token) =>
      this.#call(() => this.#watched(writes, () => this.memory.transact(writes, token))),
  };

  async #call<T>(call: () => Promise<T>): Promise<T> {
    await this.turn();
    const answer = await call();
    if (this.#chance.happens(this.#rates.crash)) {
      this.seen.crashes += 1;
      throw new Crash('after the call');
    }
    return answer;
  }

  /** Tells of the commit, also when its answer is lost. */
  async #watched<T>(writes: readonly Write[], call: () => Promise<T>): Promise<T> {
    const before = this.memory.committed;
    try {
      return await call();
    } finally {
      if (this.memory.committed > before) this.onCommit(writes);
    }
  }
}
