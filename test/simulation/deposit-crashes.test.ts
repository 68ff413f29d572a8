/**
 * A process that dies before or after any write and any call of a node, and whose next run goes on, leaves the
 * same books as one that never died: for deposits by reference, by memo and by sender, in USDC and in IO, for
 * what is in suspense, and for what is assigned out of it, to a customer or as the platform's own. The chain's own records are the oracle.
 */
import type { SolanaPort } from '../../shared/adapters/solana-port.ts';
import type { Write } from '../../shared/core/database.ts';
import { minuteMs } from '../../shared/core/time.ts';
import { sumAccount } from '../../shared/ledger/ledger-store.ts';
import { memo } from '../local/solana/service.ts';
import { depositService, dollar, oneIo } from '../payments/deposits/deposit-service.ts';
import { makeKey, makeOrganisation } from '../support/identity.ts';
import { testRuntime } from '../support/runtime.ts';

type When = 'before' | 'after';

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
  return { act, count, acts: () => acts };
};

/** Of money: the pipeline's own records and the readings of prices are tested elsewhere. */
const isMoney = ({ table, key }: Write): boolean =>
  (table === 'payments' && !key.pk.startsWith('PRICE#')) || table === 'ledger';

/** Two requests are paid, one of them in IO; what comes and is nobody's is assigned, some as our own. */
const play = async (dyingAct: number, when: When) => {
  const life = mortal(dyingAct, when);
  const runtime = testRuntime();
  const { database } = runtime;
  const { write, transact } = database;
  database.write = (one) => {
    const work = () => write.call(database, one);
    return isMoney(one) ? life.act(work) : work();
  };
  database.transact = (writes, token) => {
    const work = () => transact.call(database, writes, token);
    return writes.some(isMoney) ? life.act(work) : work();
  };
  const between = (port: SolanaPort): SolanaPort => ({
    ...port,
    getFinalizedSlot: () => life.act(() => port.getFinalizedSlot()),
    listSignatures: (...order) => life.act(() => port.listSignatures(...order)),
    getTransaction: (...order) => life.act(() => port.getTransaction(...order)),
  });
  const service = await depositService({ runtime, between });
  const { ask, pay, giveIo, settle, wait, call, show, control } = service;
  const operator = await makeKey(runtime, await makeOrganisation(runtime, 'Operator'), 'operator');
  await giveIo(100n * oneIo);
  const [inUsdc, inIo] = [await ask('usdc', 102n * dollar), await ask('io', 40n * oneIo)];
  /** A run that may die, and what the schedule does by itself: again, when the dead one's lock has passed. */
  const persist = async () => {
    life.count(true);
    await settle().catch(() => undefined);
    life.count(false);
    await wait(6 * minuteMs);
    await settle();
  };
  await pay({ units: 51n * dollar, for: inUsdc });
  await pay({ units: 51n * dollar, before: [memo(inUsdc.id)] });
  await pay({ token: 'io', units: 40n * oneIo, for: inIo });
  const nobodys = await pay({ units: 7n * dollar });
  const ours = await pay({ units: 3n * dollar });
  await control.confirm();
  life.count(true);
  await service.poll().catch(() => undefined);
  life.count(false);
  await persist();
  const base = { token: 'usdc', reason: 'they wrote to us' };
  const assignments = [
    { ...base, transaction: nobodys, organisation_id: service.organisationId },
    { ...base, transaction: ours, funding_id: 'otc-1' },
  ];
  const assign = async () => {
    for (const body of assignments) {
      await call('POST', '/v1/suspense/assign', { key: operator, body });
    }
  };
  life.count(true);
  await assign();
  life.count(false);
  // Whoever got no answer asks again.
  await wait(minuteMs);
  await assign();
  await persist();
  await service.check();
  const books = {
    balances: await service.balances(),
    suspense: await service.suspense(),
    bank: await sumAccount(database, 'ext:bank'),
    requests: [await show(inUsdc.id), await show(inIo.id)].map(
      ({ status, received, credit, fee, payments }) => ({
        ...{ status, received, credit, fee },
        payments: payments.length,
      }),
    ),
  };
  await service.chain.chain.close();
  return { acts: life.acts(), books };
};

it('every point of death of deposits leads to the same books', async () => {
  const { acts, books: expected } = await play(-1, 'before');
  expect(expected).toMatchObject({
    // 50 + 50 of USDC, 10 of IO, and what 7 dollars buy.
    balances: { available: 110n * dollar + 6_862_745n, owed: 0n },
    suspense: { usdc: 0n, io: 0n },
    bank: 3n * dollar,
    requests: [
      { status: 'paid', payments: 2 },
      { status: 'paid', payments: 1 },
    ],
  });
  console.log(`deposits: ${acts} points of death, before and after each`);
  for (let dyingAct = 0; dyingAct < acts; dyingAct += 1) {
    for (const when of ['before', 'after'] as const) {
      const { books } = await play(dyingAct, when);
      expect({ dyingAct, when, books }).toEqual({ dyingAct, when, books: expected });
    }
  }
});
