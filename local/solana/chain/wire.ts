/**
 * Transactions as they travel: bytes in, and out of them the signatures and one form of message for
 * legacy, v0 and v1. It checks the form alone; signatures are verified by the engine.
 */
import {
  type Address,
  getBase58Decoder,
  getCompiledTransactionMessageDecoder,
  getTransactionDecoder,
  type Transaction,
} from '@solana/kit';

export interface CompiledInstruction {
  readonly programIdIndex: number;
  readonly accounts: readonly number[];
  readonly data: Uint8Array;
}

export interface Lookup {
  readonly table: Address;
  readonly writableIndexes: readonly number[];
  readonly readonlyIndexes: readonly number[];
}

/** The compute budget of a v1 message; what is not set is null. */
export interface MessageConfig {
  readonly computeUnitLimit: number | null;
  readonly heapSize: number | null;
  readonly loadedAccountsDataSizeLimit: number | null;
  /** Lamports. */
  readonly priorityFee: bigint | null;
}

export interface Message {
  readonly version: 'legacy' | 0 | 1;
  readonly signers: number;
  readonly readonlySigners: number;
  readonly readonlyOthers: number;
  readonly keys: readonly Address[];
  readonly blockhash: string;
  readonly instructions: readonly CompiledInstruction[];
  readonly lookups: readonly Lookup[];
  readonly config: MessageConfig | null;
}

export interface WireTransaction {
  readonly bytes: Uint8Array;
  readonly transaction: Transaction;
  /** The first signature, which names the transaction. */
  readonly signature: string;
  readonly signatures: readonly string[];
  readonly message: Message;
}

const noSignature = new Uint8Array(64);
const sizeMax = { legacy: 1232, 0: 1232, 1: 4096 };

const configOf = (
  mask: number,
  values: readonly { readonly value: number | bigint }[],
): MessageConfig => {
  const left = [...values];
  const next = (bits: number) => ((mask & bits) === bits ? left.shift()?.value : undefined) ?? null;
  const priorityFee = next(0b11);
  const [computeUnitLimit, dataSizeLimit, heapSize] = [next(0b100), next(0b1000), next(0b10000)];
  const small = (value: number | bigint | null) => (value === null ? null : Number(value));
  return {
    computeUnitLimit: small(computeUnitLimit),
    heapSize: small(heapSize),
    loadedAccountsDataSizeLimit: small(dataSizeLimit),
    priorityFee: priorityFee === null ? null : BigInt(priorityFee),
  };
};

/** Reads a message. Throws when the bytes are none. */
export const decodeMessage = (bytes: Uint8Array): Message => {
  const message = getCompiledTransactionMessageDecoder().decode(bytes);
  const { header, staticAccounts: keys } = message;
  const common = {
    signers: header.numSignerAccounts,
    readonlySigners: header.numReadonlySignerAccounts,
    readonlyOthers: header.numReadonlyNonSignerAccounts,
    keys,
    blockhash: message.lifetimeToken,
  };
  if (message.version === 1) {
    const instructions = message.instructionHeaders.map(({ programAccountIndex }, index) => {
      const payload = message.instructionPayloads[index];
      return {
        programIdIndex: programAccountIndex,
        accounts: payload?.instructionAccountIndices ?? [],
        data: Uint8Array.from(payload?.instructionData ?? []),
      };
    });
    const config = configOf(message.configMask, message.configValues);
    return { ...common, version: 1, instructions, lookups: [], config };
  }
  const instructions = message.instructions.map((each) => ({
    programIdIndex: each.programAddressIndex,
    accounts: each.accountIndices ?? [],
    data: Uint8Array.from(each.data ?? []),
  }));
  const tables = message.version === 0 ? (message.addressTableLookups ?? []) : [];
  const lookups = tables.map((each) => ({
    table: each.lookupTableAddress,
    writableIndexes: each.writableIndexes,
    readonlyIndexes: each.readonlyIndexes,
  }));
  return { ...common, version: message.version, instructions, lookups, config: null };
};

/** Reads a transaction. Throws when the bytes are none, or too many. */
export const decodeTransaction = (bytes: Uint8Array): WireTransaction => {
  const transaction = getTransactionDecoder().decode(bytes);
  const message = decodeMessage(Uint8Array.from(transaction.messageBytes));
  const limit = sizeMax[message.version];
  if (bytes.length > limit) throw new Error(`too large: ${bytes.length} bytes (max: ${limit})`);
  const signatures = Object.values(transaction.signatures).map((each) =>
    getBase58Decoder().decode(each ?? noSignature),
  );
  return { bytes, transaction, signature: signatures[0] ?? '', signatures, message };
};

/** Whether a transaction may write to the key at this place of its own keys. */
export const isWritable = (message: Message, index: number): boolean =>
  index < message.signers
    ? index < message.signers - message.readonlySigners
    : index < message.keys.length - message.readonlyOthers;

/** Whether every signer has signed; whether rightly, the engine says. */
export const isSigned = ({ transaction }: WireTransaction): boolean =>
  Object.values(transaction.signatures).every((each) => each !== null);
