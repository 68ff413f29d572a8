/**
 * A process that pays suppliers out and dies before or after any write, any call of a provider or any
 * signature, and an execution that is begun again as the schedule does, pay each payout by exactly one
 * finalized transaction: the chain's own records are the oracle. The same under seeded faults of the chain,
 * of earnings in USDC as of rewards beside earnings in IO.
 */
import * as fc from 'fast-check';
import type { Write } from '../../shared/core/database.ts';
import type { PayoutSource } from '../../shared/ledger/chain/payout-hold.ts';
import { getAccount } from '../../shared/ledger/ledger-store.ts';
import { io, type PayoutService, payoutService, usd } from '../payments/payouts/payout-service.ts';
import { mortal, mortalPort, type When } from '../support/mortal.ts';
import { testRuntime } from '../support/runtime.ts';

const isMoney = ({ table }: Write): boolean => table === 'payments' || table === 'ledger';

/** What is asked for: earnings in USDC, or in IO rewards and, the last of them, earnings. */
type Asset = 'usdc' | 'io';

interface Play {
  readonly asset: Asset;
  readonly dyingAct: number;
  readonly when: When;
  /** Goes wrong on the chain while the payouts are made. */
  readonly trouble?: (service: PayoutService) => Promise<void>;
}

const executionsMax = 12;

/** A supplier who asks for the half of what it has: worth $50. */
const asking = async (service: PayoutService, source: PayoutSource, token: Asset) => {
  const one = await service.supplier(100n * usd);
  const price = { id: 'prc_1', nanoUsdPerIo: 250_000_000n, atMs: service.runtime.clock.ms };
  if (source === 'rewards') await service.reward(one, 400n * io);
  const whole = source === 'rewards' ? 400n * io : 100n * usd;
  const id = await service.ask(one, whole / 2n, { source, token, price });
  return { ...one, id, source, whole, arrives: token === 'io' ? 200n * io : 49n * usd };
};

/** Three payouts, one of them to a frozen account; answers how many acts it took. */
const play = async ({ asset, dyingAct, when, trouble }: Play): Promise<number> => {
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
    asked.push(await asking(service, asset === 'io' && index < 2 ? 'rewards' : 'earnings', asset));
  }
  const frozen = asked[1]?.wallet ?? '';
  const { tokenAccount } = await service.mintTo(frozen, asset, 0n);
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
  for (const { id, wallet, organisation, source, whole, arrives } of asked) {
    const isFrozen = wallet === frozen;
    const { status } = await service.show(id);
    const received = await service.received(wallet, asset);
    expect({ dyingAct, when, status, received }).toEqual({
      ...{ dyingAct, when, status: isFrozen ? 'failed' : 'paid' },
      received: isFrozen ? [] : [arrives],
    });
    const available = isFrozen ? whole : whole / 2n;
    expect(await service.balance(organisation, source)).toEqual({ available, held: 0n });
  }
  expect((await getAccount(runtime.database, 'fx:io')).held).toBe(0n);
  await service.check();
  await service.chain.close();
  return life.acts();
};

it.each<Asset>(['usdc', 'io'])(
  'every point of death pays each payout in %s once',
  async (asset) => {
    const acts = await play({ asset, dyingAct: -1, when: 'before' });
    console.log(`${asset}: ${acts} points of death, before and after each`);
    for (let dyingAct = 0; dyingAct < acts; dyingAct += 1) {
      for (const when of ['before', 'after'] as const) await play({ asset, dyingAct, when });
    }
  },
  400_000,
);

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
      fc.constantFrom<Asset>('usdc', 'io'),
      async (dyingAct, when, name, asset) => {
        const trouble = troubles[name];
        await play({ asset, dyingAct, when, ...(trouble ? { trouble } : {}) });
      },
    ),
    { seed: 20_261_123, numRuns: 25 },
  );
}, 400_000);
