/**
 * Money for tests, made by real transactions: a faucet of SOL, test USDC and IO, mints that look alike,
 * and Token-2022 mints that take a fee of each transfer. All its keys are derived from the seed.
 */
import {
  type Address,
  appendTransactionMessageInstructions,
  compileTransaction,
  createNoopSigner,
  createTransactionMessage,
  getAddressEncoder,
  getTransactionEncoder,
  type Instruction,
  lamports,
  pipe,
  setTransactionMessageFeePayer,
  setTransactionMessageLifetimeUsingBlockhash,
} from '@solana/kit';
import { getAddMemoInstruction } from '@solana-program/memo';
import { getCreateAccountInstruction, getTransferSolInstruction } from '@solana-program/system';
import {
  findAssociatedTokenPda,
  getCreateAssociatedTokenIdempotentInstruction,
  getFreezeAccountInstruction,
  getInitializeMint2Instruction,
  getMintToCheckedInstruction,
  getThawAccountInstruction,
} from '@solana-program/token';
import type { Chain } from '../chain/chain.ts';
import { systemProgram, token2022Program, tokenProgram } from '../chain/programs.ts';
import { readMint, readToken } from '../chain/tokens.ts';
import { decodeTransaction } from '../chain/wire.ts';
import { type DerivedKey, deriveKey } from './keys.ts';

export interface MintOrder {
  /** What it calls itself; several may bear the same name. */
  readonly name: string;
  readonly decimals: number;
  /** Makes it a Token-2022 mint that keeps so many hundredths of a per cent of each transfer. */
  readonly transferFeeBasisPoints?: number;
}

export interface MadeMint {
  readonly name: string;
  readonly mint: Address;
  readonly decimals: number;
  /** The token program that owns it. */
  readonly program: Address;
}

const faucetLamports = 10n ** 18n;
const mintBytes = 82;
/** A Token-2022 mint with the one extension for fees. */
const feeMintBytes = 278;
const feesHaveNoMax = 2n ** 64n - 1n;

/** Token-2022's instruction that makes a mint take fees; it comes before the mint is initialised. */
const takeFees = (mint: Address, authority: Address, basisPoints: number): Instruction => {
  const data = Buffer.alloc(78);
  const key = getAddressEncoder().encode(authority);
  data.set([26, 0, 1], 0);
  data.set(key, 3);
  data.set([1], 35);
  data.set(key, 36);
  data.writeUInt16LE(basisPoints, 68);
  data.writeBigUInt64LE(feesHaveNoMax, 70);
  return {
    programAddress: token2022Program,
    accounts: [{ address: mint, role: 1 }],
    data: Uint8Array.from(data),
  };
};

export class Issuer {
  readonly usdc: MadeMint;
  readonly io: MadeMint;
  readonly #chain: Chain;
  readonly #seed: string;
  readonly #faucet: DerivedKey;
  readonly #mints: MadeMint[] = [];
  #transactions = 0;

  constructor(chain: Chain, seed: string) {
    this.#chain = chain;
    this.#seed = seed;
    this.#faucet = deriveKey(seed, 'faucet');
    chain.overwrite(this.#faucet.address, {
      lamports: faucetLamports,
      owner: systemProgram,
      executable: false,
      data: new Uint8Array(),
    });
    this.usdc = this.makeMint({ name: 'USDC', decimals: 6 });
    this.io = this.makeMint({ name: 'IO', decimals: 8 });
  }

  /** Every mint that was made here. */
  mints(): readonly MadeMint[] {
    return this.#mints;
  }

  /** Lands a transaction of the faucet's. Throws when it fails. */
  #land(instructions: readonly Instruction[], signers: readonly DerivedKey[] = []): string {
    const chain = this.#chain;
    this.#transactions += 1;
    // Two payments alike in one block would be one transaction, were it not for this.
    const unique = getAddMemoInstruction({ memo: `local ${this.#transactions}` });
    const { slots } = chain;
    const blockhash = slots.blockhash(slots.reached('processed'));
    const message = pipe(
      createTransactionMessage({ version: 0 }),
      (each) => setTransactionMessageFeePayer(this.#faucet.address, each),
      (each) =>
        setTransactionMessageLifetimeUsingBlockhash({ blockhash, lastValidBlockHeight: 0n }, each),
      (each) => appendTransactionMessageInstructions([...instructions, unique], each),
    );
    const compiled = compileTransaction(message);
    const bytes = Uint8Array.from(compiled.messageBytes);
    const all = [this.#faucet, ...signers];
    const signatures = Object.fromEntries(
      Object.keys(compiled.signatures).map((address) => [
        address,
        all.find((key) => key.address === address)?.sign(bytes) ?? null,
      ]),
    );
    const wire = decodeTransaction(
      Uint8Array.from(getTransactionEncoder().encode({ ...compiled, signatures })),
    );
    chain.accept(wire);
    const landed = chain.find(wire.signature);
    if (landed?.run.err === null) return wire.signature;
    throw new Error(`the faucet's transaction failed: ${JSON.stringify(landed?.run.err)}`);
  }

  /** Gives SOL. Answers the signature. */
  fund(to: Address, amount: bigint): string {
    const source = createNoopSigner(this.#faucet.address);
    return this.#land([
      getTransferSolInstruction({ source, destination: to, amount: lamports(amount) }),
    ]);
  }

  /** Makes a mint, which this faucet may mint and freeze. */
  makeMint({ name, decimals, transferFeeBasisPoints }: MintOrder): MadeMint {
    const key = deriveKey(this.#seed, `mint ${this.#mints.length}`);
    const authority = this.#faucet.address;
    const takesFees = transferFeeBasisPoints !== undefined;
    const program = takesFees ? token2022Program : tokenProgram;
    const space = takesFees ? feeMintBytes : mintBytes;
    this.#land(
      [
        getCreateAccountInstruction({
          payer: createNoopSigner(authority),
          newAccount: createNoopSigner(key.address),
          lamports: lamports(this.#chain.engine.rentExemption(space)),
          space,
          programAddress: program,
        }),
        ...(takesFees ? [takeFees(key.address, authority, transferFeeBasisPoints)] : []),
        getInitializeMint2Instruction(
          { mint: key.address, decimals, mintAuthority: authority, freezeAuthority: authority },
          { programAddress: program },
        ),
      ],
      [key],
    );
    const made = { name, mint: key.address, decimals, program };
    this.#mints.push(made);
    return made;
  }

  /** The associated token account of this wallet. */
  async tokenAccountOf(owner: Address, mint: Address): Promise<Address> {
    const tokenProgramOfMint = this.#chain.engine.read(mint)?.owner ?? tokenProgram;
    const [address] = await findAssociatedTokenPda({
      ...{ owner, mint, tokenProgram: tokenProgramOfMint },
    });
    return address;
  }

  /** Makes the wallet's token account where there is none, and mints to it. */
  mintTo(owner: Address, token: Address, mint: Address, amount: bigint): string {
    const state = this.#chain.engine.read(mint);
    const decimals = readMint(state)?.decimals;
    if (state === undefined || decimals === undefined) throw new Error(`${mint} is no mint`);
    const authority = createNoopSigner(this.#faucet.address);
    const create = getCreateAssociatedTokenIdempotentInstruction({
      ...{ payer: authority, ata: token, owner, mint, tokenProgram: state.owner },
    });
    const to = getMintToCheckedInstruction(
      { mint, token, mintAuthority: authority, amount, decimals },
      { programAddress: state.owner },
    );
    return this.#land(amount === 0n ? [create] : [create, to]);
  }

  /** Freezes a token account as the issuer of its mint, or thaws it. */
  setFrozen(account: Address, isFrozen: boolean): string {
    const state = this.#chain.engine.read(account);
    const token = readToken(state);
    if (state === undefined || token === undefined)
      throw new Error(`${account} is no token account`);
    const make = isFrozen ? getFreezeAccountInstruction : getThawAccountInstruction;
    const owner = createNoopSigner(this.#faucet.address);
    const change = make({ account, mint: token.mint, owner }, { programAddress: state.owner });
    return this.#land([change]);
  }
}
