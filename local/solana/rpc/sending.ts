/** The methods that take transactions: to land them, to try them, and to say what they would pay. */
import { type Address, getBase58Encoder } from '@solana/kit';
import * as z from 'zod';
import { sentenceOf } from '../chain/errors.ts';
import { feeOf } from '../chain/fees.ts';
import { balancesOf } from '../chain/landed.ts';
import { blockhashAgeMax } from '../chain/slots.ts';
import {
  decodeMessage,
  decodeTransaction,
  type Message,
  type WireTransaction,
} from '../chain/wire.ts';
import { encodeAccount } from './accounts.ts';
import { asAddress, type Call, type Method } from './call.ts';
import { invalidParams, RpcError } from './rpc-error.ts';
import { innerInstructions, returnData } from './transaction-encoding.ts';

const encodingSchema = z.enum(['base58', 'base64']).nullish();

const bytesOf = (text: string, encoding: 'base58' | 'base64'): Uint8Array =>
  encoding === 'base64'
    ? Uint8Array.from(Buffer.from(text, 'base64'))
    : Uint8Array.from(getBase58Encoder().encode(text));

const wireOf = (call: Call, encoding: z.infer<typeof encodingSchema>): WireTransaction => {
  const text = call.param(0, z.string());
  try {
    return decodeTransaction(bytesOf(text, encoding ?? 'base58'));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw invalidParams(
      `failed to deserialize solana_transaction::versioned::VersionedTransaction: ${reason}`,
    );
  }
};

const sendSchema = z.looseObject({
  encoding: encodingSchema,
  skipPreflight: z.boolean().nullish(),
  preflightCommitment: z.enum(['processed', 'confirmed', 'finalized']).nullish(),
  maxRetries: z.number().int().nonnegative().nullish(),
});

/** Refuses what would fail, as of a level at which a blockhash may not be known yet. */
const preflight = (call: Call, wire: WireTransaction, newest: number): void => {
  const { chain } = call.node;
  const refusal = chain.refusalOf(wire, newest);
  if (refusal === 'SignatureFailure') {
    throw new RpcError(-32003, 'Transaction signature verification failure');
  }
  const run = refusal === undefined ? chain.simulate(wire, true) : undefined;
  const err = refusal ?? run?.err ?? null;
  if (err === null) return;
  if (err === 'SignatureFailure') {
    throw new RpcError(-32003, 'Transaction signature verification failure');
  }
  throw new RpcError(-32002, `Transaction simulation failed: ${sentenceOf(err)}`, {
    accounts: null,
    err,
    innerInstructions: null,
    logs: run?.logs ?? [],
    replacementBlockhash: null,
    returnData: run === undefined ? null : returnData(run),
    unitsConsumed: run?.unitsConsumed ?? 0n,
  });
};

const sendTransaction: Method = (call) => {
  const options = call.options(1, sendSchema);
  const wire = wireOf(call, options.encoding);
  if (options.skipPreflight !== true) {
    call.slot(1);
    preflight(call, wire, call.reached(options.preflightCommitment ?? 'finalized'));
  }
  call.node.forward(wire);
  return wire.signature;
};

const simulateSchema = z.looseObject({
  encoding: encodingSchema,
  sigVerify: z.boolean().nullish(),
  replaceRecentBlockhash: z.boolean().nullish(),
  innerInstructions: z.boolean().nullish(),
  accounts: z
    .object({
      addresses: z.array(z.string()),
      encoding: z.enum(['base64', 'jsonParsed']).nullish(),
    })
    .nullish(),
});

const simulateTransaction: Method = (call) => {
  const slot = call.slot(1);
  const options = call.options(1, simulateSchema);
  const wire = wireOf(call, options.encoding);
  const { sigVerify, replaceRecentBlockhash, accounts } = options;
  if (sigVerify === true && replaceRecentBlockhash === true) {
    throw invalidParams('sigVerify may not be used with replaceRecentBlockhash');
  }
  const { chain } = call.node;
  const { engine, slots } = chain;
  const isRefused = replaceRecentBlockhash !== true && !chain.isCurrent(wire, slot);
  const run = chain.simulate(wire, sigVerify === true);
  if ((accounts?.addresses.length ?? 0) > wire.message.keys.length) {
    throw invalidParams(`Too many accounts provided; max ${wire.message.keys.length}`);
  }
  const read = (key: Address) => run.after.get(key) ?? engine.read(key);
  const touched = chain.touched(wire);
  const { keys, states, loaded } = touched;
  const after = new Map([...states].map(([key, was]) => [key, run.after.get(key) ?? was]));
  const [was, is] = [balancesOf(keys, states, touched), balancesOf(keys, after, touched)];
  const told = accounts?.addresses.map((key) =>
    encodeAccount(read(asAddress(key)), { encoding: accounts.encoding ?? 'base64' }, read),
  );
  return call.answer(slot, {
    accounts: run.err === null && !isRefused ? (told ?? null) : null,
    err: isRefused ? 'BlockhashNotFound' : run.err,
    fee: feeOf(wire.message),
    innerInstructions:
      options.innerInstructions === true ? innerInstructions({ run, keys }, true) : null,
    loadedAddresses: loaded,
    logs: isRefused ? [] : run.logs,
    postBalances: is.lamports,
    postTokenBalances: is.tokens,
    preBalances: was.lamports,
    preTokenBalances: was.tokens,
    replacementBlockhash:
      replaceRecentBlockhash === true
        ? {
            blockhash: slots.blockhash(slot),
            lastValidBlockHeight: slots.height(slot) + blockhashAgeMax,
          }
        : null,
    returnData: returnData(run),
    unitsConsumed: isRefused ? 0n : run.unitsConsumed,
  });
};

const getFeeForMessage: Method = (call) => {
  const slot = call.slot(1);
  const text = call.param(0, z.string());
  let message: Message;
  try {
    message = decodeMessage(bytesOf(text, 'base64'));
  } catch {
    throw invalidParams('failed to deserialize solana_message::versions::VersionedMessage');
  }
  const known = call.node.chain.slots.slotOfBlockhash(message.blockhash, slot);
  return call.answer(slot, known === undefined ? null : feeOf(message));
};

export const sendingMethods: Readonly<Record<string, Method>> = {
  sendTransaction,
  simulateTransaction,
  getFeeForMessage,
};
