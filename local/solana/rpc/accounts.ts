/** The methods about accounts: what they hold as of a commitment level, raw or parsed. */
import { type Address, getBase58Decoder } from '@solana/kit';
import * as z from 'zod';
import type { AccountState } from '../chain/account-state.ts';
import { parsedTokenData, readMint, readToken, uiTokenAmount } from '../chain/tokens.ts';
import { asAddress, type Call, type Method } from './call.ts';
import { invalidParams, RpcError } from './rpc-error.ts';

const accountsMax = 100;
/** Rent is no longer collected; this is what a node shows for it. */
const rentEpoch = 2n ** 64n - 1n;
const base58BytesMax = 128;

const encodingSchema = z.looseObject({
  encoding: z.enum(['base58', 'base64', 'jsonParsed']).nullish(),
  dataSlice: z
    .object({ offset: z.number().int().nonnegative(), length: z.number().int().nonnegative() })
    .nullish(),
});

type Encoding = z.infer<typeof encodingSchema>;

const dataOf = (
  state: AccountState,
  options: Encoding,
  read: (key: Address) => AccountState | undefined,
): unknown => {
  const { encoding = 'base64', dataSlice } = options;
  if (encoding === 'jsonParsed') {
    const parsed = parsedTokenData(state, (mint) => readMint(read(mint)));
    if (parsed !== undefined) return parsed;
  }
  const bytes =
    dataSlice == null
      ? state.data
      : state.data.subarray(dataSlice.offset, dataSlice.offset + dataSlice.length);
  if (encoding !== 'base58') return [Buffer.from(bytes).toString('base64'), 'base64'];
  if (bytes.length > base58BytesMax) {
    throw invalidParams(
      'Encoded binary (base 58) data should be less than 128 bytes, please use Base64 encoding.',
    );
  }
  return [getBase58Decoder().decode(bytes), 'base58'];
};

/** An account as a node writes it; null where there is none. */
export const encodeAccount = (
  state: AccountState | undefined,
  options: Encoding,
  read: (key: Address) => AccountState | undefined,
): unknown =>
  state === undefined
    ? null
    : {
        data: dataOf(state, options, read),
        executable: state.executable,
        lamports: state.lamports,
        owner: state.owner,
        rentEpoch,
        space: state.data.length,
      };

const readAt = (call: Call, slot: number) => (key: Address) => call.node.chain.accountAt(key, slot);

const filterSchema = z.union([z.object({ mint: z.string() }), z.object({ programId: z.string() })]);

const tokenAccountsByOwner: Method = (call) => {
  const slot = call.slot(2);
  const read = readAt(call, slot);
  const options = call.options(2, encodingSchema);
  const filter = call.param(1, filterSchema);
  const owner = call.address(0);
  if ('mint' in filter && readMint(read(asAddress(filter.mint))) === undefined) {
    throw invalidParams('Invalid param: could not find mint');
  }
  const found = call.node.chain.accounts.tokenAccountsOf(owner).flatMap((pubkey) => {
    const state = read(pubkey);
    const token = readToken(state);
    if (state === undefined || token?.owner !== owner) return [];
    const fits = 'mint' in filter ? token.mint === filter.mint : state.owner === filter.programId;
    return fits ? [{ account: encodeAccount(state, options, read), pubkey }] : [];
  });
  return call.answer(slot, found);
};

export const accountMethods: Readonly<Record<string, Method>> = {
  getMinimumBalanceForRentExemption: (call) =>
    call.node.chain.engine.rentExemption(call.param(0, z.number().int().nonnegative())),
  getBalance: (call) => {
    const slot = call.slot(1);
    return call.answer(slot, readAt(call, slot)(call.address(0))?.lamports ?? 0n);
  },
  getAccountInfo: (call) => {
    const slot = call.slot(1);
    const read = readAt(call, slot);
    const options = call.options(1, encodingSchema);
    return call.answer(slot, encodeAccount(read(call.address(0)), options, read));
  },
  getMultipleAccounts: (call) => {
    const slot = call.slot(1);
    const read = readAt(call, slot);
    const options = call.options(1, encodingSchema);
    const keys = call.param(0, z.array(z.string()));
    if (keys.length > accountsMax)
      throw invalidParams(`Too many inputs provided; max ${accountsMax}`);
    const states = keys.map((key) => encodeAccount(read(asAddress(key)), options, read));
    return call.answer(slot, states);
  },
  getTokenAccountBalance: (call) => {
    const slot = call.slot(1);
    const read = readAt(call, slot);
    const state = read(call.address(0));
    if (state === undefined) throw invalidParams('Invalid param: could not find account');
    const token = readToken(state);
    const mint = token === undefined ? undefined : readMint(read(token.mint));
    if (token === undefined || mint === undefined) {
      throw invalidParams('Invalid param: not a Token account');
    }
    return call.answer(slot, uiTokenAmount(token.amount, mint.decimals));
  },
  getTokenSupply: (call) => {
    const slot = call.slot(1);
    const state = readAt(call, slot)(call.address(0));
    if (state === undefined) throw invalidParams('Invalid param: could not find account');
    const mint = readMint(state);
    if (mint === undefined) throw invalidParams('Invalid param: not a Token mint');
    return call.answer(slot, uiTokenAmount(mint.supply, mint.decimals));
  },
  getTokenAccountsByOwner: tokenAccountsByOwner,
  requestAirdrop: (call) => {
    const to = call.address(0);
    const lamports = call.param(1, z.number().int().positive());
    try {
      return call.node.airdrop(to, BigInt(lamports));
    } catch (error) {
      throw new RpcError(-32603, `Internal error: ${String(error)}`);
    }
  },
};
