/** The own mint: where it is, what makes it, and what minting moves, with the real programs. */
import { createHash } from 'node:crypto';
import { signBytes } from '@solana/kit';
import { solana } from '../../shared/adapters/solana.ts';
import {
  tokenAccountOf,
  type UnsignedTransfer,
  withSignature,
} from '../../shared/adapters/solana-message.ts';
import {
  compileMint,
  type MintOrder,
  mintRentLamports,
  ownMintOf,
} from '../../shared/adapters/solana-mint.ts';
import { encodeBase58 } from '../../shared/core/base58.ts';
import { setup as setupChain } from '../local/solana/service.ts';

const reference = encodeBase58(createHash('sha256').update('genesis').digest());

const setup = async () => {
  const service = await setupChain('mint');
  const { treasury, control, chain, newSigner } = service;
  await control.finalize();
  const port = solana({ provider: 'first', url: chain.url, pause: async () => {} });
  const mint = await ownMintOf(treasury.address);
  const receiptOf = async (wallet: string, units: bigint) => ({
    ...{ wallet, units },
    tokenAccount: await tokenAccountOf(wallet, mint),
  });
  const orderOf = async (order: Partial<MintOrder> = {}): Promise<MintOrder> => ({
    ...{ format: 'v1', treasury: treasury.address, mint, memo: 'raymesh genesis', reference },
    lifetime: { kind: 'blockhash', ...(await port.getLatestBlockhash()) },
    ...{ microLamportsPerUnit: 0n, makesMint: { lamports: mintRentLamports } },
    receipts: [await receiptOf((await newSigner()).address, 5n)],
    ...order,
  });
  const land = async (unsigned: UnsignedTransfer) => {
    const bytes = await signBytes(treasury.keyPair.privateKey, unsigned.message);
    const { wire, signature } = withSignature(unsigned, bytes);
    const tried = await port.simulate(wire);
    await port.send(wire);
    await control.finalize();
    const read = await port.getTransaction(signature, 'finalized');
    if (read.outcome !== 'read') throw new Error(`${read.outcome}: ${tried.error}`);
    return { ...read.transaction, computeUnits: tried.computeUnits };
  };
  return { ...service, port, mint, receiptOf, orderOf, land };
};

describe('the own mint', () => {
  it('is at one address for each treasury', async () => {
    const one = '4Nd1mYbKf2mHwZkPEVF7Bo4qPaqZ5Vt8zdLPhT6PtqfW';
    const other = '9xQeWvG816bUx9EPjHmaT23yvVM2ZWbrrpZb9PusVFin';
    expect(await ownMintOf(one)).toBe(await ownMintOf(one));
    expect(await ownMintOf(one)).not.toBe(await ownMintOf(other));
  });

  it.each(['v1', 'legacy'] as const)(
    'is made with five allocations in one %s transaction, and nobody may freeze it',
    async (format) => {
      const { mint, orderOf, receiptOf, newSigner, land, port, treasury } = await setup();
      const units = [10_000n, 8_160n, 9_040n, 12_800n, 10_000n];
      const receipts = [];
      for (const each of units) receipts.push(await receiptOf((await newSigner()).address, each));
      const landed = await land(compileMint(await orderOf({ format, receipts })));
      expect(landed.failed).toBe(false);
      expect(landed.memos).toEqual(['raymesh genesis']);
      expect(landed.keys).toContain(reference);
      expect(await port.getMint(mint)).toMatchObject({
        ...{ decimals: 8, supplyUnits: 50_000n },
        ...{ mintAuthority: treasury.address, freezeAuthority: undefined },
      });
      const { accounts } = await port.listTokenAccounts(receipts.map((each) => each.tokenAccount));
      expect(accounts.map((account) => account?.units)).toEqual(units);
    },
  );

  it('is made also where a stranger sent lamports to its address before', async () => {
    const { mint, orderOf, land, port, control } = await setup();
    await control.fund({ to: mint, lamports: '900000' });
    await control.finalize();
    const makesMint = { lamports: mintRentLamports - 900_000n };
    expect((await land(compileMint(await orderOf({ makesMint })))).failed).toBe(false);
    expect(await port.getMint(mint)).toMatchObject({ supplyUnits: 5n });
    expect(await port.getLamports(mint)).toBe(mintRentLamports);
  });

  it('is made once: a second making fails, and mints nothing', async () => {
    const { mint, orderOf, land, port } = await setup();
    await land(compileMint(await orderOf()));
    const again = await land(compileMint(await orderOf({ memo: 'again' })));
    expect(again.failed).toBe(true);
    expect(await port.getMint(mint)).toMatchObject({ supplyUnits: 5n });
  });

  it('grows by what is minted to an account that it makes, and then to the same', async () => {
    const { mint, orderOf, land, port, receiptOf, treasury } = await setup();
    await land(compileMint(await orderOf()));
    for (const memo of ['mint:0', 'mint:1']) {
      const receipts = [await receiptOf(treasury.address, 7n)];
      await land(compileMint(await orderOf({ memo, receipts, makesMint: undefined })));
    }
    expect(await port.getMint(mint)).toMatchObject({ supplyUnits: 19n });
    const [account] = (await port.listTokenAccounts([await tokenAccountOf(treasury.address, mint)]))
      .accounts;
    expect(account).toMatchObject({ owner: treasury.address, units: 14n });
  });

  it('is never minted of nothing', async () => {
    const { orderOf, receiptOf, treasury } = await setup();
    const order = await orderOf();
    expect(() => compileMint({ ...order, receipts: [] })).toThrow('a mint of nothing');
    const receipts = [await receiptOf(treasury.address, 0n)];
    expect(() => compileMint({ ...order, receipts })).toThrow('a mint of nothing');
  });
});
