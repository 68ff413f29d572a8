/** What an account holds at some moment. */
import type { Address } from '@solana/kit';

export interface AccountState {
  readonly lamports: bigint;
  /** The program that owns it. */
  readonly owner: Address;
  readonly executable: boolean;
  readonly data: Uint8Array;
}

/** The states of several accounts; undefined where there is none. */
export type States = ReadonlyMap<Address, AccountState | undefined>;

export const sameState = (
  one: AccountState | undefined,
  other: AccountState | undefined,
): boolean =>
  one === undefined || other === undefined
    ? one === other
    : one.lamports === other.lamports &&
      one.owner === other.owner &&
      one.executable === other.executable &&
      Buffer.compare(one.data, other.data) === 0;
