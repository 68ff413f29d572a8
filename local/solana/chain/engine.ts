/**
 * LiteSVM with the real token programs: runs transactions and holds the newest state. Blocks, age of
 * blockhashes, duplicates and history are not its business; see `chain.ts`. Two programs that LiteSVM
 * does not bring, the newest memo and Lighthouse, run its memo program's code under their addresses.
 */
import { type Address, getAddressDecoder, lamports, type Transaction } from '@solana/kit';
import { Clock, FailedTransactionMetadata, LiteSVM, type TransactionMetadata } from 'litesvm';
import type { AccountState } from './account-state.ts';
import { errorOf, type TransactionError } from './errors.ts';
import { guardProgram, memoPrograms, systemProgram } from './programs.ts';
import type { CompiledInstruction } from './wire.ts';

/** What a program called, under the top instruction of this index. */
export interface Inner {
  readonly index: number;
  readonly instructions: readonly (CompiledInstruction & { readonly stackHeight: number })[];
}

/** How a transaction ran. */
export interface Run {
  readonly err: TransactionError | null;
  readonly logs: readonly string[];
  readonly unitsConsumed: bigint;
  readonly inner: readonly Inner[];
  readonly returnData: { readonly programId: Address; readonly data: Uint8Array } | null;
}

const returnDataOf = (meta: TransactionMetadata): Run['returnData'] => {
  const returned = meta.returnData();
  const data = returned.data();
  if (data.length === 0) return null;
  return { programId: getAddressDecoder().decode(returned.programId()), data };
};

const runOf = (meta: TransactionMetadata, err: TransactionError | null): Run => ({
  err,
  logs: meta.logs(),
  unitsConsumed: meta.computeUnitsConsumed(),
  inner: meta.innerInstructions().flatMap((called, index) => {
    const instructions = called.map((each) => {
      const compiled = each.instruction();
      return {
        programIdIndex: compiled.programIdIndex(),
        accounts: [...compiled.accounts()],
        data: compiled.data(),
        stackHeight: each.stackHeight(),
      };
    });
    return instructions.length === 0 ? [] : [{ index, instructions }];
  }),
  returnData: returnDataOf(meta),
});

export class Engine {
  readonly #svm = new LiteSVM().withBlockhashCheck(false).withTransactionHistory(0n);
  #slot = 0;

  constructor() {
    const [, memo, newestMemo] = memoPrograms;
    const code = this.#svm.getAccount(memo);
    if (!code.exists) throw new Error('LiteSVM brings no memo program');
    for (const program of [newestMemo, guardProgram]) {
      this.#svm.addProgram(program, Uint8Array.from(code.data));
    }
  }

  /** The account's newest state, or undefined where there is none. */
  read(address: Address): AccountState | undefined {
    const account = this.#svm.getAccount(address);
    if (!account.exists) return undefined;
    const { lamports: balance, programAddress: owner, executable, data } = account;
    return { lamports: balance, owner, executable, data: Uint8Array.from(data) };
  }

  /** The account's lamports, 0 where there is none. */
  balance(address: Address): bigint {
    return this.#svm.getBalance(address) ?? 0n;
  }

  /** Puts an account into a state that no transaction made. */
  write(address: Address, state: AccountState | undefined): void {
    this.#svm.setAccount({
      address,
      lamports: lamports(state?.lamports ?? 0n),
      programAddress: state?.owner ?? systemProgram,
      executable: state?.executable ?? false,
      data: state?.data ?? new Uint8Array(),
      space: BigInt(state?.data.length ?? 0),
    });
  }

  /** What programs take for the time. Nonces advance once per slot. */
  setTime(slot: number, seconds: number): void {
    if (slot !== this.#slot) this.#svm.expireBlockhash();
    this.#slot = slot;
    const clock = this.#svm.getClock();
    const { epochStartTimestamp, epoch, leaderScheduleEpoch } = clock;
    this.#svm.setClock(
      new Clock(BigInt(slot), epochStartTimestamp, epoch, leaderScheduleEpoch, BigInt(seconds)),
    );
  }

  /** Tells programs of recent slots, without which no lookup table can be made. */
  setRecentSlots(slots: readonly { readonly slot: bigint; readonly hash: string }[]): void {
    this.#svm.setSlotHashes([...slots]);
  }

  /** Runs a transaction for good. One that fails still pays its fee, where it gets so far. */
  run(transaction: Transaction): Run {
    const outcome = this.#svm.sendTransaction(transaction);
    return outcome instanceof FailedTransactionMetadata
      ? runOf(outcome.meta(), errorOf(outcome.err()))
      : runOf(outcome, null);
  }

  /** Runs a transaction for show, and answers how the accounts that it may write would be. */
  simulate(
    transaction: Transaction,
    verifies: boolean,
  ): Run & { readonly after: ReadonlyMap<Address, AccountState> } {
    this.#svm.withSigverify(verifies);
    try {
      const outcome = this.#svm.simulateTransaction(transaction);
      if (outcome instanceof FailedTransactionMetadata) {
        return { ...runOf(outcome.meta(), errorOf(outcome.err())), after: new Map() };
      }
      const after = outcome.postAccounts().map((account): [Address, AccountState] => [
        account.address,
        {
          lamports: account.lamports,
          owner: account.programAddress,
          executable: account.executable,
          data: Uint8Array.from(account.data),
        },
      ]);
      return { ...runOf(outcome.meta(), null), after: new Map(after) };
    } finally {
      this.#svm.withSigverify(true);
    }
  }

  /** Lamports that keep an account of so many bytes. */
  rentExemption(bytes: number): bigint {
    return this.#svm.minimumBalanceForRentExemption(BigInt(bytes));
  }
}
