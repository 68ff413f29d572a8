/**
 * Deposits on the local chain: a wallet of web3.js pays, the platform looks through Kit at two nodes, and the
 * endpoints answer through their real pipeline. At the end the chain's own records are compared with the books.
 */
import type { Address } from '@solana/kit';
import { getAssociatedTokenAddressSync } from '@solana/spl-token';
import { PublicKey } from '@solana/web3.js';
import { httpFunction } from '../../../functions/kit/http.ts';
import { depositRoutes } from '../../../functions/payments/deposit-routes.ts';
import type { DepositNeeds } from '../../../functions/payments/deposits/deposit-needs.ts';
import { pollDeposits } from '../../../functions/payments/deposits/poll-deposits.schedule.ts';
import { solana } from '../../../shared/adapters/solana.ts';
import type { SolanaPort } from '../../../shared/adapters/solana-port.ts';
import type { Token } from '../../../shared/core/chain.ts';
import { nanoPerUsd } from '../../../shared/core/token-price.ts';
import { customerAccount, debtAccount } from '../../../shared/ledger/account.ts';
import { checkInvariants } from '../../../shared/ledger/invariants.ts';
import { getAccount, scanLedger, sumAccount } from '../../../shared/ledger/ledger-store.ts';
import { getRewardFund } from '../../../shared/ledger/rewards/io-balance-store.ts';
import type { WatchedAccount } from '../../../shared/payments/deposits/arrival.ts';
import { putPriceSample } from '../../../shared/payments/prices/price-store.ts';
import {
  buildPayment,
  type Payment,
  pay as payOnChain,
  setup as setupChain,
  startMs,
} from '../../local/solana/service.ts';
import { callHttp, type TestRequest } from '../../support/http.ts';
import { makeKey, makeOrganisation } from '../../support/identity.ts';
import { type TestRuntime, testRuntime } from '../../support/runtime.ts';

/** One dollar, one IO. */
export const dollar = 1_000_000n;
export const oneIo = 100_000_000n;
/** $0.25. */
export const ioNanoUsd = nanoPerUsd / 4n;

export interface DepositServiceOptions {
  readonly runtime?: TestRuntime;
  /** Stands between the functions and each provider. */
  readonly between?: (port: SolanaPort) => SolanaPort;
  readonly ioPositionLimit?: bigint;
  readonly seed?: string;
}

/** A fresh service on a chain of its own. */
export const depositService = async (options: DepositServiceOptions = {}) => {
  const { runtime = testRuntime(), between = (port) => port } = options;
  const chain = await setupChain(options.seed);
  const { control, clock, treasury, customer, usdc, io, treasuryUsdc } = chain;
  runtime.clock.ms = startMs;
  const { database } = runtime;
  const treasuryIo = getAssociatedTokenAddressSync(
    new PublicKey(io.mint),
    new PublicKey(treasury.address),
  ).toBase58();
  const watched: readonly WatchedAccount[] = [
    { token: 'usdc', account: treasuryUsdc, mint: usdc.mint, owner: treasury.address },
    { token: 'io', account: treasuryIo, mint: io.mint, owner: treasury.address },
  ];
  const accountOf = { usdc: treasuryUsdc, io: treasuryIo as Address } as const;
  const pause = async () => {};
  const ports = [
    between(solana({ provider: 'first', url: chain.chain.url, pause })),
    between(solana({ provider: 'second', url: chain.chain.replicaUrl, pause })),
  ];
  /** What a person was told of transactions that nobody can read. */
  const told: object[] = [];
  const needs: DepositNeeds = {
    ...runtime,
    chain: async () => ports,
    watched: async () => watched,
    unreadable: { send: async (message) => void told.push(message) },
    ioPositionLimit: options.ioPositionLimit ?? 1_000_000n * oneIo,
  };

  /** Says what a token is worth from now on. */
  const setPrice = async (token: Token, nanoUsd: bigint) => {
    const publishedAtMs = runtime.clock.nowMs();
    const sample = {
      token,
      nanoUsd,
      confidenceNanoUsd: 0n,
      publishedAtMs,
      source: 'fixed',
    } as const;
    await database.write(putPriceSample(sample));
  };
  await setPrice('usdc', nanoPerUsd);
  await setPrice('io', ioNanoUsd);

  const organisationId = await makeOrganisation(runtime, 'Acme');
  const owner = await makeKey(runtime, organisationId, 'owner');
  const serve = httpFunction(needs, depositRoutes, { keyMode: 'test' });
  let requests = 0;
  const call = (method: string, path: string, request: Partial<TestRequest> = {}) => {
    requests += 1;
    const headers = { 'idempotency-key': `request-${requests}`, ...request.headers };
    return callHttp(serve, { method, path, key: owner, ...request, headers });
  };

  /** Asks to be paid; any amount unless told. */
  const ask = async (token: Token, units?: bigint, key = owner) => {
    const currency = token === 'usdc' ? 'usd' : 'io';
    const amount = units === undefined ? {} : { amount: { amount: units.toString(), currency } };
    const made = await call('POST', '/v1/deposits', { key, body: { token, ...amount } });
    if (made.status !== 201) throw new Error(JSON.stringify(made.body));
    return made.body as { readonly id: string; readonly reference: string; readonly url: string };
  };
  const show = async (id: string, key = owner) =>
    (await call('GET', `/v1/deposits/${id}`, { key })).body;

  /** The customer pays the treasury; USDC unless told. */
  const pay = (
    payment: Payment & { readonly token?: Token; readonly for?: { reference: string } },
  ) => {
    const { token = 'usdc', for: request, ...rest } = payment;
    const ofIo = { mint: io.mint, decimals: 8, to: treasury.address };
    const reference = request && { reference: new PublicKey(request.reference) };
    return payOnChain(chain, { ...(token === 'io' ? ofIo : {}), ...reference, ...rest });
  };
  const giveIo = (units: bigint) =>
    control.mintTo({ owner: customer.publicKey.toBase58(), mint: 'IO', units: String(units) });

  const poll = () => pollDeposits(needs);
  /** All that landed is final, and looked at. */
  const settle = async () => {
    await control.finalize();
    return poll();
  };
  /** Lets time pass, on the chain as well; prices are read again. */
  const wait = async (ms: number) => {
    runtime.clock.ms += ms;
    clock.ms += ms;
    await setPrice('usdc', nanoPerUsd);
    await setPrice('io', ioNanoUsd);
  };

  // What made the accounts is looked at once, and is nobody's deposit.
  await pollDeposits(needs);

  const balances = async (organisation: string = organisationId) => {
    const credit = await getAccount(database, customerAccount(organisation));
    const debt = await getAccount(database, debtAccount(organisation));
    return { available: credit.available, owed: -debt.posted };
  };
  /** What is in suspense, by token. */
  const suspense = async () => ({
    usdc: await sumAccount(database, 'suspense:usdc'),
    io: await sumAccount(database, 'suspense:io'),
  });

  /** Each final movement of an account, from the chain's own records. */
  const arrived = async (token: Token): Promise<bigint> => {
    const movements = await control.movements({ account: accountOf[token] });
    return movements
      .filter(({ commitment }) => commitment === 'finalized')
      .reduce((sum, { units }) => sum + BigInt(units), 0n);
  };

  /** The ledger is sound, and what came is in it once: credited, a fee, or in suspense. */
  const check = async (): Promise<void> => {
    const ledger = await scanLedger(database);
    expect(checkInvariants(ledger)).toEqual([]);
    const held = await suspense();
    expect(-(await sumAccount(database, 'ext:usdc'))).toBe(await arrived('usdc'));
    expect(-(await sumAccount(database, 'ext:io'))).toBe(await arrived('io'));
    const position = await getAccount(database, 'fx:io');
    const fund = await getRewardFund(database);
    expect(position.posted + held.io + fund).toBe(await arrived('io'));
  };

  return {
    ...{ chain, control, runtime, needs, watched, accountOf, ports, organisationId, owner, serve },
    ...{ call, ask, show, pay, giveIo, poll, settle, wait, setPrice, balances, suspense, arrived },
    ...{ told, check, customer, treasury, usdc, io },
    build: (payment: Payment) => buildPayment(chain, payment),
  };
};

export type DepositService = Awaited<ReturnType<typeof depositService>>;
