/**
 * A transaction of the treasury's around its instructions: compiled to the bytes that its key signs, and put
 * together with the signature. Nothing here asks a chain or holds a key.
 */
import {
  AccountRole,
  type Address,
  appendTransactionMessageInstructions,
  type Blockhash,
  compileTransaction,
  createTransactionMessage,
  getTransactionEncoder,
  getTransactionSize,
  getTransactionSizeLimit,
  type Instruction,
  type Nonce,
  pipe,
  type SignatureBytes,
  setTransactionMessageComputeUnitLimit,
  setTransactionMessageComputeUnitPrice,
  setTransactionMessageConfig,
  setTransactionMessageFeePayer,
  setTransactionMessageLifetimeUsingBlockhash,
  setTransactionMessageLifetimeUsingDurableNonce,
  type Transaction,
  type TransactionMessage,
  type TransactionMessageWithFeePayer,
} from '@solana/kit';
import { findAssociatedTokenPda, TOKEN_PROGRAM_ADDRESS } from '@solana-program/token';
import { assert } from '../core/assert.ts';
import { encodeBase58 } from '../core/base58.ts';
import { isSignedBy } from '../core/solana-address.ts';

/** `v1` holds 4,096 bytes, 64 accounts and 64 calls, `legacy` 1,232 bytes. */
export type MessageFormat = 'legacy' | 'v1';

/** Until when it can land. */
export type TransferLifetime =
  | {
      readonly kind: 'blockhash';
      readonly blockhash: string;
      readonly lastValidBlockHeight: bigint;
    }
  /** Until the nonce moves, which the transaction itself does when it lands. */
  | { readonly kind: 'nonce'; readonly account: string; readonly value: string };

/** What every transaction of the treasury says. */
export interface MessageOrder {
  readonly format: MessageFormat;
  /** Pays the fee, and signs. */
  readonly treasury: string;
  readonly memo: string;
  /** A key that nobody holds, by which the transaction is found. */
  readonly reference: string;
  readonly lifetime: TransferLifetime;
  /** Price of priority: micro-lamports per compute unit. */
  readonly microLamportsPerUnit: bigint;
}

/** What it does. */
export interface MessageContent {
  /** The last one names the reference: its program takes accounts beyond its own. */
  readonly instructions: readonly Instruction[];
  /** Compute units that it may use. */
  readonly computeUnits: number;
}

/** Ready to be signed, or to be simulated without a signature. */
export interface UnsignedTransfer {
  /** What the key signs. */
  readonly message: Uint8Array;
  /** The whole with a signature of zeros. */
  readonly wire: Uint8Array;
  readonly treasury: string;
  /** As Kit has it. */
  readonly transaction: Transaction;
}

export interface SignedTransfer {
  readonly wire: Uint8Array;
  /** As the chain names the transaction. */
  readonly signature: string;
}

const memoProgram = 'MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr' as Address;
/** Of the programs and accounts that a v1 transaction loads; none are loaded where it says nothing. */
const loadedBytesMax = 4_000_000;
const microLamports = 1_000_000n;
/** What a v1 transaction may name. */
const accountsMax = 64;

/** The wallet's associated account of a token of the classic token program. */
export const tokenAccountOf = async (wallet: string, mint: string): Promise<string> => {
  const [address] = await findAssociatedTokenPda({
    owner: wallet as Address,
    mint: mint as Address,
    tokenProgram: TOKEN_PROGRAM_ADDRESS,
  });
  return address;
};

/** Compiles the transaction. More than it has room for is a BugError. */
export const compileMessage = (order: MessageOrder, content: MessageContent): UnsignedTransfer => {
  const transaction = compileTransaction(messageOf(order, content));
  const size = getTransactionSize(transaction);
  assert(size <= getTransactionSizeLimit(transaction), `a transaction of ${size} bytes`);
  return {
    message: Uint8Array.from(transaction.messageBytes),
    wire: Uint8Array.from(getTransactionEncoder().encode(transaction)),
    treasury: order.treasury,
    transaction,
  };
};

/** The transaction with its one signature; one that is not the treasury's over these bytes is a BugError. */
export const withSignature = (
  { transaction, treasury, message }: UnsignedTransfer,
  signature: Uint8Array,
): SignedTransfer => {
  assert(isSignedBy(treasury, message, signature), 'the signature is not the treasury’s');
  const signatures = { [treasury]: signature as SignatureBytes };
  const wire = Uint8Array.from(getTransactionEncoder().encode({ ...transaction, signatures }));
  return { wire, signature: encodeBase58(signature) };
};

const withReference = (
  instructions: readonly Instruction[],
  reference: string,
): readonly Instruction[] =>
  instructions.map((instruction, at) => {
    if (at < instructions.length - 1) return instruction;
    const named = { address: reference as Address, role: AccountRole.READONLY };
    return { ...instruction, accounts: [...(instruction.accounts ?? []), named] };
  });

/** With a nonce, the message's first instruction moves it. */
const withLifetime = (
  message: TransactionMessage & TransactionMessageWithFeePayer,
  { lifetime, treasury }: MessageOrder,
) =>
  lifetime.kind === 'blockhash'
    ? setTransactionMessageLifetimeUsingBlockhash(
        { ...lifetime, blockhash: lifetime.blockhash as Blockhash },
        message,
      )
    : setTransactionMessageLifetimeUsingDurableNonce(
        {
          nonce: lifetime.value as Nonce,
          nonceAccountAddress: lifetime.account as Address,
          nonceAuthorityAddress: treasury as Address,
        },
        message,
      );

/** The payer stands in each payment. */
const countAccounts = (instructions: readonly Instruction[]): number =>
  new Set(
    instructions.flatMap(({ programAddress, accounts = [] }) => [
      programAddress,
      ...accounts.map(({ address }) => address),
    ]),
  ).size;

const messageOf = (order: MessageOrder, { instructions: work, computeUnits }: MessageContent) => {
  const payer = order.treasury as Address;
  const memo = { programAddress: memoProgram, data: new TextEncoder().encode(order.memo) };
  const instructions = [memo, ...withReference(work, order.reference)];
  const { microLamportsPerUnit } = order;
  if (order.format === 'v1') {
    const config = {
      computeUnitLimit: computeUnits,
      loadedAccountsDataSizeLimit: loadedBytesMax,
      priorityFeeLamports: (microLamportsPerUnit * BigInt(computeUnits)) / microLamports,
    };
    const message = pipe(
      createTransactionMessage({ version: 1 }),
      (each) => setTransactionMessageFeePayer(payer, each),
      (each) => setTransactionMessageConfig(config, each),
      (each) => appendTransactionMessageInstructions(instructions, each),
      (each) => withLifetime(each, order),
    );
    const accounts = countAccounts(message.instructions);
    assert(accounts <= accountsMax, `a transaction of ${accounts} accounts`);
    return message;
  }
  return pipe(
    createTransactionMessage({ version: 'legacy' }),
    (each) => setTransactionMessageFeePayer(payer, each),
    (each) => appendTransactionMessageInstructions(instructions, each),
    (each) => setTransactionMessageComputeUnitLimit(computeUnits, each),
    (each) => setTransactionMessageComputeUnitPrice(microLamportsPerUnit, each),
    (each) => withLifetime(each, order),
  );
};
