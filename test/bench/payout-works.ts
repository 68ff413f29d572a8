/**
 * Times payouts from the request to `paid`, in real time: the endpoint, the schedule, and the steps of
 * `pay-suppliers` as its definition joins them, with its waits. The chain is the local one, which makes a slot
 * every 400 ms and finalizes 32 later, as Solana does; database and key are in this process. What is not in
 * it: the schedule's minute, and what Step Functions takes between two steps.
 */
import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { httpFunction } from '../../functions/kit/http.ts';
import type { StepOutcome } from '../../functions/kit/step.ts';
import { commit } from '../../functions/kit/transaction.ts';
import { payoutRoutes } from '../../functions/payments/payout-routes.ts';
import type { PayoutNeeds } from '../../functions/payments/payouts/payout-needs.ts';
import { startPayouts } from '../../functions/payments/payouts/start-payouts.schedule.ts';
import { payoutSteps } from '../../functions/payments/payouts/steps.ts';
import { paySuppliers } from '../../infra/stacks/pay-suppliers.workflow.ts';
import { type LocalSolana, startLocalSolana } from '../../local/solana/local-solana.ts';
import { solana } from '../../shared/adapters/solana.ts';
import { assert, present } from '../../shared/core/assert.ts';
import { encodeBase58 } from '../../shared/core/base58.ts';
import { newId } from '../../shared/core/ids.ts';
import { secondMs } from '../../shared/core/time.ts';
import { supplierAccount } from '../../shared/ledger/account.ts';
import { writesOf } from '../../shared/ledger/posting.ts';
import { causeOf, type Transfer } from '../../shared/ledger/transfer.ts';
import type { Lane } from '../../shared/payments/payouts/payout.ts';
import { putPayoutWallet } from '../../shared/payments/payouts/payout-wallet-store.ts';
import { putTreasury } from '../../shared/payments/treasury/treasury-store.ts';
import { aTreasury } from '../payments/treasury/a-treasury.ts';
import { callHttp } from '../support/http.ts';
import { makeKey, makeOrganisation } from '../support/identity.ts';
import { startMs, type TestRuntime, testRuntime } from '../support/runtime.ts';

/** Payouts that are asked for and seen to their end, each on a chain of its own. */
const payouts = 5;
/** Their starts lie so far apart that their looks fall differently between slots. */
const apartMs = 730;
const units = 100_000_000n;
const filledUnits = 1_000_000_000n;
const statesMax = 100;

export interface PayoutWorks {
  /** Seconds of each payout. */
  readonly seconds: readonly number[];
  /** Looks at its transaction, of each. */
  readonly looks: readonly number[];
}

const keyOf = (name: string) => {
  const seed = createHash('sha256').update(name).digest();
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
  return { key, address: encodeBase58(spki.subarray(-32)) };
};

/** A clock that goes, from the tests' day on. */
const runningRuntime = (seed: string): TestRuntime => {
  const runtime = testRuntime(seed);
  const beganMs = performance.now();
  const nowMs = (): number => startMs + Math.floor(performance.now() - beganMs);
  const clock = { ...runtime.clock, nowMs, realMs: nowMs };
  return { ...runtime, clock, pause: (milliseconds) => delay(milliseconds) };
};

/** A supplier with earnings and a wallet that is paid to, and a treasury whose books are right. */
const fill = async (runtime: TestRuntime, wallet: string) => {
  const { randomness } = runtime;
  const organisationId = await makeOrganisation(runtime, 'Supplier');
  const post = async (id: string, from: string, to: string, moved: bigint): Promise<void> => {
    const legs = [
      { account: from, units: -moved },
      { account: to, units: moved },
    ];
    const transfer = { id, cause: causeOf({ id }), asset: 'usd', atMs: startMs, legs } as const;
    const whole = { ...transfer, code: 'treasury_funding' } as unknown as Transfer;
    await commit(runtime, writesOf({ transfers: [whole] }));
  };
  await post('custody', 'ext:usdc', 'ext:bank', filledUnits);
  await post('earnings', 'exp:grant', supplierAccount(organisationId), filledUnits);
  await commit(
    runtime,
    putPayoutWallet(
      {
        ...{ organisationId, asset: 'usdc', address: wallet, actor: 'key_bench', ended: null },
        id: newId('pwl', startMs, randomness),
        walletId: newId('wal', startMs, randomness),
        ...{ createdAtMs: startMs, payableFromMs: startMs },
      },
      undefined,
    ),
  );
  return makeKey(runtime, organisationId, 'owner');
};

const needsOn = async (
  runtime: TestRuntime,
  { url, control }: LocalSolana,
  wallet: string,
): Promise<PayoutNeeds> => {
  const { key, address } = keyOf('treasury');
  const [usdc, io] = (await control.mints()).map(({ mint }) => mint);
  const mints = { usdc: present(usdc, 'no USDC'), io: present(io, 'no IO') };
  await control.fund({ to: address, lamports: '10000000000' });
  await control.mintTo({ owner: address, mint: mints.usdc, units: String(filledUnits) });
  await control.mintTo({ owner: wallet, mint: mints.usdc, units: '0' });
  await control.finalize();
  await commit(runtime, [putTreasury(aTreasury(mints))]);
  const port = solana({ provider: 'bench', url, pause: runtime.pause });
  return {
    ...runtime,
    solana: async () => [port],
    signer: { getAddress: async () => address, sign: async (message) => sign(null, message, key) },
    mintOf: async (token) => mints[token],
    format: 'v1',
    nonceAccount: undefined,
  };
};

/** One execution of the workflow, as Step Functions runs its definition. Answers how often it looked. */
const execute = async (needs: PayoutNeeds, lane: Lane): Promise<number> => {
  const { States, StartAt } = paySuppliers('arn:payouts');
  let [name, outcome, looks] = [StartAt, '', 0];
  for (let count = 0; count < statesMax; count += 1) {
    const state = present(States[name], `no state ${name}`);
    if (state.Type === 'Succeed') return looks;
    assert(state.Type !== 'Fail', 'the execution failed');
    if (state.Type === 'Task') {
      const step = present(state.Arguments.Payload['step'], 'a task without a step');
      const work = present(payoutSteps[step], `no step ${step}`);
      const answer: StepOutcome = await work(needs, { step, lane_id: lane });
      outcome = answer.outcome;
      name = state.Next;
    } else if (state.Type === 'Wait') {
      looks += 1;
      await delay(state.Seconds * secondMs);
      name = state.Next;
    } else if (state.Type === 'Choice') {
      const matched = `{% $states.input.outcome = '${outcome}' %}`;
      const chosen = state.Choices.find(({ Condition }) => Condition === matched);
      name = chosen?.Next ?? state.Default;
    }
  }
  throw new Error('the execution comes to no end');
};

const measurePayout = async (name: string) => {
  const runtime = runningRuntime(name);
  const chain = await startLocalSolana({ nowMs: () => runtime.clock.nowMs(), seed: name });
  try {
    const { address: wallet } = keyOf('supplier');
    const needs = await needsOn(runtime, chain, wallet);
    const key = await fill(runtime, wallet);
    const serve = httpFunction(runtime, payoutRoutes, { keyMode: 'test' });
    const executions: Promise<number>[] = [];
    const workflows = {
      start: async (_machine: string, _name: string, input: object) => {
        executions.push(execute(needs, (input as { readonly lane_id: Lane }).lane_id));
      },
    };
    const body = { amount: { amount: String(units), currency: 'usd' }, asset: 'usdc' };
    const headers = { 'idempotency-key': name };
    const beganMs = performance.now();
    const asked = await callHttp(serve, {
      ...{ method: 'POST', path: '/v1/payouts', key, headers, body },
    });
    assert(asked.status === 201, `the payout was answered ${JSON.stringify(asked.body)}`);
    await startPayouts({ ...runtime, workflows, payStateMachineArn: 'arn:pay' });
    const [looks = 0] = await Promise.all(executions);
    const seconds = (performance.now() - beganMs) / secondMs;
    const path = `/v1/payouts/${asked.body.id}`;
    const { body: shown } = await callHttp(serve, { method: 'GET', path, key });
    assert(shown.status === 'paid', `the payout is ${shown.status}`);
    return { seconds, looks };
  } finally {
    await chain.close();
  }
};

/** They wait most of the time, so they run beside each other. */
export const measurePayouts = async (): Promise<PayoutWorks> => {
  const measured = await Promise.all(
    Array.from({ length: payouts }, async (_, at) => {
      await delay(at * apartMs);
      return measurePayout(`bench-payout-${at}`);
    }),
  );
  return {
    seconds: measured.map(({ seconds }) => seconds),
    looks: measured.map(({ looks }) => looks),
  };
};
