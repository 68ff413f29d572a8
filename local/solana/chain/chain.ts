/**
 * The chain of one machine: takes transactions, puts them into blocks, and keeps what a node needs to
 * answer, by slot and by account. There is one chain whatever the number of nodes that tell of it.
 * Everything is synchronous, so one call is one indivisible step. Nothing outlives the process.
 */
import { type Address, getAddressDecoder } from '@solana/kit';
import { type AccountState, type States, sameState } from './account-state.ts';
import { Accounts } from './accounts.ts';
import { Engine, type Run } from './engine.ts';
import { feeOf } from './fees.ts';
import {
  balancesOf,
  type Landed,
  type Loaded,
  loadedAddresses,
  memoOf,
  nonceAccountOf,
  nonceOf,
  type Surroundings,
  writableKeys,
} from './landed.ts';
import { Slots } from './slots.ts';
import { readMint } from './tokens.ts';
import { isSigned, type WireTransaction } from './wire.ts';

/** A transaction that was accepted and is not in a block yet. */
interface Waiting {
  readonly wire: WireTransaction;
  /** Infinity waits until it is let go. */
  readonly fromSlot: number;
}

/** What a transaction names, as it stands now. */
interface Touched extends Surroundings {
  readonly loaded: Loaded;
  readonly keys: readonly Address[];
  readonly states: States;
}

const recentSlotsMax = 32;
const decodeAddress = (bytes: Uint8Array) => getAddressDecoder().decode(bytes);
const refused = (err: string): Run => ({
  ...{ err, logs: [], unitsConsumed: 0n, inner: [], returnData: null },
});

export class Chain {
  readonly slots: Slots;
  readonly engine = new Engine();
  readonly accounts = new Accounts();
  /** Micro-lamports per compute unit that recent blocks took; see `getRecentPrioritizationFees`. */
  priorityFee = 0;
  readonly #landed = new Map<string, Landed>();
  readonly #byKey = new Map<Address, Landed[]>();
  /** Of mints, which never change them. */
  readonly #decimals = new Map<Address, number>();
  #waiting: Waiting[] = [];
  #block = { slot: 0, transactions: 0 };
  /** The slot that programs see. */
  #timeOf = 0;

  constructor(nowMs: () => number, seed: string) {
    this.slots = new Slots(nowMs, seed);
  }

  /** The transaction of this signature, or undefined where none is in a block. */
  find(signature: string): Landed | undefined {
    return this.#landed.get(signature);
  }

  /** Every transaction that names this key, oldest first. */
  naming(key: Address): readonly Landed[] {
    return this.#byKey.get(key) ?? [];
  }

  /** The account's state at the end of this slot. */
  accountAt(address: Address, slot: number): AccountState | undefined {
    return this.accounts.has(address) ? this.accounts.at(address, slot) : this.engine.read(address);
  }

  /** Lets those that waited for a slot that has come into its block. To be called before all else. */
  settle(): void {
    for (const { wire, fromSlot } of this.#takeDue())
      this.#include(wire, this.slots.blockAt(fromSlot));
  }

  #takeDue(): readonly Waiting[] {
    const now = this.slots.current();
    const due = this.#waiting.filter(({ fromSlot }) => fromSlot <= now);
    if (due.length > 0) this.#waiting = this.#waiting.filter(({ fromSlot }) => fromSlot > now);
    return due.toSorted((one, other) => one.fromSlot - other.fromSlot);
  }

  /** Takes a transaction that lands after so many slots, Infinity for not until `letGo`. */
  accept(wire: WireTransaction, afterSlots = 0): void {
    if (afterSlots === 0) this.#include(wire, this.slots.reached('processed'));
    else this.#waiting.push({ wire, fromSlot: this.slots.current() + afterSlots });
  }

  /** Lets everything that waits land now, as far as it still may. Answers the signatures. */
  letGo(): readonly string[] {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { wire } of waiting) this.#include(wire, this.slots.reached('processed'));
    return waiting.map(({ wire }) => wire.signature);
  }

  /** Why a transaction may not land in a block of this slot, or undefined. */
  refusalOf(wire: WireTransaction, slot: number): string | undefined {
    if (!isSigned(wire)) return 'SignatureFailure';
    if (this.#landed.has(wire.signature)) return 'AlreadyProcessed';
    return this.isCurrent(wire, slot) ? undefined : 'BlockhashNotFound';
  }

  /** Whether the transaction's blockhash, or the nonce in its place, is good in a block of this slot. */
  isCurrent(wire: WireTransaction, slot: number): boolean {
    const { blockhash } = wire.message;
    if (this.slots.slotOfBlockhash(blockhash, slot) !== undefined) return true;
    const nonceAccount = nonceAccountOf(wire);
    const state = nonceAccount === undefined ? undefined : this.engine.read(nonceAccount);
    return nonceOf(state, decodeAddress) === blockhash;
  }

  /** Runs a transaction for show, on the newest state. */
  simulate(wire: WireTransaction, verifies: boolean): ReturnType<Engine['simulate']> {
    if (verifies && !isSigned(wire)) return { ...refused('SignatureFailure'), after: new Map() };
    this.#setTime(this.slots.reached('processed'));
    return this.engine.simulate(wire.transaction, verifies);
  }

  /** Lets programs see this slot's time, and the blocks before it. */
  #setTime(slot: number): void {
    this.engine.setTime(slot, this.slots.secondsOf(slot));
    if (slot === this.#timeOf) return;
    this.#timeOf = slot;
    const recent: { slot: bigint; hash: string }[] = [];
    for (let at = slot; recent.length < recentSlotsMax; ) {
      at = this.slots.blockAt(at - 1);
      recent.push({ slot: BigInt(at), hash: this.slots.blockhash(at) });
    }
    this.engine.setRecentSlots(recent);
  }

  /** The keys of a transaction, and the newest states of those that it may write. */
  touched(wire: WireTransaction): Touched {
    const read = (address: Address) => this.engine.read(address);
    const loaded = loadedAddresses(wire, read, decodeAddress);
    const keys = [...wire.message.keys, ...loaded.writable, ...loaded.readonly];
    const states = new Map(writableKeys(wire, loaded).map((key) => [key, read(key)]));
    const fixed = new Map<Address, bigint>();
    const lamportsOf = (key: Address) => {
      const known = fixed.get(key) ?? this.engine.balance(key);
      fixed.set(key, known);
      return known;
    };
    return { loaded, keys, states, lamportsOf, decimalsOf: (mint) => this.#decimalsOf(mint) };
  }

  #decimalsOf(mint: Address): number {
    const known = this.#decimals.get(mint) ?? readMint(this.engine.read(mint))?.decimals;
    if (known !== undefined) this.#decimals.set(mint, known);
    return known ?? 0;
  }

  /** Runs a transaction and puts it into this slot's block. One that cannot pay its fee is lost. */
  #include(wire: WireTransaction, slot: number): void {
    if (this.refusalOf(wire, slot) !== undefined) return;
    this.#setTime(slot);
    if (slot !== this.#block.slot) this.#block = { slot, transactions: 0 };
    const touched = this.touched(wire);
    const { keys, loaded, states } = touched;
    const before = balancesOf(keys, states, touched);
    const run = this.engine.run(wire.transaction);
    const after = new Map([...states.keys()].map((key) => [key, this.engine.read(key)]));
    const [payer] = wire.message.keys as readonly [Address];
    if (run.err !== null && after.get(payer)?.lamports === states.get(payer)?.lamports) return;
    for (const [key, was] of states) {
      const is = after.get(key);
      if (!sameState(was, is)) this.accounts.record(key, slot, was, is);
    }
    const landed: Landed = {
      ...{ wire, slot, run, loaded, keys, before },
      index: this.#block.transactions,
      blockTime: this.slots.secondsOf(slot),
      fee: feeOf(wire.message),
      after: balancesOf(keys, after, touched),
      memo: memoOf(wire),
    };
    this.#block.transactions += 1;
    this.#landed.set(wire.signature, landed);
    for (const key of new Set(keys)) {
      const named = this.#byKey.get(key);
      if (named === undefined) this.#byKey.set(key, [landed]);
      else named.push(landed);
    }
  }

  /** Puts an account into a state that no transaction made, as of now. */
  overwrite(address: Address, state: AccountState | undefined): void {
    const before = this.engine.read(address);
    this.engine.write(address, state);
    this.accounts.record(address, this.slots.reached('processed'), before, state);
  }

  /**
   * Gives up this slot's block and all after it, as when the cluster decides for another fork: their
   * transactions are undone and their blockhashes void. Answers the transactions, oldest first.
   * With `relands` those whose blockhash is older than the fork land again, in the same order.
   * Throws when that would undo what is finalized.
   */
  rollback(fromSlot: number, relands = false): readonly string[] {
    const kept = this.slots.blockAt(fromSlot - 1);
    if (kept < this.slots.reached('finalized'))
      throw new Error('finalized blocks cannot be undone');
    const undone = [...this.#landed.values()].filter(({ slot }) => slot > kept);
    for (const { wire, keys } of undone) {
      this.#landed.delete(wire.signature);
      for (const key of new Set(keys)) {
        const named = this.#byKey.get(key) ?? [];
        while ((named.at(-1)?.slot ?? 0) > kept) named.pop();
      }
    }
    // A mint that is undone may come again otherwise.
    this.#decimals.clear();
    for (const [address, state] of this.accounts.rollback(kept)) this.engine.write(address, state);
    this.slots.abandonAfter(kept);
    if (relands) for (const { wire } of undone) this.accept(wire);
    return undone.map(({ wire }) => wire.signature);
  }
}
