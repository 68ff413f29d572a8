/** Transactions as `getTransaction` tells them: json, jsonParsed, base64 or base58, with their meta. */
import { getBase58Decoder } from '@solana/kit';
import type { Run } from '../chain/engine.ts';
import type { Landed } from '../chain/landed.ts';
import { type CompiledInstruction, isWritable, type Message } from '../chain/wire.ts';
import { parsedInstruction } from './parsed-instructions.ts';

export type TransactionEncoding = 'json' | 'jsonParsed' | 'base64' | 'base58';

/** What a run's `err` says once more, in the old form that nodes still give. */
const statusOf = ({ err }: Run) => (err === null ? { Ok: null } : { Err: err });

const rawInstruction = (each: CompiledInstruction & { readonly stackHeight?: number }): object => ({
  accounts: each.accounts,
  data: getBase58Decoder().decode(each.data),
  programIdIndex: each.programIdIndex,
  stackHeight: each.stackHeight ?? 1,
});

/** What the programs of a transaction called. */
export const innerInstructions = (
  { run, keys }: Pick<Landed, 'run' | 'keys'>,
  isParsed: boolean,
): object =>
  run.inner.map(({ index, instructions }) => ({
    index,
    instructions: instructions.map((each) =>
      isParsed ? parsedInstruction(each, keys) : rawInstruction(each),
    ),
  }));

/** What a program returned, or null. */
export const returnData = ({ returnData: returned }: Run): object | null =>
  returned === null
    ? null
    : {
        programId: returned.programId,
        data: [Buffer.from(returned.data).toString('base64'), 'base64'],
      };

const metaOf = (landed: Landed, isParsed: boolean, isVersioned: boolean): object => {
  const { run, before, after } = landed;
  const returned = returnData(run);
  return {
    computeUnitsConsumed: run.unitsConsumed,
    err: run.err,
    fee: landed.fee,
    innerInstructions: innerInstructions(landed, isParsed),
    ...(isVersioned && !isParsed ? { loadedAddresses: landed.loaded } : {}),
    logMessages: run.logs,
    postBalances: after.lamports,
    postTokenBalances: after.tokens,
    preBalances: before.lamports,
    preTokenBalances: before.tokens,
    ...(returned === null ? {} : { returnData: returned }),
    rewards: [],
    status: statusOf(run),
  };
};

const partsByVersion = ({ version, lookups, config }: Message): object => {
  if (version === 1) return { transactionConfig: config };
  if (version === 'legacy') return {};
  const addressTableLookups = lookups.map(({ table, writableIndexes, readonlyIndexes }) => ({
    ...{ accountKey: table, readonlyIndexes, writableIndexes },
  }));
  return { addressTableLookups };
};

const rawMessage = (message: Message): object => ({
  accountKeys: message.keys,
  header: {
    numReadonlySignedAccounts: message.readonlySigners,
    numReadonlyUnsignedAccounts: message.readonlyOthers,
    numRequiredSignatures: message.signers,
  },
  instructions: message.instructions.map(rawInstruction),
  recentBlockhash: message.blockhash,
  ...partsByVersion(message),
});

const parsedMessage = ({ wire: { message }, keys, loaded }: Landed): object => ({
  accountKeys: keys.map((pubkey, index) => ({
    pubkey,
    signer: index < message.signers,
    source: index < message.keys.length ? 'transaction' : 'lookupTable',
    writable:
      index < message.keys.length
        ? isWritable(message, index)
        : index < message.keys.length + loaded.writable.length,
  })),
  instructions: message.instructions.map((each) => parsedInstruction(each, keys)),
  recentBlockhash: message.blockhash,
  ...partsByVersion(message),
});

/** A transaction as a node tells it; `isVersioned` where the client reads versions. */
export const encodeLanded = (
  landed: Landed,
  encoding: TransactionEncoding,
  isVersioned: boolean,
): Readonly<Record<string, unknown>> => {
  const { wire, blockTime, slot, index } = landed;
  const isParsed = encoding === 'jsonParsed';
  const told = () => {
    if (encoding === 'base64') return [Buffer.from(wire.bytes).toString('base64'), 'base64'];
    if (encoding === 'base58') return [getBase58Decoder().decode(wire.bytes), 'base58'];
    const message = isParsed ? parsedMessage(landed) : rawMessage(wire.message);
    return { message, signatures: wire.signatures };
  };
  return {
    blockTime,
    meta: metaOf(landed, isParsed, isVersioned),
    slot,
    transaction: told(),
    transactionIndex: index,
    ...(isVersioned ? { version: wire.message.version } : {}),
  };
};
