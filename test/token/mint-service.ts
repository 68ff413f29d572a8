/**
 * The own mint from an ordered genesis to posted days: the endpoint, the steps of `mint-emission` as its
 * definition joins them, the real adapter, and a chain on this machine with the real programs.
 */
import { sign } from 'node:crypto';
import { httpFunction } from '../../functions/kit/http.ts';
import type { StepOutcome } from '../../functions/kit/step.ts';
import { commit } from '../../functions/kit/transaction.ts';
import type { MintNeeds } from '../../functions/token/mint/mint-needs.ts';
import { mintSteps } from '../../functions/token/mint/steps.ts';
import { tokenRoutes } from '../../functions/token/routes.ts';
import { mintEmission } from '../../infra/stacks/mint-emission.workflow.ts';
import { startLocalSolana } from '../../local/solana/local-solana.ts';
import { solana } from '../../shared/adapters/solana.ts';
import { tokenAccountOf } from '../../shared/adapters/solana-message.ts';
import { ownMintOf } from '../../shared/adapters/solana-mint.ts';
import type { SolanaPort } from '../../shared/adapters/solana-port.ts';
import { present } from '../../shared/core/assert.ts';
import { checkInvariants } from '../../shared/ledger/invariants.ts';
import { scanLedger, sumAccount } from '../../shared/ledger/ledger-store.ts';
import type { Treasury } from '../../shared/payments/treasury/treasury.ts';
import { putTreasury } from '../../shared/payments/treasury/treasury-store.ts';
import { type AllocationName, allocationNames } from '../../shared/token/issuance.ts';
import { aTreasury } from '../payments/treasury/a-treasury.ts';
import { keyOf } from '../support/ed25519-key.ts';
import { callHttp, type TestRequest } from '../support/http.ts';
import { makeKey, makeOrganisation } from '../support/identity.ts';
import { runStates } from '../support/run-states.ts';
import { seededRandomness, startMs, type TestRuntime, testRuntime } from '../support/runtime.ts';
import { closeHours } from './close-hours.ts';

type Signing = (message: Uint8Array) => Promise<Uint8Array>;

export interface MintServiceOptions {
  readonly runtime?: TestRuntime;
  /** Lamports of the treasury. */
  readonly lamports?: bigint;
  /** Stands between the steps and a provider, or the key: tests let it die. */
  readonly between?: (port: SolanaPort) => SolanaPort;
  readonly signing?: (bare: Signing) => Signing;
}

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** Slots that pass while the workflow waits between two looks: 2 s. */
const slotsPerLook = 5;
const statesMax = 400;

/** A treasury with SOL, a chain, and the workflow; nothing is shared between two. */
export const mintService = async (options: MintServiceOptions = {}) => {
  const seed = 'mint';
  const runtime = options.runtime ?? testRuntime(seed);
  const token = { mode: 'own', genesisMs: startMs } as const;
  const chain = await startLocalSolana({ nowMs: () => runtime.clock.ms, seed });
  closers.push(() => chain.close());
  const { control } = chain;
  const randomness = seededRandomness(`${seed} keys`);
  const treasury = keyOf(randomness.bytes(32));
  const newWallet = () => keyOf(randomness.bytes(32)).address;
  const mint = await ownMintOf(treasury.address);
  const funded = options.lamports ?? 10n ** 10n;
  await control.fund({ to: treasury.address, lamports: String(funded) });
  await control.finalize();
  const between = options.between ?? ((port) => port);
  const portOf = (provider: string, url: string) =>
    between(solana({ provider, url, pause: async () => {} }));
  const ports = [portOf('primary', chain.url), portOf('replica', chain.replicaUrl)];
  const port = solana({ provider: 'oracle', url: chain.url, pause: async () => {} });
  const signBare: Signing = async (message) => sign(null, message, treasury.privateKey);
  const signing = options.signing ?? ((bare) => bare);
  const needs: MintNeeds = {
    ...runtime,
    token,
    solana: async () => ports,
    signer: { getAddress: async () => treasury.address, sign: signing(signBare) },
    format: 'v1',
    ownMint: async () => mint,
  };

  /** What the last check of the treasury found. */
  const checked = async (parts: Partial<Treasury> = {}): Promise<void> => {
    const mints = { usdc: 'usdc mint', io: mint };
    const checkedAtMs = runtime.clock.ms;
    const found = { wallet: treasury.address, checkedAtMs, ...parts };
    await commit(runtime, [putTreasury(aTreasury(mints, found))]);
  };
  await checked();

  const operatorOf = await makeOrganisation(runtime, 'Us');
  const operator = await makeKey(runtime, operatorOf, 'operator');
  const serve = httpFunction({ ...runtime, token }, tokenRoutes, { keyMode: 'test' });
  const call = (method: string, path: string, request: Partial<TestRequest> = {}) =>
    callHttp(serve, { method, path, ...request });
  const wallets = Object.fromEntries(allocationNames.map((name) => [name, newWallet()])) as Record<
    AllocationName,
    string
  >;
  const order = (to: object = wallets) =>
    call('PUT', '/v1/token/genesis', { key: operator, body: { wallets: to } });
  const supply = async () => (await call('GET', '/v1/token/supply')).body;

  const step = (name: string): Promise<StepOutcome> =>
    present(mintSteps[name], `no step ${name}`)(needs, { step: name, mint_id: mint });

  /** One execution of the workflow; answers its steps and their outcomes. */
  const execute = () =>
    runStates(mintEmission('arn:mint'), {
      ...{ step, statesMax },
      wait: async () => {
        await control.advanceSlots({ slots: slotsPerLook });
      },
    });

  /** What a wallet holds of the own token. */
  const heldBy = async (wallet: string): Promise<bigint> => {
    await control.finalize();
    const { accounts } = await port.listTokenAccounts([await tokenAccountOf(wallet, mint)]);
    return accounts[0]?.units ?? 0n;
  };

  /** All that the chain says is out. */
  const supplyOnChain = async (): Promise<bigint> => {
    await control.finalize();
    return (await port.getMint(mint))?.supplyUnits ?? 0n;
  };

  /** The books are sound, and say to the unit what the chain says that the treasury holds and paid. */
  const check = async ({ moreLamports = 0n } = {}): Promise<void> => {
    await control.finalize();
    expect(checkInvariants(await scanLedger(runtime.database))).toEqual([]);
    expect(-(await sumAccount(runtime.database, 'ext:io'))).toBe(await heldBy(treasury.address));
    const left = await port.getLamports(treasury.address);
    expect(funded + moreLamports - left).toBe(await sumAccount(runtime.database, 'ext:sol'));
  };

  return {
    ...{ runtime, needs, chain, control, treasury, mint, port, wallets, newWallet },
    ...{ operator, operatorOf },
    ...{ checked, call, order, supply, step, execute },
    closeHours: (from: number, to: number) => closeHours(needs, token, { from, to }),
    ...{ heldBy, supplyOnChain, check },
  };
};

export type MintService = Awaited<ReturnType<typeof mintService>>;
