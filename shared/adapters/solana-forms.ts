/**
 * What nodes answer, and what it is in the platform's own forms: transactions of every version, token
 * accounts and mints out of their bytes, statuses. Whatever does not read as it must is refused here.
 */
import { getBase58Encoder, type Option, unwrapOption } from '@solana/kit';
import {
  AccountState,
  getMintDecoder,
  getTokenDecoder,
  TOKEN_PROGRAM_ADDRESS,
} from '@solana-program/token';
import * as z from 'zod';
import { assert } from '../core/assert.ts';
import type {
  ChainTransaction,
  MintState,
  SignatureNote,
  SignatureStatus,
  Simulation,
  TokenAccountState,
  TokenChange,
  TransactionReading,
} from '../core/chain.ts';
import { secondMs } from '../core/time.ts';

/** Nodes' integers come as either, by their place. */
export const bigintSchema = z.union([z.bigint(), z.int()]).transform(BigInt);
const intSchema = z.union([z.bigint(), z.int()]).transform(Number).pipe(z.int().nonnegative());

/** What only a log reads. */
const reasonLengthMax = 200;

const shortened = (text: string): string => text.slice(0, reasonLengthMax);

/** A transaction's error as nodes write it, for logs and records. */
const reasonOf = (error: unknown): string =>
  shortened(
    typeof error === 'string'
      ? error
      : JSON.stringify(error, (_, value: unknown) =>
          typeof value === 'bigint' ? Number(value) : value,
        ),
  );

/** A line of an account's history. */
export const signatureNoteSchema = z
  .looseObject({ signature: z.string(), slot: bigintSchema, err: z.unknown() })
  .transform(
    ({ signature, slot, err }): SignatureNote => ({ signature, slot, failed: err != null }),
  );

const statusSchema = z.looseObject({
  slot: bigintSchema,
  err: z.unknown(),
  confirmations: intSchema.nullish(),
  confirmationStatus: z.enum(['processed', 'confirmed', 'finalized']).nullish(),
});

/** What a node says of a signature. A failure counts once it is final: before that, a fork may undo it. */
export const signatureStatusSchema = statusSchema
  .nullable()
  .transform((status): SignatureStatus => {
    if (status === null) return { outcome: 'absent' };
    const { slot, err, confirmations, confirmationStatus } = status;
    const level = confirmationStatus ?? (confirmations == null ? 'finalized' : 'processed');
    if (level === 'finalized' && err != null) {
      return { outcome: 'failed', slot, reason: reasonOf(err) };
    }
    return { outcome: level, slot };
  });

const instructionErrorSchema = z.object({ InstructionError: z.tuple([intSchema], z.unknown()) });

const instructionSchema = z.looseObject({ programIdIndex: intSchema, data: z.string() });

const balanceSchema = z.looseObject({
  accountIndex: intSchema,
  mint: z.string(),
  owner: z.string(),
  programId: z.string(),
  uiTokenAmount: z.looseObject({ amount: z.string().regex(/^\d{1,20}$/) }),
});

type Balance = z.infer<typeof balanceSchema>;

const versionSchema = z.union([z.literal('legacy'), intSchema.refine((number) => number <= 1)]);

const transactionSchema = z.looseObject({
  version: versionSchema,
  slot: bigintSchema,
  blockTime: bigintSchema.nullish(),
  transaction: z.looseObject({
    signatures: z.array(z.string()).min(1),
    message: z.looseObject({
      accountKeys: z.array(z.string()).min(1),
      instructions: z.array(instructionSchema),
    }),
  }),
  meta: z.looseObject({
    err: z.unknown(),
    fee: bigintSchema,
    preBalances: z.array(bigintSchema).min(1),
    postBalances: z.array(bigintSchema).min(1),
    loadedAddresses: z
      .looseObject({ writable: z.array(z.string()), readonly: z.array(z.string()) })
      .nullish(),
    innerInstructions: z
      .array(z.looseObject({ index: intSchema, instructions: z.array(instructionSchema) }))
      .nullish(),
    preTokenBalances: z.array(balanceSchema).nullish(),
    postTokenBalances: z.array(balanceSchema).nullish(),
  }),
});

type ToldTransaction = z.infer<typeof transactionSchema>;

/** Programs whose instructions are nothing but a text; all three are in use. */
const memoPrograms: ReadonlySet<string> = new Set([
  'Memo1UhkJRfHyvLMcVucJwxXeuD728EqVDDwQDxFMNo',
  'MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr',
  'Memo4c2pN8afCj432Lb7RMVKi9PbQnnW7ewFFaV3oAH',
]);

const keyAt = (keys: readonly string[], index: number): string => {
  const key = keys[index];
  if (key === undefined) throw new RangeError(`there is no account ${index}`);
  return key;
};

/** In the order in which they ran. */
const memosOf = (told: ToldTransaction, keys: readonly string[]): readonly string[] => {
  const { instructions } = told.transaction.message;
  const inner = told.meta.innerInstructions ?? [];
  const all = instructions.flatMap((own, at) => [
    own,
    ...inner.filter(({ index }) => index === at).flatMap((each) => each.instructions),
  ]);
  return all
    .filter(({ programIdIndex }) => memoPrograms.has(keyAt(keys, programIdIndex)))
    .map(({ data }) => Buffer.from(getBase58Encoder().encode(data)).toString('utf8'));
};

const unitsOf = (balance: Balance | undefined): bigint =>
  BigInt(balance?.uiTokenAmount.amount ?? 0);

const tokensOf = (told: ToldTransaction, keys: readonly string[]): readonly TokenChange[] => {
  const { preTokenBalances, postTokenBalances } = told.meta;
  const byIndex = (balances: readonly Balance[] | null | undefined) =>
    new Map((balances ?? []).map((balance) => [balance.accountIndex, balance]));
  const [before, after] = [byIndex(preTokenBalances), byIndex(postTokenBalances)];
  const indexes = new Set([...before.keys(), ...after.keys()]);
  return [...indexes].map((index) => {
    const [was, is] = [before.get(index), after.get(index)];
    const shown = is ?? was;
    assert(shown !== undefined, 'a token account without a balance');
    return {
      account: keyAt(keys, index),
      mint: shown.mint,
      owner: shown.owner,
      program: shown.programId,
      // An account that was closed and made again for another mint held nothing of this one.
      before: was?.mint === shown.mint ? unitsOf(was) : 0n,
      after: unitsOf(is),
    };
  });
};

const transactionOf = (told: ToldTransaction): ChainTransaction => {
  const { loadedAddresses, err, fee, preBalances, postBalances } = told.meta;
  const { writable = [], readonly = [] } = loadedAddresses ?? {};
  const keys = [...told.transaction.message.accountKeys, ...writable, ...readonly];
  return {
    signature: told.transaction.signatures[0] ?? '',
    slot: told.slot,
    blockTimeMs: told.blockTime == null ? undefined : Number(told.blockTime) * secondMs,
    failed: err != null,
    keys,
    tokens: tokensOf(told, keys),
    memos: memosOf(told, keys),
    feePayer: keyAt(keys, 0),
    feeLamports: fee,
    paidLamports: (preBalances[0] ?? 0n) - (postBalances[0] ?? 0n),
  };
};

/** What a node told when it was asked for this transaction. */
export const readTransaction = (signature: string, told: unknown): TransactionReading => {
  if (told === null) return { outcome: 'absent' };
  const parsed = transactionSchema.safeParse(told);
  if (!parsed.success) return unreadable(z.prettifyError(parsed.error));
  try {
    const transaction = transactionOf(parsed.data);
    return transaction.signature === signature
      ? { outcome: 'read', transaction }
      : unreadable('the node told of another transaction');
  } catch (error) {
    // An account that is not among the keys, or data that is not base58.
    return unreadable(String(error));
  }
};

/** It is there, and makes no sense to us. */
export const unreadable = (reason: string): TransactionReading => ({
  outcome: 'unreadable',
  reason: shortened(reason),
});

const accountSchema = z.looseObject({
  owner: z.string(),
  data: z.tuple([z.string(), z.literal('base64')]),
});

/** An account's program and bytes, as nodes write them. */
export const rawAccountSchema = accountSchema.nullable();

export type RawAccount = z.infer<typeof rawAccountSchema>;

export const accountBytes = (account: NonNullable<RawAccount>): Uint8Array =>
  Uint8Array.from(Buffer.from(account.data[0], 'base64'));

const token2022Program = 'TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb';
const tokenBytes = 165;
const mintBytes = 82;
/** Token-2022 says in this byte what an account with extensions is. */
const kindAt = 165;
const kinds = { mint: 1, token: 2 };
/** The length of a multisig, which has no such byte. */
const multisigBytes = 355;

/** The bytes of a token account or mint without extensions; undefined where it is none. */
const tokenData = (
  account: RawAccount,
  length: number,
  kind: number,
): { readonly program: string; readonly bytes: Uint8Array } | undefined => {
  if (account === null) return undefined;
  const { owner: program } = account;
  const bytes = accountBytes(account);
  const isPlain = bytes.length === length;
  const isExtended = bytes.length !== multisigBytes && bytes[kindAt] === kind;
  const fits =
    program === TOKEN_PROGRAM_ADDRESS
      ? isPlain
      : program === token2022Program && (isPlain || isExtended);
  return fits ? { program, bytes: bytes.subarray(0, length) } : undefined;
};

const orUndefined = (option: Option<string>): string | undefined =>
  unwrapOption(option) ?? undefined;

/** The token account; undefined for what is none, such as SOL that somebody sent to its address. */
export const tokenAccountOf = (
  address: string,
  account: RawAccount,
): TokenAccountState | undefined => {
  const found = tokenData(account, tokenBytes, kinds.token);
  if (found === undefined) return undefined;
  const token = getTokenDecoder().decode(found.bytes);
  if (token.state === AccountState.Uninitialized) return undefined;
  return {
    address,
    mint: token.mint,
    owner: token.owner,
    program: found.program,
    units: token.amount,
    isFrozen: token.state === AccountState.Frozen,
    delegate: orUndefined(token.delegate),
    closeAuthority: orUndefined(token.closeAuthority),
  };
};

/** What a node's simulation came to, and what it would make of the accounts that were asked about. */
export const simulationSchema = (watched: readonly string[]) =>
  z
    .looseObject({
      value: z.looseObject({
        err: z.unknown(),
        unitsConsumed: bigintSchema.nullish(),
        accounts: z.array(rawAccountSchema).nullish(),
      }),
    })
    .refine(
      // A failed one changes nothing.
      ({ value: { err, accounts } }) => err != null || (accounts ?? []).length === watched.length,
      'as many accounts as were asked about',
    )
    .transform(({ value: { err, unitsConsumed, accounts } }): Simulation => {
      const failed = instructionErrorSchema.safeParse(err);
      const told = err == null ? (accounts ?? []) : [];
      return {
        error: err == null ? undefined : reasonOf(err),
        failedInstruction: failed.success ? failed.data.InstructionError[0] : undefined,
        computeUnits: unitsConsumed ?? 0n,
        accounts: told.map((account, at) => tokenAccountOf(watched[at] ?? '', account)),
      };
    });

/** The mint; undefined for what is none. */
export const mintOf = (address: string, account: RawAccount): MintState | undefined => {
  const found = tokenData(account, mintBytes, kinds.mint);
  if (found === undefined) return undefined;
  const mint = getMintDecoder().decode(found.bytes);
  if (!mint.isInitialized) return undefined;
  return {
    address,
    program: found.program,
    decimals: mint.decimals,
    supplyUnits: mint.supply,
    mintAuthority: orUndefined(mint.mintAuthority),
    freezeAuthority: orUndefined(mint.freezeAuthority),
  };
};
