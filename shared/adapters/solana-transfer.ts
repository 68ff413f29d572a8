/**
 * Transactions that pay many wallets one token out of the treasury: compiled to the bytes that its key signs,
 * and put together with the signature. Nothing here asks a chain or holds a key. All payments of one
 * transaction happen, or none; a memo and a reference key say on the chain what it was for.
 */
import {
  AccountRole,
  type Address,
  appendTransactionMessageInstructions,
  type Blockhash,
  compileTransaction,
  createNoopSigner,
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
import {
  findAssociatedTokenPda,
  getCreateAssociatedTokenIdempotentInstruction,
  getTransferCheckedInstruction,
  TOKEN_PROGRAM_ADDRESS,
} from '@solana-program/token';
import { assert } from '../core/assert.ts';
import { encodeBase58 } from '../core/base58.ts';
import { isSignedBy } from '../core/solana-address.ts';

/** One payment of the transaction. */
export interface TokenPayment {
  readonly wallet: string;
  /** That wallet's associated account of the token. */
  readonly tokenAccount: string;
  /** Base units above 0. */
  readonly units: bigint;
  /** Whether the transaction makes that account, at the treasury's cost. */
  readonly makesAccount: boolean;
}

/** Until when it can land. */
export type TransferLifetime =
  | {
      readonly kind: 'blockhash';
      readonly blockhash: string;
      readonly lastValidBlockHeight: bigint;
    }
  /** Until the nonce moves, which the transaction itself does when it lands. */
  | { readonly kind: 'nonce'; readonly account: string; readonly value: string };

export interface TransferOrder {
  /**
   * `v1` holds 4,096 bytes, 64 accounts and 64 calls, `legacy` 1,232 bytes. Beside memo and reference, v1
   * has room for 58 payments, or 10 that make an account; legacy for 17, or 8 (with a nonce: 55, 10, 15, 7).
   */
  readonly format: 'legacy' | 'v1';
  /** Pays the fee, owns what is paid, and signs. */
  readonly treasury: string;
  /** Of the classic token program. */
  readonly mint: string;
  readonly decimals: number;
  readonly payments: readonly TokenPayment[];
  readonly memo: string;
  /** A key that nobody holds, by which the transaction is found. */
  readonly reference: string;
  readonly lifetime: TransferLifetime;
  /** Price of priority: micro-lamports per compute unit. */
  readonly microLamportsPerUnit: bigint;
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

/** Compute units, with room for clusters that run older programs; what is not used costs no more than priority. */
const unitsPerTransaction = 40_000;
const unitsPerPayment = 8_000;
const unitsPerAccount = 45_000;
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

/** Compiles the transaction. More payments than it has room for are a BugError. */
export const compileTransfer = async (order: TransferOrder): Promise<UnsignedTransfer> => {
  assert(
    order.payments.every(({ units }) => units > 0n),
    'a payment of nothing',
  );
  const transaction = compileTransaction(await messageOf(order));
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

const paymentOf = (
  { treasury, mint, decimals }: TransferOrder,
  source: Address,
  { wallet, tokenAccount, units, makesAccount }: TokenPayment,
): readonly Instruction[] => {
  const owner = createNoopSigner(treasury as Address);
  const [token, destination] = [mint as Address, tokenAccount as Address];
  const transfer = getTransferCheckedInstruction({
    ...{ source, mint: token, destination, authority: owner, amount: units, decimals },
  });
  if (!makesAccount) return [transfer];
  const create = getCreateAssociatedTokenIdempotentInstruction({
    ...{ payer: owner, ata: destination, owner: wallet as Address, mint: token },
  });
  return [create, transfer];
};

/** Names the reference in the last transfer, whose program takes accounts beyond its own. */
const withReference = (
  instructions: readonly Instruction[],
  reference: string,
): readonly Instruction[] =>
  instructions.map((instruction, at) => {
    if (at < instructions.length - 1) return instruction;
    const named = { address: reference as Address, role: AccountRole.READONLY };
    return { ...instruction, accounts: [...(instruction.accounts ?? []), named] };
  });

const instructionsOf = async (order: TransferOrder): Promise<readonly Instruction[]> => {
  const source = (await tokenAccountOf(order.treasury, order.mint)) as Address;
  const payments = order.payments.flatMap((payment) => paymentOf(order, source, payment));
  const memo = { programAddress: memoProgram, data: new TextEncoder().encode(order.memo) };
  return [memo, ...withReference(payments, order.reference)];
};

const computeUnitsOf = ({ payments }: TransferOrder): number =>
  unitsPerTransaction +
  payments.length * unitsPerPayment +
  payments.filter(({ makesAccount }) => makesAccount).length * unitsPerAccount;

/** With a nonce, the message's first instruction moves it. */
const withLifetime = (
  message: TransactionMessage & TransactionMessageWithFeePayer,
  { lifetime, treasury }: TransferOrder,
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

const messageOf = async (order: TransferOrder) => {
  const payer = order.treasury as Address;
  const instructions = await instructionsOf(order);
  const units = computeUnitsOf(order);
  const { microLamportsPerUnit } = order;
  if (order.format === 'v1') {
    const config = {
      computeUnitLimit: units,
      loadedAccountsDataSizeLimit: loadedBytesMax,
      priorityFeeLamports: (microLamportsPerUnit * BigInt(units)) / microLamports,
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
    (each) => setTransactionMessageComputeUnitLimit(units, each),
    (each) => setTransactionMessageComputeUnitPrice(microLamportsPerUnit, each),
    (each) => withLifetime(each, order),
  );
};
