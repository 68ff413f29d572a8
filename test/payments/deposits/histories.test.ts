/** Each deposit is credited once, whatever the nodes leave out, repeat or answer late, and whoever looks. */
import { pollDeposits } from '../../../functions/payments/deposits/poll-deposits.schedule.ts';
import { rescanDeposits } from '../../../functions/payments/deposits/rescan-deposits.schedule.ts';
import type { SolanaPort } from '../../../shared/adapters/solana-port.ts';
import { pollLockKey } from '../../../shared/payments/deposits/keys.ts';
import { type DepositService, depositService, dollar } from './deposit-service.ts';

/** Pages of a few signatures, as if a node's limit were that small. */
const inPages =
  (size: number) =>
  (port: SolanaPort): SolanaPort => ({
    ...port,
    listSignatures: (account, page) =>
      port.listSignatures(account, { ...page, limit: Math.min(page.limit, size) }),
  });

/** So many payments of $51 for one request. */
const payOften = async ({ ask, pay }: DepositService, count: number) => {
  const request = await ask('usdc');
  const signatures: string[] = [];
  for (let paid = 0; paid < count; paid += 1) {
    signatures.push(await pay({ units: 51n * dollar + BigInt(paid), for: request }));
  }
  return { request, signatures };
};

const receivedOf = async (service: DepositService, id: string): Promise<bigint> =>
  BigInt((await service.show(id)).received.amount);

describe('two who look at once', () => {
  const unlock = ({ runtime }: DepositService) =>
    runtime.database.write({ kind: 'delete', table: 'payments', key: pollLockKey, condition: {} });

  it('are one, while the first has the lock', async () => {
    const service = await depositService();
    await payOften(service, 3);
    await service.control.finalize();
    const outcomes = await Promise.all([service.poll(), service.poll()]);
    expect(outcomes.map(({ done }) => done).toSorted()).toEqual([0, 3]);
    await service.check();
  });

  it('post each deposit once where the lock has passed', async () => {
    const service = await depositService();
    const { request } = await payOften(service, 6);
    await service.control.finalize();
    let released = false;
    const onRelease = async () => {
      released = true;
      await unlock(service);
    };
    // The lock is gone the moment that somebody has it.
    const slow: SolanaPort = {
      ...(service.ports[0] as SolanaPort),
      listSignatures: async (account, page) => {
        const notes = await (service.ports[0] as SolanaPort).listSignatures(account, page);
        await onRelease();
        return notes;
      },
    };
    const needs = { ...service.needs, chain: async () => [slow] };
    await Promise.all([
      pollDeposits(needs),
      unlock(service).then(() => pollDeposits(needs)),
      unlock(service).then(() => pollDeposits(needs)),
    ]);
    expect(released).toBe(true);
    const total = 6n * 51n * dollar + 15n;
    expect(await receivedOf(service, request.id)).toBe(total);
    expect((await service.show(request.id)).payments).toHaveLength(6);
    await service.poll();
    expect(await receivedOf(service, request.id)).toBe(total);
    await service.check();
  });
});

describe('a history', () => {
  it('is read page by page, to what is known', async () => {
    const service = await depositService({ between: inPages(4) });
    const { request } = await payOften(service, 13);
    await service.settle();
    expect((await service.show(request.id)).received.amount).toBe(String(13n * 51n * dollar + 78n));
    await service.check();
  });

  it('in which a node has a gap is told by the other', async () => {
    const service = await depositService();
    const { request, signatures } = await payOften(service, 4);
    const hidden = { signatures: signatures.slice(1, 3), endpoint: 'primary' } as const;
    await service.control.hideTransactions(hidden);
    await service.settle();
    expect((await service.show(request.id)).payments).toHaveLength(4);
    await service.check();
  });

  it('in which every node has a gap is whole after the night', async () => {
    const service = await depositService({ between: inPages(2) });
    const { request, signatures } = await payOften(service, 5);
    await service.control.hideTransactions({ signatures: signatures.slice(0, 1) });
    await service.settle();
    // So much later that no run of the day comes back to it.
    await service.control.advanceSlots({ slots: 400 });
    await payOften(service, 3);
    await service.settle();
    await service.control.revealTransactions();
    await service.settle();
    expect((await service.show(request.id)).payments).toHaveLength(4);
    await rescanDeposits(service.needs);
    expect((await service.show(request.id)).payments).toHaveLength(5);
    await service.check();
  });

  it('told with a short delay is found within the overlap', async () => {
    const service = await depositService();
    const { request, signatures } = await payOften(service, 3);
    await service.control.hideTransactions({ signatures: signatures.slice(1, 2) });
    await service.settle();
    await service.control.revealTransactions();
    await service.settle();
    expect((await service.show(request.id)).payments).toHaveLength(3);
    await service.check();
  });

  it('that a node does not tell at all, for it lacks the method, is told by the other', async () => {
    const service = await depositService();
    const { request } = await payOften(service, 2);
    for (const method of ['getSignaturesForAddress', 'getSlot']) {
      const lacks = { method, endpoint: 'primary', code: -32601, message: 'no' } as const;
      await service.control.failCalls({ ...lacks, times: 99 });
    }
    expect(await service.settle()).toEqual({ done: 2, failed: 0 });
    expect((await service.show(request.id)).status).toBe('paid');
    await service.control.clearFaults();
    await service.check();
  });

  it('of a node that is behind ends no run', async () => {
    const service = await depositService();
    await service.control.setReplicaLag({ slots: 100 });
    const { request } = await payOften(service, 2);
    // What it does not know yet waits for its word.
    expect(await service.settle()).toEqual({ done: 0, failed: 0 });
    await service.control.setReplicaLag({ slots: 0 });
    expect(await service.settle()).toEqual({ done: 2, failed: 0 });
    expect((await service.show(request.id)).status).toBe('paid');
    await service.check();
  });

  it('of a node that fell back is not believed', async () => {
    const service = await depositService();
    await service.settle();
    await service.control.setReplicaLag({ slots: 100 });
    await payOften(service, 1);
    await service.settle();
    const failed = service.runtime.lines.filter(
      ({ event }) => event === 'deposits.provider_failed',
    );
    expect(failed).toContainEqual(expect.objectContaining({ provider: 'second' }));
    await service.control.setReplicaLag({ slots: 0 });
    await service.settle();
    await service.check();
  });

  it('that no provider tells is a failure of the run, and nothing is lost by it', async () => {
    const service = await depositService();
    const { request } = await payOften(service, 2);
    await service.control.finalize();
    await service.control.failRequests({
      method: 'getSignaturesForAddress',
      status: 500,
      times: 6,
    });
    await expect(service.poll()).rejects.toMatchObject({ code: 'solana.unavailable' });
    await service.control.clearFaults();
    await service.poll();
    expect((await service.show(request.id)).payments).toHaveLength(2);
    await service.check();
  });

  it('that never ends, because the node answers its newest page always, is refused', async () => {
    const service = await depositService();
    await payOften(service, 3);
    await service.control.finalize();
    const stuck = service.ports.map((port) => ({
      ...port,
      listSignatures: (account: string) => port.listSignatures(account, { limit: 2 }),
    }));
    const needs = { ...service.needs, chain: async () => stuck };
    await service.runtime.database.write({
      kind: 'delete',
      table: 'payments',
      key: { pk: `CURSOR#${service.accountOf.usdc}`, sk: 'first' },
      condition: {},
    });
    await service.runtime.database.write({
      kind: 'delete',
      table: 'payments',
      key: { pk: `CURSOR#${service.accountOf.usdc}`, sk: 'second' },
      condition: {},
    });
    await expect(pollDeposits(needs)).rejects.toMatchObject({ code: 'solana.unavailable' });
  });
});

it('what was confirmed and then undone is never credited, and is not shown for long', async () => {
  const service = await depositService();
  const { control, ask, pay, poll, show, settle, wait, balances, check } = service;
  const request = await ask('usdc');
  const signature = await pay({ units: 51n * dollar, for: request });
  await control.confirm();
  await poll();
  expect(await show(request.id)).toMatchObject({ status: 'seen' });
  await control.rollback({ from: signature });
  await wait(4 * 60_000);
  await settle();
  expect(await show(request.id)).toMatchObject({ status: 'open', seen: null });
  expect(await balances()).toEqual({ available: 0n, owed: 0n });
  await check();
});
