/**
 * The Solana chain of a platform on this machine: the local chain, or a public test chain where the
 * environment names a node of one. Only where it is differs; the platform and the demo are the same.
 */
import { randomBytes } from 'node:crypto';
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
  /** Gives the treasury SOL for fees, as far as the chain gives any away. */
  fund(address: string): Promise<void>;
  /** What a test may ask of the local chain; undefined of any other. */
  readonly control: SolanaControl | undefined;
  close(): Promise<void>;
}

const nodesVariable = 'SOLANA_RPC_URL';
const ioMintVariable = 'SOLANA_IO_MINT';
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

/** Devnet, or any chain but the real one: its nodes may hold keys, so they are not repeated. */
const testChain = async (
  nodes: readonly string[],
  ioMint: string | undefined,
): Promise<ChainProvider> => {
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
    fund: async (to) => {
      await chain.control.fund({ to, lamports: String(10n * lamportsPerSol) });
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
  return nodes.length === 0 ? localChain() : testChain(nodes, environment[ioMintVariable]);
};
