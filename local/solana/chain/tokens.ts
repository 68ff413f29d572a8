/** Reads token accounts and mints of both token programs out of account data. */
import { type Address, getAddressDecoder, unwrapOption } from '@solana/kit';
import { getMintDecoder, getTokenDecoder, type Mint, type Token } from '@solana-program/token';
import type { AccountState } from './account-state.ts';
import { token2022Program, tokenProgram } from './programs.ts';

/** Bytes of a classic token account; what follows in Token-2022 are extensions. */
const tokenBytes = 165;
const mintBytes = 82;
/** Where Token-2022 says which kind of account it is, once it has extensions. */
const kindAt = 165;
const kinds = { mint: 1, token: 2 };

export const isTokenProgram = (program: Address): boolean =>
  program === tokenProgram || program === token2022Program;

const is = (state: AccountState | undefined, bytes: number, kind: number): state is AccountState =>
  state !== undefined &&
  isTokenProgram(state.owner) &&
  (state.data.length === bytes || (state.data.length > kindAt && state.data[kindAt] === kind));

/** The token account in this state, or undefined where it is none. */
export const readToken = (state: AccountState | undefined): Token | undefined =>
  is(state, tokenBytes, kinds.token) && state.data.length !== mintBytes
    ? getTokenDecoder().decode(state.data.subarray(0, tokenBytes))
    : undefined;

/** The mint in this state, or undefined where it is none. */
export const readMint = (state: AccountState | undefined): Mint | undefined =>
  is(state, mintBytes, kinds.mint)
    ? getMintDecoder().decode(state.data.subarray(0, mintBytes))
    : undefined;

/** The wallet that owns the token account in this state, without decoding the rest. */
export const tokenOwnerOf = (state: AccountState | undefined): Address | undefined =>
  is(state, tokenBytes, kinds.token)
    ? getAddressDecoder().decode(state.data.subarray(32, 64))
    : undefined;

/** A token amount as a node writes it. `uiAmount` is a float and good for nothing but reading. */
export interface UiTokenAmount {
  readonly amount: string;
  readonly decimals: number;
  readonly uiAmount: number | null;
  readonly uiAmountString: string;
}

export const uiTokenAmount = (units: bigint, decimals: number): UiTokenAmount => {
  const digits = units.toString().padStart(decimals + 1, '0');
  const whole = digits.slice(0, digits.length - decimals);
  const rest = digits.slice(digits.length - decimals).replace(/0+$/, '');
  const uiAmountString = rest === '' ? whole : `${whole}.${rest}`;
  return { amount: units.toString(), decimals, uiAmount: Number(uiAmountString), uiAmountString };
};

const states = ['uninitialized', 'initialized', 'frozen'];

/** The names of a Token-2022 account's extensions that are likely to be met. */
const extensionNames: Readonly<Record<number, string>> = {
  1: 'transferFeeConfig',
  2: 'transferFeeAmount',
  3: 'mintCloseAuthority',
  4: 'confidentialTransferMint',
  6: 'defaultAccountState',
  7: 'immutableOwner',
  9: 'nonTransferable',
  10: 'interestBearingConfig',
  12: 'permanentDelegate',
  14: 'transferHook',
  18: 'metadataPointer',
  19: 'tokenMetadata',
  25: 'scaledUiAmountConfig',
  26: 'pausableConfig',
};

const extensionsOf = ({ data }: AccountState): readonly { readonly extension: string }[] => {
  const found: { extension: string }[] = [];
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  for (let at = kindAt + 1; at + 4 <= data.length; at += 4 + view.getUint16(at + 2, true)) {
    const type = view.getUint16(at, true);
    if (type === 0) break;
    found.push({ extension: extensionNames[type] ?? 'unparseableExtension' });
  }
  return found;
};

/** What `jsonParsed` says of a token account or mint, or undefined for any other account. */
export const parsedTokenData = (
  state: AccountState,
  mintOf: (address: Address) => Mint | undefined,
): object | undefined => {
  const extensions = extensionsOf(state);
  const more = extensions.length === 0 ? {} : { extensions };
  const program = state.owner === tokenProgram ? 'spl-token' : 'spl-token-2022';
  const answer = (type: string, info: object) => ({
    program,
    parsed: { info: { ...info, ...more }, type },
    space: state.data.length,
  });
  const mint = readMint(state);
  if (mint !== undefined) {
    return answer('mint', {
      decimals: mint.decimals,
      freezeAuthority: unwrapOption(mint.freezeAuthority),
      isInitialized: mint.isInitialized,
      mintAuthority: unwrapOption(mint.mintAuthority),
      supply: mint.supply.toString(),
    });
  }
  const token = readToken(state);
  if (token === undefined) return undefined;
  const decimals = mintOf(token.mint)?.decimals ?? 0;
  const [delegate, closeAuthority] = [
    unwrapOption(token.delegate),
    unwrapOption(token.closeAuthority),
  ];
  return answer('account', {
    isNative: unwrapOption(token.isNative) !== null,
    mint: token.mint,
    owner: token.owner,
    state: states[token.state],
    tokenAmount: uiTokenAmount(token.amount, decimals),
    ...(delegate === null
      ? {}
      : { delegate, delegatedAmount: uiTokenAmount(token.delegatedAmount, decimals) }),
    ...(closeAuthority === null ? {} : { closeAuthority }),
  });
};
