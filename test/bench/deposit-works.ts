/**
 * Times a run of the poller over a page of 1,000 signatures, each a payment that names a request of its own:
 * found, read, attributed, posted and noted. The chain is the local one, in this process; the database is in
 * memory, so what DynamoDB would take is not in it: `calls` says how often it would be asked.
 */
import { createTransferCheckedInstruction, getAssociatedTokenAddressSync } from '@solana/spl-token';
import { Connection, Keypair, PublicKey, Transaction } from '@solana/web3.js';
import { commit } from '../../functions/kit/transaction.ts';
import type { DepositNeeds } from '../../functions/payments/deposits/deposit-needs.ts';
import { pollDeposits } from '../../functions/payments/deposits/poll-deposits.schedule.ts';
import { startLocalSolana } from '../../local/solana/local-solana.ts';
import { solana } from '../../shared/adapters/solana.ts';
import { assert, present } from '../../shared/core/assert.ts';
import { newId } from '../../shared/core/ids.ts';
import { nanoPerUsd } from '../../shared/core/token-price.ts';
import type { WatchedAccount } from '../../shared/payments/deposits/arrival.ts';
import {
  type DepositRequest,
  newDepositRequest,
} from '../../shared/payments/deposits/deposit-request.ts';
import { putNewDepositRequest } from '../../shared/payments/deposits/deposit-request-store.ts';
import { putPriceSample } from '../../shared/payments/prices/price-store.ts';
import { seededRandomness, startMs, testRuntime } from '../support/runtime.ts';

/** What a node answers at once. */
const pageSize = 1_000;
const runs = 3;
const units = 1_020_000n;

export interface DepositWorks {
  readonly deposits: number;
  /** Deposits in a second of each run. */
  readonly perSecond: readonly number[];
  /** Calls of the database and of nodes for one deposit. */
  readonly databaseCalls: number;
  readonly nodeCalls: number;
}

/** A chain on which every request is paid. */
const startPaidChain = async (requests: readonly DepositRequest[], treasury: PublicKey) => {
  const chain = await startLocalSolana({ nowMs: () => startMs, seed: 'bench' });
  const { control } = chain;
  const [usdc] = await control.mints();
  const mint = new PublicKey(present(usdc, 'the local chain has no USDC').mint);
  const customer = Keypair.fromSeed(seededRandomness('customer').bytes(32));
  const owner = customer.publicKey.toBase58();
  await control.fund({ to: owner, lamports: '100000000000' });
  await control.mintTo({ owner, mint: 'USDC', units: String(units * BigInt(pageSize)) });
  const { tokenAccount } = await control.mintTo({
    ...{ owner: treasury.toBase58(), mint: 'USDC', units: '0' },
  });
  const connection = new Connection(chain.url, 'confirmed');
  const source = getAssociatedTokenAddressSync(mint, customer.publicKey);
  const latest = await connection.getLatestBlockhash();
  for (const { reference } of requests) {
    const target = new PublicKey(tokenAccount);
    const transfer = createTransferCheckedInstruction(
      ...([source, mint, target, customer.publicKey, units, 6] as const),
    );
    const key = { pubkey: new PublicKey(reference), isSigner: false, isWritable: false };
    transfer.keys.push(key);
    const transaction = new Transaction({ feePayer: customer.publicKey, ...latest }).add(transfer);
    transaction.sign(customer);
    await connection.sendRawTransaction(transaction.serialize(), { skipPreflight: true });
  }
  await control.finalize();
  const watched: WatchedAccount = {
    ...{ token: 'usdc', account: tokenAccount, mint: mint.toBase58(), owner: treasury.toBase58() },
  };
  return { chain, watched };
};

const newRequests = (treasury: string): readonly DepositRequest[] => {
  const randomness = seededRandomness('requests');
  return Array.from({ length: pageSize }, () =>
    newDepositRequest({
      id: newId('dep', startMs, randomness),
      organisation: newId('org', startMs, randomness),
      token: 'usdc',
      expectedUnits: units,
      payTo: { wallet: treasury, mint: treasury },
      stakeDeviceId: null,
      lock: null,
      createdAtMs: startMs,
    }),
  );
};

/** One run over the page, by a platform that knows the requests and nothing of the chain. */
const measureRun = async (
  requests: readonly DepositRequest[],
  { chain, watched }: Awaited<ReturnType<typeof startPaidChain>>,
) => {
  const runtime = testRuntime();
  const { database } = runtime;
  for (const request of requests) await commit(runtime, putNewDepositRequest(request));
  const sample = { nanoUsd: nanoPerUsd, confidenceNanoUsd: 0n, publishedAtMs: startMs };
  await database.write(putPriceSample({ token: 'usdc', source: 'fixed', ...sample }));
  let databaseCalls = 0;
  const counted = new Proxy(database, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      return (...order: unknown[]) => {
        databaseCalls += 1;
        return member.apply(target, order) as unknown;
      };
    },
  });
  const port = solana({ provider: 'bench', url: chain.url, pause: async () => {} });
  const needs: DepositNeeds = {
    ...runtime,
    database: counted,
    chain: async () => [port],
    watched: async () => [watched],
    unreadable: { send: async () => {} },
    ioPositionLimit: 0n,
  };
  const before = (await chain.control.calls()).length;
  const beganMs = performance.now();
  const { done } = await pollDeposits(needs);
  const tookMs = performance.now() - beganMs;
  // The account was made by a transaction of its own.
  assert(done === pageSize + 1, `${done} of a page of ${pageSize} were credited`);
  return {
    perSecond: (pageSize * 1_000) / tookMs,
    databaseCalls: databaseCalls / pageSize,
    nodeCalls: ((await chain.control.calls()).length - before) / pageSize,
  };
};

export const measureDeposits = async (): Promise<DepositWorks> => {
  const treasury = Keypair.fromSeed(seededRandomness('treasury').bytes(32)).publicKey;
  const requests = newRequests(treasury.toBase58());
  const paid = await startPaidChain(requests, treasury);
  const measured: Awaited<ReturnType<typeof measureRun>>[] = [];
  for (let run = 0; run < runs; run += 1) measured.push(await measureRun(requests, paid));
  await paid.chain.close();
  const [{ databaseCalls, nodeCalls }] = measured as [(typeof measured)[number]];
  const perSecond = measured.map((each) => each.perSecond);
  return { deposits: pageSize, perSecond, databaseCalls, nodeCalls };
};
