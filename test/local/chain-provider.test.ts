/** The chain of a local platform: its own, or a test chain of the environment, and never mainnet. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startChainProvider } from '../../local/chain-provider.ts';

const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A node that says this of its first block. */
const nodeOf = async (genesis: string | undefined): Promise<string> => {
  const server = createServer((_, response) => {
    response.end(JSON.stringify({ jsonrpc: '2.0', id: 1, result: genesis }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/secret-key`;
};

const start = async (environment: NodeJS.ProcessEnv) => {
  const chain = await startChainProvider(environment);
  closers.push(() => chain.close());
  return chain;
};

describe('the chain of a local platform', () => {
  it('is a chain of its own, with its mints, SOL for the treasury and pages to look at', async () => {
    const chain = await start({});
    expect(chain.nodes).toHaveLength(2);
    // IO is the platform's own, and genesis makes it.
    expect(Object.keys(chain.context)).toEqual(['usdcMint']);
    expect(new Set(Object.values(chain.allocations)).size).toBe(5);
    const wallet = 'AKnL4NNf3DGWZJS6cPknBuEGnVsV4A4m5tgebLHaRSZ9';
    await chain.fund(wallet);
    const page = await fetch(`${chain.nodes[0]}/address/${wallet}`);
    expect(await page.text()).toContain('<td>10000000000</td>');
    expect(chain.transactionUrl('abc')).toBe(`${chain.nodes[0]}/tx/abc`);
  });

  it('is a test chain where the environment names its nodes', async () => {
    const nodes = [await nodeOf('devnet'), await nodeOf('devnet')];
    const ioMint = '9xQeWvG816bUx9EPjHmaT23yvVM2ZWbrrpZb9PusVFin';
    const chain = await start({ SOLANA_RPC_URL: nodes.join(','), SOLANA_IO_MINT: ioMint });
    expect(chain).toMatchObject({ nodes, control: undefined, context: { ioMint } });
    // Its faucet may refuse.
    await chain.fund('AKnL4NNf3DGWZJS6cPknBuEGnVsV4A4m5tgebLHaRSZ9');
  });

  it.each([
    ['5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d', 'mainnet, where money is real'],
    [undefined, 'does not answer'],
  ])('is none whose first block is %s, and the node is not named', async (genesis, why) => {
    const refused = startChainProvider({ SOLANA_RPC_URL: await nodeOf(genesis) });
    await expect(refused).rejects.toThrow(why);
    await expect(refused).rejects.not.toThrow('secret-key');
  });
});
