/**
 * A process that pays suppliers out and dies before or after any write, any call of a provider or any
 * signature, and an execution that is begun again as the schedule does, pay each payout by exactly one
 * finalized transaction: the chain's own records are the oracle. The same under seeded faults of the chain.
 */
import * as fc from 'fast-check';
import type { SolanaPort } from '../../shared/adapters/solana-port.ts';
import type { Write } from '../../shared/core/database.ts';
import { type PayoutService, payoutService, usd } from '../payments/payouts/payout-service.ts';
import { testRuntime } from '../support/runtime.ts';

type When = 'before' | 'after';

const isMoney = ({ table }: Write): boolean => table === 'payments' || table === 'ledger';

/** Counts what is done between begin and stop, and dies once. */
const mortal = (dyingAct: number, when: When) => {
  let acts = 0;
  let counts = false;
  const act = async <Answer>(work: () => Promise<Answer>): Promise<Answer> => {
    if (!counts) return work();
    const dies = acts === dyingAct;
    acts += 1;
    if (dies && when === 'before') throw new Error('died');
    const answer = await work();
    if (dies) throw new Error('died');
    return answer;
  };
  const count = (on: boolean) => {
    counts = on;
  };
  return { act, acts: () => acts, count };
};

/** Every method of the port is an act. */
const mortalPort = (port: SolanaPort, act: ReturnType<typeof mortal>['act']): SolanaPort =>
  Object.fromEntries(
    Object.entries(port).map(([name, member]) => [
      name,
      typeof member === 'function'
        ? (...given: never[]) =>
            act(() => (member as (...given: never[]) => Promise<unknown>)(...given))
        : member,
    ]),
  ) as unknown as SolanaPort;

interface Play {
  readonly dyingAct: number;
  readonly when: When;
  /** Goes wrong on the chain while the payouts are made. */
  readonly trouble?: (service: PayoutService) => Promise<void>;
}

const executionsMax = 12;

/** Three payouts, one of them to a frozen account; answers how many acts it took. */
const play = async ({ dyingAct, when, trouble }: Play): Promise<number> => {
  const runtime = testRuntime('payout crashes');
  const life = mortal(dyingAct, when);
  const { database } = runtime;
  const { write, transact } = database;
  database.write = (one) =>
    isMoney(one) ? life.act(() => write.call(database, one)) : write.call(database, one);
  database.transact = (writes, token) => {
    const work = () => transact.call(database, writes, token);
    return writes.some(isMoney) ? life.act(work) : work();
  };
  const service = await payoutService({
    runtime,
    between: (port) => mortalPort(port, life.act),
    signing: (bare) => (message) => life.act(() => bare(message)),
  });
  const asked = [];
  for (let index = 0; index < 3; index += 1) {
    const one = await service.supplier(100n * usd);
    asked.push({ ...one, id: await service.ask(one, 50n * usd) });
  }
  const frozen = asked[1]?.wallet ?? '';
  const { tokenAccount } = await service.mintTo(frozen, 'usdc', 0n);
  await service.control.freeze({ account: tokenAccount });
  await service.control.finalize();
  await trouble?.(service);
  life.count(true);
  for (let executions = 0; executions < executionsMax; executions += 1) {
    const isOver = await service.execute().then(
      (trail) => trail.at(-1) === 'open-batch nothing',
      () => false,
    );
    if (isOver) break;
    await service.control.advanceSlots({ slots: 20 });
  }
  life.count(false);
  await service.control.clearFaults();
  for (let executions = 0; executions < 3; executions += 1) await service.execute();
  for (const { id, wallet, organisation } of asked) {
    const isFrozen = wallet === frozen;
    const { status } = await service.show(id);
    const received = await service.received(wallet);
    expect({ dyingAct, when, status, received }).toEqual({
      ...{ dyingAct, when, status: isFrozen ? 'failed' : 'paid' },
      received: isFrozen ? [] : [49n * usd],
    });
    const available = isFrozen ? 100n * usd : 50n * usd;
    expect(await service.balance(organisation)).toEqual({ available, held: 0n });
  }
  await service.check();
  await service.chain.close();
  return life.acts();
};

it('every point of death pays each payout once', async () => {
  const acts = await play({ dyingAct: -1, when: 'before' });
  console.log(`${acts} points of death, before and after each`);
  for (let dyingAct = 0; dyingAct < acts; dyingAct += 1) {
    for (const when of ['before', 'after'] as const) await play({ dyingAct, when });
  }
}, 400_000);

/** What a chain does to those who use it. */
const troubles: Readonly<Record<string, (service: PayoutService) => Promise<void>>> = {
  'loses transactions': ({ control }) => control.loseTransactions({ times: 6 }),
  'lands them late': ({ control }) => control.delayTransactions({ slots: 60, times: 2 }),
  'drops answers': ({ control }) => control.dropAnswers({ method: 'sendTransaction', times: 3 }),
  'is busy': ({ control }) => control.failRequests({ status: 429, times: 5, retryAfterSeconds: 1 }),
  'has a replica that lags': ({ control }) => control.setReplicaLag({ slots: 40 }),
};

it('points of death together with trouble on the chain pay each payout once', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 60 }),
      fc.constantFrom<When>('before', 'after'),
      fc.constantFrom(...Object.keys(troubles)),
      async (dyingAct, when, name) => {
        const trouble = troubles[name];
        await play({ dyingAct, when, ...(trouble ? { trouble } : {}) });
      },
    ),
    { seed: 20_261_123, numRuns: 25 },
  );
}, 400_000);
