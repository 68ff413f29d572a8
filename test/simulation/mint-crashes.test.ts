/**
 * A process that makes the own mint and mints a day, and dies before or after any write, any call of a provider
 * or any signature, and an execution that is begun again as the schedule does: the allocations are made once,
 * the day is minted once, and the books say what the chain says.
 */
import * as fc from 'fast-check';
import type { Write } from '../../shared/core/database.ts';
import { emissionOf } from '../../shared/token/emission.ts';
import { allocations, genesisUnits } from '../../shared/token/issuance.ts';
import { mortal, mortalPort, type When } from '../support/mortal.ts';
import { testRuntime } from '../support/runtime.ts';
import { type MintService, mintService } from '../token/mint-service.ts';

const isMoney = ({ table }: Write): boolean => table === 'payments' || table === 'ledger';
const firstDay = emissionOf(23)?.cumulativeUnits ?? 0n;
const executionsMax = 12;

interface Play {
  readonly dyingAct: number;
  readonly when: When;
  readonly trouble?: (service: MintService) => Promise<void>;
}

/** Genesis and a day; answers how many acts they took. */
const play = async ({ dyingAct, when, trouble }: Play): Promise<number> => {
  const runtime = testRuntime('mint crashes');
  const life = mortal(dyingAct, when);
  const { database } = runtime;
  const { write, transact } = database;
  database.write = (one) =>
    isMoney(one) ? life.act(() => write.call(database, one)) : write.call(database, one);
  database.transact = (writes, token) => {
    const work = () => transact.call(database, writes, token);
    return writes.some(isMoney) ? life.act(work) : work();
  };
  const service = await mintService({
    runtime,
    between: (port) => mortalPort(port, life.act),
    signing: (bare) => (message) => life.act(() => bare(message)),
  });
  await service.order();
  await service.closeHours(0, 24);
  await trouble?.(service);
  life.count(true);
  for (let executions = 0; executions < executionsMax; executions += 1) {
    const isOver = await service.execute().then(
      (trail) => trail.at(-1) === 'open-mint nothing',
      () => false,
    );
    if (isOver) break;
    await service.control.advanceSlots({ slots: 20 });
  }
  life.count(false);
  await service.control.clearFaults();
  for (let executions = 0; executions < 3; executions += 1) await service.execute();
  const found = {
    supply: await service.supplyOnChain(),
    community: await service.heldBy(service.wallets.community),
    treasury: await service.heldBy(service.treasury.address),
  };
  expect({ dyingAct, when, ...found }).toEqual({
    ...{ dyingAct, when, supply: genesisUnits + firstDay },
    ...{ community: allocations.community, treasury: firstDay },
  });
  await service.check();
  await service.chain.close();
  return life.acts();
};

it('every point of death makes each issuance once', async () => {
  const acts = await play({ dyingAct: -1, when: 'before' });
  console.log(`${acts} points of death`);
  expect(acts).toBeGreaterThan(40);
  // Who dies after an act has done what one who dies before the next has.
  for (let dyingAct = 0; dyingAct < acts; dyingAct += 1) await play({ dyingAct, when: 'after' });
}, 400_000);

/** What a chain does to those who use it. */
const troubles: Readonly<Record<string, (service: MintService) => Promise<void>>> = {
  'loses transactions': ({ control }) => control.loseTransactions({ times: 6 }),
  'lands them late': ({ control }) => control.delayTransactions({ slots: 60, times: 2 }),
  'drops answers': ({ control }) => control.dropAnswers({ method: 'sendTransaction', times: 3 }),
  'is busy': ({ control }) => control.failRequests({ status: 429, times: 5, retryAfterSeconds: 1 }),
  'has a replica that lags': ({ control }) => control.setReplicaLag({ slots: 40 }),
};

it('points of death together with trouble on the chain make each issuance once', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 120 }),
      fc.constantFrom<When>('before', 'after'),
      fc.constantFrom(...Object.keys(troubles)),
      async (dyingAct, when, name) => {
        const trouble = troubles[name];
        await play({ dyingAct, when, ...(trouble ? { trouble } : {}) });
      },
    ),
    { seed: 20_261_123, numRuns: 15 },
  );
}, 400_000);
