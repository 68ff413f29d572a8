/**
 * Instructions as `jsonParsed` tells them, for the programs that payments use: system, both token
 * programs, associated token accounts and memos. Any other instruction is told as its raw parts.
 */
import { type Address, getAddressDecoder, getBase58Decoder } from '@solana/kit';
import {
  associatedTokenProgram,
  memoPrograms,
  systemProgram,
  tokenProgram,
} from '../chain/programs.ts';
import { isTokenProgram, uiTokenAmount } from '../chain/tokens.ts';
import type { CompiledInstruction } from '../chain/wire.ts';

interface Parsed {
  readonly type: string;
  readonly info: Readonly<Record<string, unknown>>;
}

/** The names of an instruction's accounts, in order, and how its data reads after what names it. */
interface Form {
  readonly type: string;
  readonly accounts: readonly string[];
  readonly data?: (data: DataView) => Readonly<Record<string, unknown>>;
}

const units = (data: DataView) => ({ amount: data.getBigUint64(1, true).toString() });
const checkedUnits = (data: DataView) => ({
  tokenAmount: uiTokenAmount(data.getBigUint64(1, true), data.getUint8(9)),
});
const keyAt = (data: DataView, at: number) =>
  getAddressDecoder().decode(new Uint8Array(data.buffer, data.byteOffset + at, 32));

/** By the first byte of a token program's instruction. */
const tokenForms: Readonly<Record<number, Form>> = {
  1: { type: 'initializeAccount', accounts: ['account', 'mint', 'owner', 'rentSysvar'] },
  3: { type: 'transfer', accounts: ['source', 'destination', 'authority'], data: units },
  4: { type: 'approve', accounts: ['source', 'delegate', 'owner'], data: units },
  5: { type: 'revoke', accounts: ['source', 'owner'] },
  7: { type: 'mintTo', accounts: ['mint', 'account', 'mintAuthority'], data: units },
  8: { type: 'burn', accounts: ['account', 'mint', 'authority'], data: units },
  9: { type: 'closeAccount', accounts: ['account', 'destination', 'owner'] },
  10: { type: 'freezeAccount', accounts: ['account', 'mint', 'freezeAuthority'] },
  11: { type: 'thawAccount', accounts: ['account', 'mint', 'freezeAuthority'] },
  12: {
    type: 'transferChecked',
    accounts: ['source', 'mint', 'destination', 'authority'],
    data: checkedUnits,
  },
  14: { type: 'mintToChecked', accounts: ['mint', 'account', 'mintAuthority'], data: checkedUnits },
  15: { type: 'burnChecked', accounts: ['account', 'mint', 'authority'], data: checkedUnits },
  18: {
    type: 'initializeAccount3',
    accounts: ['account', 'mint'],
    data: (data) => ({ owner: keyAt(data, 1) }),
  },
  20: {
    type: 'initializeMint2',
    accounts: ['mint'],
    data: (data) => ({ decimals: data.getUint8(1), mintAuthority: keyAt(data, 2) }),
  },
  21: { type: 'getAccountDataSize', accounts: ['mint'] },
  22: { type: 'initializeImmutableOwner', accounts: ['account'] },
};

const ataAccounts = ['source', 'account', 'wallet', 'mint', 'systemProgram', 'tokenProgram'];
const ataForms: Readonly<Record<number, Form>> = {
  0: { type: 'create', accounts: ataAccounts },
  1: { type: 'createIdempotent', accounts: ataAccounts },
};

const systemForms: Readonly<Record<number, Form>> = {
  0: {
    type: 'createAccount',
    accounts: ['source', 'newAccount'],
    data: (data) => ({
      lamports: data.getBigUint64(4, true),
      space: data.getBigUint64(12, true),
      owner: keyAt(data, 20),
    }),
  },
  2: {
    type: 'transfer',
    accounts: ['source', 'destination'],
    data: (data) => ({ lamports: data.getBigUint64(4, true) }),
  },
  4: {
    type: 'advanceNonce',
    accounts: ['nonceAccount', 'recentBlockhashesSysvar', 'nonceAuthority'],
  },
};

const formOf = (program: Address, data: Uint8Array): Form | undefined => {
  if (isTokenProgram(program)) return tokenForms[data[0] ?? -1];
  if (program === associatedTokenProgram) return ataForms[data[0] ?? 0];
  return program === systemProgram ? systemForms[data[0] ?? -1] : undefined;
};

const parse = (
  program: Address,
  accounts: readonly Address[],
  data: Uint8Array,
): Parsed | undefined => {
  const form = formOf(program, data);
  if (form === undefined || accounts.length < form.accounts.length) return undefined;
  const named = form.accounts.map((name, index) => [name, accounts[index]]);
  try {
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    return { type: form.type, info: { ...Object.fromEntries(named), ...form.data?.(view) } };
  } catch (error) {
    // The data is shorter than the program would take it: such an instruction failed.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
};

const nameOf = (program: Address): string => {
  if (program === systemProgram) return 'system';
  if (program === associatedTokenProgram) return 'spl-associated-token-account';
  return program === tokenProgram ? 'spl-token' : 'spl-token-2022';
};

/** One instruction of a transaction with these keys, as `jsonParsed` tells it. */
export const parsedInstruction = (
  instruction: CompiledInstruction & { readonly stackHeight?: number },
  keys: readonly Address[],
): object => {
  const programId = keys[instruction.programIdIndex] as Address;
  const accounts = instruction.accounts.map((index) => keys[index] as Address);
  const stackHeight = instruction.stackHeight ?? 1;
  const isMemo = (memoPrograms as readonly Address[]).includes(programId);
  if (isMemo) {
    const parsed = Buffer.from(instruction.data).toString('utf8');
    return { parsed, program: 'spl-memo', programId, stackHeight };
  }
  const parsed = parse(programId, accounts, instruction.data);
  return parsed === undefined
    ? { accounts, data: getBase58Decoder().decode(instruction.data), programId, stackHeight }
    : { parsed, program: nameOf(programId), programId, stackHeight };
};
