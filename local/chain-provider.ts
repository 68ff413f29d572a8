/**
 * The Solana chain of a platform on this machine: the local chain, or a public test chain where the
 * environment names a node of one. Only where it is differs; the platform and the demo are the same.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as z from 'zod';
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
   * A person's wallet with SOL and an account of USDC: a new one with so many units on the local chain, and so
   * many of IO. Elsewhere it is the one of the environment, every time, and has what it has.
   */
  openWallet(order: {
    readonly usdcUnits: bigint;
    readonly ioUnits?: bigint;
  }): Promise<SolanaWallet>;
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
  return {
    nodes,
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
  return {
    nodes: [chain.url, chain.replicaUrl],
    context: { usdcMint: mintOf('USDC'), ioMint: mintOf('IO') },
    transactionUrl: (signature) => `${chain.url}/tx/${signature}`,
    openWallet: async ({ usdcUnits, ioUnits = 0n }) => {
      const wallet = new SolanaWallet(chain.url, randomBytes(32));
      const owner = wallet.address;
      await chain.control.fund({ to: owner, lamports: String(lamportsPerSol) });
      await chain.control.mintTo({ owner, mint: 'USDC', units: String(usdcUnits) });
      await chain.control.mintTo({ owner, mint: 'IO', units: String(ioUnits) });
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
