/**
 * Payouts from the queue to the ledger: the steps of `pay-suppliers` as its definition joins them, the real
 * adapter, and a chain on this machine with the real programs. What was really paid is read from the chain's
 * own records, and compared with the books at the end.
 */
import { sign } from 'node:crypto';
import {
  Connection,
  Keypair,
  NONCE_ACCOUNT_LENGTH,
  PublicKey,
  SystemProgram,
  Transaction,
} from '@solana/web3.js';
import type { StepOutcome } from '../../../functions/kit/step.ts';
import { commit } from '../../../functions/kit/transaction.ts';
import type { PayoutNeeds } from '../../../functions/payments/payouts/payout-needs.ts';
import { payoutSteps } from '../../../functions/payments/payouts/steps.ts';
import { paySuppliers } from '../../../infra/stacks/pay-suppliers.workflow.ts';
import { solanaControl } from '../../../local/solana/control/control-client.ts';
import { startLocalSolana } from '../../../local/solana/local-solana.ts';
import { kmsSigner } from '../../../shared/adapters/kms.ts';
import { solana } from '../../../shared/adapters/solana.ts';
import { tokenAccountOf } from '../../../shared/adapters/solana-message.ts';
import type { SolanaPort } from '../../../shared/adapters/solana-port.ts';
import { assert, present } from '../../../shared/core/assert.ts';
import type { Token } from '../../../shared/core/chain.ts';
import { type Id, newId, type Randomness } from '../../../shared/core/ids.ts';
import { supplierAccount, supplierIoAccount } from '../../../shared/ledger/account.ts';
import {
  type PayoutSource,
  payoutAccount,
  planPayoutReserve,
} from '../../../shared/ledger/chain/payout-hold.ts';
import { checkInvariants } from '../../../shared/ledger/invariants.ts';
import { type IoPrice, microsOfIo } from '../../../shared/ledger/io-price.ts';
import { getAccount, scanLedger, sumAccount } from '../../../shared/ledger/ledger-store.ts';
import { writesOf } from '../../../shared/ledger/posting.ts';
import { causeOf } from '../../../shared/ledger/transfer.ts';
import type { TransactionFormat } from '../../../shared/payments/payouts/batch-plan.ts';
import type { Lane, Payout } from '../../../shared/payments/payouts/payout.ts';
import { getPayout, putPayout } from '../../../shared/payments/payouts/payout-store.ts';
import { putPayoutWallet } from '../../../shared/payments/payouts/payout-wallet-store.ts';
import { priceLockMs } from '../../../shared/payments/prices/price-lock.ts';
import type { Treasury } from '../../../shared/payments/treasury/treasury.ts';
import { putTreasury } from '../../../shared/payments/treasury/treasury-store.ts';
import { keyOf } from '../../support/ed25519-key.ts';
import { kmsKeyArn, startKms } from '../../support/kms.ts';
import { runStates } from '../../support/run-states.ts';
import { seededRandomness, type TestRuntime, testRuntime } from '../../support/runtime.ts';
import { aTreasury } from '../treasury/a-treasury.ts';

export const usd = 1_000_000n;
export const io = 100_000_000n;

type Signing = (message: Uint8Array) => Promise<Uint8Array>;

export interface PayoutServiceOptions {
  readonly runtime?: TestRuntime;
  readonly seed?: string;
  readonly format?: TransactionFormat;
  /** Stands between the steps and a provider: tests let it die. */
  readonly between?: (port: SolanaPort) => SolanaPort;
  /** Stands between the steps and the key. */
  readonly signing?: (bare: Signing) => Signing;
  /** Whether the key is in KMS, behind its own client; then `signing` is not asked. */
  readonly kms?: boolean;
  /** Micro-dollars and lamports of the treasury. */
  readonly usdc?: bigint;
  readonly lamports?: bigint;
  /** Whether the lane of approved payouts has a nonce account. */
  readonly nonce?: boolean;
}

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** A nonce account made by somebody's wallet, with the treasury as its authority, as an operator makes it. */
const makeNonce = async (url: string, randomness: Randomness, authority: string) => {
  const connection = new Connection(url, { commitment: 'confirmed' });
  const [payer, nonce] = [randomness.bytes(32), randomness.bytes(32)].map((bytes) =>
    Keypair.fromSeed(bytes),
  );
  if (!payer || !nonce) throw new Error('no keys');
  const control = solanaControl(url);
  await control.fund({ to: payer.publicKey.toBase58(), lamports: '1000000000' });
  await control.confirm();
  const latest = await connection.getLatestBlockhash();
  const create = SystemProgram.createNonceAccount({
    fromPubkey: payer.publicKey,
    noncePubkey: nonce.publicKey,
    authorizedPubkey: new PublicKey(authority),
    lamports: await connection.getMinimumBalanceForRentExemption(NONCE_ACCOUNT_LENGTH),
  });
  const transaction = new Transaction({ feePayer: payer.publicKey, ...latest });
  transaction.add(create);
  transaction.sign(payer, nonce);
  await connection.sendRawTransaction(transaction.serialize());
  await control.finalize();
  return nonce.publicKey.toBase58();
};

/** Slots that pass while the workflow waits between two looks: 2 s. */
const slotsPerLook = 5;
const statesMax = 400;

/** A treasury with money, a chain, and the workflow; nothing is shared between two. */
export const payoutService = async (options: PayoutServiceOptions = {}) => {
  const { seed = 'payouts', format = 'v1', between = (port) => port } = options;
  const runtime = options.runtime ?? testRuntime(seed);
  const chain = await startLocalSolana({ nowMs: () => runtime.clock.ms, seed });
  closers.push(() => chain.close());
  const { control } = chain;
  const randomness = seededRandomness(`${seed} keys`);
  const treasury = keyOf(randomness.bytes(32));
  const [usdcMint, ioMint] = await control.mints();
  const mints: Record<Token, string> = {
    usdc: present(usdcMint, 'no USDC').mint,
    io: present(ioMint, 'no IO').mint,
  };
  const funded = options.lamports ?? 10n ** 10n;
  await control.fund({ to: treasury.address, lamports: String(funded) });
  const filled = { usdc: options.usdc ?? 100_000n * usd, io: 100_000n * io };
  const mintTo = (owner: string, token: Token, units: bigint) =>
    control.mintTo({ owner, mint: mints[token], units: String(units) });
  const custody = {
    usdc: (await mintTo(treasury.address, 'usdc', filled.usdc)).tokenAccount,
    io: (await mintTo(treasury.address, 'io', filled.io)).tokenAccount,
  };
  await control.finalize();

  const portOf = (provider: string, url: string) =>
    between(solana({ provider, url, pause: async () => {} }));
  const ports = [portOf('primary', chain.url), portOf('replica', chain.replicaUrl)];
  const signBare = async (message: Uint8Array): Promise<Uint8Array> =>
    sign(null, message, treasury.privateKey);
  const signing = options.signing ?? ((bare) => bare);
  const kms = options.kms ? await startKms(treasury) : undefined;
  closers.push(async () => kms?.close());
  const needs: PayoutNeeds = {
    ...runtime,
    solana: async () => ports,
    signer: kms
      ? kmsSigner({ keyArn: kmsKeyArn, connection: kms.connection, pause: async () => {} })
      : { getAddress: async () => treasury.address, sign: signing(signBare) },
    mintOf: async (token) => mints[token],
    format,
    nonceAccount: options.nonce
      ? await makeNonce(chain.url, randomness, treasury.address)
      : undefined,
  };

  let facts = 0;
  const post = async (asset: 'usd' | 'io', legs: [string, bigint][]) => {
    facts += 1;
    const id = `setup-${facts}`;
    const transfer = {
      ...{ id, cause: causeOf({ id }), asset, code: 'treasury_funding', atMs: runtime.clock.ms },
      legs: legs.map(([account, units]) => ({ account, units })),
    };
    await commit(runtime, writesOf({ transfers: [transfer as never] }));
  };
  // What the treasury holds on the chain stands in the books.
  await post('usd', [
    ['ext:usdc', -filled.usdc],
    ['ext:bank', filled.usdc],
  ]);
  await post('io', [
    ['ext:io', -filled.io],
    ['fx:io', filled.io],
  ]);

  /** What the last check of the treasury found. */
  const checked = async (problems: Treasury['problems'] = []): Promise<void> => {
    const checkedAtMs = runtime.clock.ms;
    await commit(runtime, [putTreasury(aTreasury(mints, { problems, checkedAtMs }))]);
  };
  await checked();

  /** A supplier with matured earnings, a wallet, and its token accounts unless told. */
  const supplier = async (units: bigint, { accounts = true } = {}) => {
    const nowMs = runtime.clock.ms;
    const organisation = newId('org', nowMs, randomness);
    const wallet = keyOf(randomness.bytes(32)).address;
    await post('usd', [
      ['exp:grant', -units],
      [supplierAccount(organisation), units],
    ]);
    for (const asset of ['usdc', 'io'] as const) {
      const names = {
        id: newId('pwl', nowMs, randomness),
        walletId: newId('wal', nowMs, randomness),
      };
      const stands = { actor: 'key_1', createdAtMs: nowMs, payableFromMs: nowMs, ended: null };
      const named = { ...names, organisationId: organisation, asset, address: wallet, ...stands };
      await commit(runtime, putPayoutWallet(named, undefined));
    }
    if (accounts) {
      await mintTo(wallet, 'usdc', 0n);
      await mintTo(wallet, 'io', 0n);
    }
    return { organisation, wallet };
  };
  type Supplier = Awaited<ReturnType<typeof supplier>>;

  /** Mints IO to the treasury, of which the books know. */
  const mint = async (units: bigint): Promise<void> => {
    await post('io', [
      ['ext:io', -units],
      ['ext:issuance', units],
    ]);
    await mintTo(treasury.address, 'io', units);
    await control.finalize();
  };

  /** Gives a supplier rewards, which are in the treasury unless they are still to be minted. */
  const reward = async (
    { organisation }: Pick<Supplier, 'organisation'>,
    units: bigint,
    { isMinted = true } = {},
  ): Promise<void> => {
    await post('io', [
      ['ext:issuance', -units],
      [supplierIoAccount(organisation), units],
    ]);
    if (isMinted) await mint(units);
  };

  /** A payout that was asked for and waits in its lane. */
  const ask = async (
    { organisation, wallet }: Supplier,
    units: bigint,
    more: {
      readonly source?: PayoutSource;
      readonly token?: Token;
      readonly lane?: Lane;
      readonly price?: IoPrice;
    } = {},
  ): Promise<Id<'pay'>> => {
    const { source = 'earnings', token = 'usdc', lane = 'bulk' } = more;
    const id = newId('pay', runtime.clock.ms, randomness);
    const nowMs = runtime.clock.ms;
    const own = await getAccount(runtime.database, payoutAccount(source, organisation));
    const position = await getAccount(runtime.database, 'fx:io');
    const price = token === 'io' ? present(more.price, 'IO without a price') : undefined;
    const decision = planPayoutReserve({
      ...{ payoutId: id, organisation, source, token, units, supplier: own, nowMs },
      io: source === 'earnings' && price ? { price, position } : undefined,
    });
    assert(decision.outcome === 'held', decision.outcome);
    const { hold, ioHold } = decision;
    const payout: Payout = {
      ...{ id, organisation, lane, source, token, units, wallet, status: 'queued', version: 1 },
      usdUnits: source === 'rewards' && price ? microsOfIo(units, price) : units,
      feeUnits: hold.feeUnits,
      tokenUnits: ioHold ? ioHold.left : units - hold.feeUnits,
      price: price ? { ...price, untilMs: nowMs + priceLockMs } : null,
      ...{ reason: null, batchId: null, signature: null, createdAtMs: nowMs },
    };
    await commit(runtime, [...decision.writes, ...putPayout(payout, undefined)]);
    return id;
  };

  const step = (name: string, lane: Lane = 'bulk'): Promise<StepOutcome> =>
    present(payoutSteps[name], `no step ${name}`)(needs, { step: name, lane_id: lane });

  /** One execution of the workflow; answers its steps and their outcomes. */
  const execute = (lane: Lane = 'bulk', statesLimit = statesMax) =>
    runStates(paySuppliers('arn:payouts'), {
      step: (name) => step(name, lane),
      wait: async () => {
        await control.advanceSlots({ slots: slotsPerLook });
      },
      statesMax: statesLimit,
    });

  const show = async (id: string): Promise<Payout> =>
    present(await getPayout(runtime.database, id), `no payout ${id}`);

  /** What reached a wallet, by the chain's own records: base units, payment by payment. */
  const received = async (wallet: string, token: Token = 'usdc'): Promise<readonly bigint[]> => {
    const account = await tokenAccountOf(wallet, mints[token]);
    return (await control.movements({ account })).map(({ units }) => BigInt(units));
  };

  const balance = async (organisation: string, source: PayoutSource = 'earnings') => {
    const account = payoutAccount(source, organisation);
    const { available, held } = await getAccount(runtime.database, account);
    return { available, held };
  };

  /** The books are sound, and say to the unit what the chain says that the treasury holds. */
  const check = async ({ moreLamports = 0n } = {}): Promise<void> => {
    await control.finalize();
    expect(checkInvariants(await scanLedger(runtime.database))).toEqual([]);
    for (const token of ['usdc', 'io'] as const) {
      const moved = await control.movements({ account: custody[token] });
      const held = moved.reduce((sum, { units }) => sum + BigInt(units), 0n);
      expect(-(await sumAccount(runtime.database, `ext:${token}`))).toBe(held);
    }
    // Fees, and what the accounts cost that we made: every lamport that is gone.
    const left = await present(ports[0], 'no port').getLamports(treasury.address);
    expect(funded + moreLamports - left).toBe(await sumAccount(runtime.database, 'ext:sol'));
  };

  return {
    ...{ runtime, needs, kms, chain, control, treasury, mints, custody, ports },
    ...{
      supplier,
      post,
      mint,
      reward,
      ask,
      checked,
      step,
      execute,
      show,
      received,
      balance,
      check,
      mintTo,
      signBare,
    },
  };
};

export type PayoutService = Awaited<ReturnType<typeof payoutService>>;
