/**
 * The Solana chain of a platform on this machine: the local chain, or a public test chain where the
 * environment names a node of one. Only where it is differs; the platform and the demo are the same.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as z from 'zod';
import type { AllocationName } from '../shared/token/issuance.ts';
import { SolanaWallet } from './demo/solana-wallet.ts';
import type { SolanaControl } from './solana/control/control-client.ts';
import { startLocalSolana } from './solana/local-solana.ts';
import { UserError } from './user-error.ts';

export interface ChainProvider {
  /** Where its nodes answer; the first is preferred. */
  readonly nodes: readonly string[];
  /** What the application is told of its mints; nothing where those of the stage are right. */
  readonly context: Readonly<Record<string, string>>;
  /** Where a person looks at a transaction. */
  transactionUrl(signature: string): string;
  /**
   * A person's wallet with SOL and an account of USDC: a new one with so many units on the local chain. Elsewhere
   * it is the one of the environment, every time, and has what it has.
   */
  openWallet(order: { readonly usdcUnits: bigint }): Promise<SolanaWallet>;
  /** Whom genesis of an own token mints its allocations to. */
  readonly allocations: Readonly<Record<AllocationName, string>>;
  /** Gives a wallet so many base units of the own token, out of the community's allocation. */
  giveIo(order: {
    readonly mint: string;
    readonly to: string;
    readonly units: bigint;
  }): Promise<void>;
  /** Gives the treasury SOL for fees, as far as the chain gives any away. */
  fund(address: string): Promise<void>;
  /** What a test may ask of the local chain; undefined of any other. */
  readonly control: SolanaControl | undefined;
  close(): Promise<void>;
}

const nodesVariable = 'SOLANA_RPC_URL';
const ioMintVariable = 'SOLANA_IO_MINT';
/** A key file as `solana-keygen` writes it. */
const walletVariable = 'SOLANA_WALLET';
const devnetUsdc = '4zMMC9srt5Ri5X14GAgXhaHii3GnPAEERYPJgZJDncDU';
/** Of the first block of mainnet, where money is real. */
const mainnetGenesis = '5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d';
const lamportsPerSol = 1_000_000_000n;

const ioDecimals = 8;

/** Wallets of the allocations: nobody spends from any but the community's. */
const allocationsOf = (community: string): Readonly<Record<AllocationName, string>> => {
  const another = () => new SolanaWallet('http://127.0.0.1', randomBytes(32)).address;
  return {
    ...{ seed: another(), series_a: another(), core: another(), ecosystem: another() },
    community,
  };
};

/** As a wallet's owner gives tokens away. */
const givingFrom =
  (wallet: SolanaWallet): ChainProvider['giveIo'] =>
  async ({ mint, to, units }) => {
    const digits = units.toString().padStart(ioDecimals + 1, '0');
    const amount = `${digits.slice(0, -ioDecimals)}.${digits.slice(-ioDecimals)}`;
    await wallet.pay(`solana:${to}?amount=${amount}&spl-token=${mint}`);
  };

const ask = async (node: string, method: string, params: readonly unknown[]): Promise<unknown> => {
  const answer = await fetch(node, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    signal: AbortSignal.timeout(10_000),
  });
  return ((await answer.json()) as { readonly result?: unknown }).result;
};

/** The seed in a key file: the first 32 of its 64 bytes. */
const readWalletSeed = (file: string | undefined): Uint8Array => {
  if (file === undefined || file === '') {
    throw new UserError(
      `The demo pays from a wallet: name its key file with ${walletVariable} (solana-keygen makes one).`,
    );
  }
  const bytes: unknown = JSON.parse(readFileSync(file, 'utf8'));
  return Uint8Array.from(z.array(z.int().min(0).max(255)).length(64).parse(bytes)).subarray(0, 32);
};

/** Devnet, or any chain but the real one: its nodes may hold keys, so they are not repeated. */
const testChain = async (
  nodes: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<ChainProvider> => {
  const ioMint = environment[ioMintVariable];
  for (const node of nodes) {
    const genesis = await ask(node, 'getGenesisHash', []).catch(() => undefined);
    if (typeof genesis !== 'string') {
      throw new UserError(`A node of ${nodesVariable} does not answer: name others, or unset it.`);
    }
    if (genesis === mainnetGenesis) {
      throw new UserError(
        `${nodesVariable} is of mainnet, where money is real: name a node of devnet, or unset it.`,
      );
    }
  }
  const file = environment[walletVariable];
  const seed = file === undefined || file === '' ? randomBytes(32) : readWalletSeed(file);
  const community = new SolanaWallet(nodes[0] ?? '', seed);
  return {
    nodes,
    allocations: allocationsOf(community.address),
    giveIo: givingFrom(community),
    context: { usdcMint: devnetUsdc, ...(ioMint === undefined ? {} : { ioMint }) },
    transactionUrl: (signature) => `https://explorer.solana.com/tx/${signature}?cluster=devnet`,
    openWallet: async () => {
      const wallet = new SolanaWallet(nodes[0] ?? '', readWalletSeed(environment[walletVariable]));
      await wallet.openAccount(devnetUsdc);
      return wallet;
    },
    fund: async (address) => {
      // Faucets refuse often; the check of the treasury says what is missing.
      await ask(nodes[0] ?? '', 'requestAirdrop', [address, Number(lamportsPerSol)]).catch(
        () => undefined,
      );
    },
    control: undefined,
    close: async () => {},
  };
};

const localChain = async (): Promise<ChainProvider> => {
  const seed = randomBytes(16).toString('hex');
  const chain = await startLocalSolana({ nowMs: Date.now, seed });
  const mints = await chain.control.mints();
  const mintOf = (name: string): string => {
    const mint = mints.find((each) => each.name === name);
    if (mint === undefined) throw new Error(`the local chain has no ${name}`);
    return mint.mint;
  };
  const community = new SolanaWallet(chain.url, randomBytes(32));
  await chain.control.fund({ to: community.address, lamports: String(lamportsPerSol) });
  return {
    nodes: [chain.url, chain.replicaUrl],
    allocations: allocationsOf(community.address),
    giveIo: givingFrom(community),
    // IO is the platform's own.
    context: { usdcMint: mintOf('USDC') },
    transactionUrl: (signature) => `${chain.url}/tx/${signature}`,
    openWallet: async ({ usdcUnits }) => {
      const wallet = new SolanaWallet(chain.url, randomBytes(32));
      await chain.control.fund({ to: wallet.address, lamports: String(lamportsPerSol) });
      const units = String(usdcUnits);
      await chain.control.mintTo({ owner: wallet.address, mint: 'USDC', units });
      return wallet;
    },
    fund: async (to) => {
      await chain.control.fund({ to, lamports: String(10n * lamportsPerSol) });
      // What the treasury has is looked at in finalized blocks alone.
      await chain.control.finalize();
    },
    control: chain.control,
    close: () => chain.close(),
  };
};

/** Starts it. Throws a sentence when the environment names nodes that cannot be used. */
export const startChainProvider = async (
  environment: NodeJS.ProcessEnv = process.env,
): Promise<ChainProvider> => {
  const nodes = (environment[nodesVariable] ?? '').split(',').filter((node) => node !== '');
  return nodes.length === 0 ? localChain() : testChain(nodes, environment);
};
