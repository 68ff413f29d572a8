/**
 * Every account's states by the slot that made them, so that a node can answer as of any commitment
 * level and a rollback can put back what was. It stands beside the engine, which knows the newest alone.
 */
import type { Address } from '@solana/kit';
import type { AccountState } from './account-state.ts';
import { tokenOwnerOf } from './tokens.ts';

interface Version {
  readonly slot: number;
  /** Undefined where there is no account. */
  readonly state: AccountState | undefined;
}

export class Accounts {
  readonly #versions = new Map<Address, Version[]>();
  readonly #tokenAccountsOf = new Map<Address, Set<Address>>();

  /** Notes that an account came into this state in this slot; `before` is its state until then. */
  record(
    address: Address,
    slot: number,
    before: AccountState | undefined,
    state: AccountState | undefined,
  ): void {
    const versions = this.#versions.get(address) ?? [{ slot: -1, state: before }];
    this.#versions.set(address, versions);
    if (versions.at(-1)?.slot === slot) versions.pop();
    versions.push({ slot, state });
    const owner = tokenOwnerOf(state);
    if (owner === undefined) return;
    const owned = this.#tokenAccountsOf.get(owner) ?? new Set();
    this.#tokenAccountsOf.set(owner, owned.add(address));
  }

  /** Whether the account has ever changed; where it has not, the engine's state is that of all time. */
  has(address: Address): boolean {
    return this.#versions.has(address);
  }

  /** The account's state at the end of this slot. */
  at(address: Address, slot: number): AccountState | undefined {
    return this.#versions.get(address)?.findLast((version) => version.slot <= slot)?.state;
  }

  /** The token accounts that this wallet has owned at any time. */
  tokenAccountsOf(owner: Address): readonly Address[] {
    return [...(this.#tokenAccountsOf.get(owner) ?? [])];
  }

  /** Forgets what happened after this slot, and answers the accounts it changes, as they then are. */
  rollback(slot: number): readonly (readonly [Address, AccountState | undefined])[] {
    const changed: [Address, AccountState | undefined][] = [];
    for (const [address, versions] of this.#versions) {
      const kept = versions.filter((version) => version.slot <= slot);
      if (kept.length === versions.length) continue;
      versions.splice(kept.length);
      changed.push([address, kept.at(-1)?.state]);
    }
    return changed;
  }
}
