/**
 * How many payments one transaction takes: compiled as payouts compile it, with memo and reference, and tried
 * on the local chain with the real programs, one more each time until it is refused.
 */
import { createHash } from 'node:crypto';
import { startLocalSolana } from '../../local/solana/local-solana.ts';
import { solana } from '../../shared/adapters/solana.ts';
import { tokenAccountOf } from '../../shared/adapters/solana-message.ts';
import {
  compileTransfer,
  type TokenPayment,
  type TransferOrder,
} from '../../shared/adapters/solana-transfer.ts';
import { BugError, present } from '../../shared/core/assert.ts';
import { encodeBase58 } from '../../shared/core/base58.ts';
import { isWalletAddress } from '../../shared/core/solana-address.ts';

/** More than any transaction takes. */
const paymentsMax = 70;

export interface TransferRoom {
  readonly format: TransferOrder['format'];
  /** Whether each payment makes the account that it goes to. */
  readonly makesAccount: boolean;
  readonly payments: number;
  /** Of the largest transaction that was taken. */
  readonly bytes: number;
  readonly computeUnits: number;
}

/** A wallet that follows from its name. */
const walletOf = (name: string): string => {
  for (let n = 0; ; n += 1) {
    const key = encodeBase58(createHash('sha256').update(`${name} ${n}`).digest());
    if (isWalletAddress(key)) return key;
  }
};

const startChain = async () => {
  const chain = await startLocalSolana({ nowMs: () => 1_795_435_200_000, seed: 'bench' });
  const { control } = chain;
  const [usdc] = await control.mints();
  const { mint } = present(usdc, 'the local chain has no USDC');
  const treasury = walletOf('treasury');
  await control.fund({ to: treasury, lamports: '10000000000' });
  await control.mintTo({ owner: treasury, mint, units: '1000000000' });
  const port = solana({ provider: 'bench', url: chain.url, pause: async () => {} });
  const payments: TokenPayment[] = [];
  for (let at = 0; at < paymentsMax; at += 1) {
    const wallet = walletOf(`wallet ${at}`);
    const tokenAccount = await tokenAccountOf(wallet, mint);
    payments.push({ wallet, tokenAccount, units: 1n, makesAccount: false });
  }
  return { chain, control, port, mint, treasury, payments };
};

type Bench = Awaited<ReturnType<typeof startChain>>;

const roomOf = async (
  { port, mint, treasury, payments }: Bench,
  format: TransferOrder['format'],
  makesAccount: boolean,
): Promise<TransferRoom> => {
  let taken: TransferRoom | undefined;
  const lifetime = { kind: 'blockhash', ...(await port.getLatestBlockhash()) } as const;
  for (let count = 1; count <= paymentsMax; count += 1) {
    const order: TransferOrder = {
      ...{ format, treasury, mint, decimals: 6, lifetime, microLamportsPerUnit: 1_000n },
      payments: payments.slice(0, count).map((payment) => ({ ...payment, makesAccount })),
      memo: 'pay:pbt_01KA0ZZ9ZZ8Y7X6W5V4T3S2R1Q',
      reference: walletOf('reference'),
    };
    const compiled = await compileTransfer(order).catch((error: unknown) => {
      if (error instanceof BugError) return undefined;
      throw error;
    });
    if (compiled === undefined) break;
    const { error, computeUnits } = await port.simulate(compiled.wire);
    if (error !== undefined) break;
    const bytes = compiled.wire.length;
    taken = { format, makesAccount, payments: count, bytes, computeUnits: Number(computeUnits) };
  }
  return present(taken, `${format} takes no payment`);
};

/** Measured for both formats, with accounts that are made on the way and with ones that are there. */
export const measureTransferRoom = async (): Promise<readonly TransferRoom[]> => {
  const bench = await startChain();
  try {
    const rooms: TransferRoom[] = [];
    for (const format of ['legacy', 'v1'] as const) rooms.push(await roomOf(bench, format, true));
    for (const { wallet } of bench.payments) {
      await bench.control.mintTo({ owner: wallet, mint: bench.mint, units: '0' });
    }
    await bench.control.finalize();
    for (const format of ['legacy', 'v1'] as const) rooms.push(await roomOf(bench, format, false));
    return rooms;
  } finally {
    await bench.chain.close();
  }
};
