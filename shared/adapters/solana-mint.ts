/**
 * The platform's own mint of IO. Its address follows from the treasury's wallet, so that nobody keeps a key of
 * it, everybody can compute it, and there is one at most. The treasury alone may mint; nobody may freeze.
 * Transactions here make it, and mint to wallets; all of one happens, or nothing.
 */
import {
  type Address,
  createAddressWithSeed,
  createNoopSigner,
  type Instruction,
} from '@solana/kit';
import { getAllocateWithSeedInstruction, getTransferSolInstruction } from '@solana-program/system';
import {
  getInitializeMint2Instruction,
  getMintSize,
  getMintToCheckedInstruction,
  TOKEN_PROGRAM_ADDRESS,
} from '@solana-program/token';
import { assert } from '../core/assert.ts';
import { decimalsOf } from '../core/chain.ts';
import { compileMessage, type MessageOrder, type UnsignedTransfer } from './solana-message.ts';
import { computeUnitsOf, makeAccountOf, type TokenPayment } from './solana-transfer.ts';

export interface MintOrder extends MessageOrder {
  /** The own mint, as `ownMintOf` says. */
  readonly mint: string;
  readonly receipts: readonly Omit<TokenPayment, 'makesAccount'>[];
  /** Lamports that its account lacks of its rent; undefined: the mint is there. */
  readonly makesMint: { readonly lamports: bigint } | undefined;
}

/** Digits behind the point, as of the token that this one follows. */
export const ioDecimals = decimalsOf.io;

/** What a mint's account has to hold: lamports. */
export const mintRentLamports = 1_461_600n;

const seed = 'raymesh-io';

/** Compute units of making the mint. */
const unitsPerMint = 30_000;

/** Address of the mint of this treasury. */
export const ownMintOf = async (treasury: string): Promise<string> =>
  createAddressWithSeed({
    baseAddress: treasury as Address,
    programAddress: TOKEN_PROGRAM_ADDRESS,
    seed,
  });

/** Compiles the transaction. More receipts than it has room for are a BugError. */
export const compileMint = (order: MintOrder): UnsignedTransfer => {
  const { receipts, makesMint } = order;
  assert(receipts.length > 0 && receipts.every(({ units }) => units > 0n), 'a mint of nothing');
  const accounts = receipts.map((receipt) => ({ ...receipt, makesAccount: true }));
  return compileMessage(order, {
    instructions: [
      ...(makesMint ? makingOf(order, makesMint.lamports) : []),
      ...receipts.flatMap((receipt) => [makeAccountOf(order, receipt), mintingOf(order, receipt)]),
    ],
    computeUnits: computeUnitsOf(accounts) + (makesMint ? unitsPerMint : 0),
  });
};

/**
 * Its rent, its space and its rules. The account is not created but allocated, for whoever sent lamports to its
 * address before would otherwise keep it from ever being made.
 */
const makingOf = (order: MintOrder, lamports: bigint): readonly Instruction[] => {
  const treasury = order.treasury as Address;
  const mint = order.mint as Address;
  const baseAccount = createNoopSigner(treasury);
  return [
    ...(lamports === 0n
      ? []
      : [getTransferSolInstruction({ source: baseAccount, destination: mint, amount: lamports })]),
    getAllocateWithSeedInstruction({
      ...{ newAccount: mint, baseAccount, base: treasury, seed },
      space: getMintSize(),
      programAddress: TOKEN_PROGRAM_ADDRESS,
    }),
    getInitializeMint2Instruction({
      ...{ mint, decimals: ioDecimals, mintAuthority: treasury },
      freezeAuthority: null,
    }),
  ];
};

const mintingOf = (
  { treasury, mint }: MintOrder,
  { tokenAccount, units }: MintOrder['receipts'][number],
): Instruction =>
  getMintToCheckedInstruction({
    mint: mint as Address,
    token: tokenAccount as Address,
    mintAuthority: createNoopSigner(treasury as Address),
    amount: units,
    decimals: ioDecimals,
  });
