/** What the store reads back is what the rules wrote: every digit of it. */
import fc from 'fast-check';
import { commit } from '../../functions/kit/transaction.ts';
import { hourMs, minuteMs } from '../../shared/core/time.ts';
import type { RecordingAccount } from '../../shared/ledger/account.ts';
import {
  getAccount,
  getAccounts,
  getHold,
  getTransfer,
  listTransfersByCluster,
  parseBalance,
  sumAccount,
} from '../../shared/ledger/ledger-store.ts';
import { writesOf } from '../../shared/ledger/posting.ts';
import { causeOf, type Transfer } from '../../shared/ledger/transfer.ts';
import { clusterId, Fixture, million } from '../simulation/ledger/fixture.ts';
import { startMs, testRuntime } from '../support/runtime.ts';

const transfer = (id: string, account: RecordingAccount, units: bigint): Transfer => ({
  id,
  cause: causeOf({ id }),
  asset: 'usd',
  code: 'grant',
  legs: [
    { account, units: -units },
    { account: 'cust:org_a', units },
  ],
  atMs: startMs,
});

it('amounts from 1 to 10^27 survive the way to the table and back (L11)', async () => {
  await fc.assert(
    fc.asyncProperty(fc.bigInt(1n, 10n ** 27n), async (units) => {
      const runtime = testRuntime();
      const posted = transfer('grant:1', 'exp:grant', units);
      await commit(runtime, writesOf({ transfers: [posted] }));
      expect(await getTransfer(runtime.database, 'grant:1')).toEqual(posted);
      expect((await getAccount(runtime.database, 'cust:org_a')).available).toBe(units);
    }),
    { numRuns: 100 },
  );
});

it('a recording account is the sum of its sixteen shards', async () => {
  const runtime = testRuntime();
  for (let n = 1n; n <= 40n; n += 1n) {
    await commit(runtime, writesOf({ transfers: [transfer(`grant:${n}`, 'exp:sla', n)] }));
  }
  expect(await sumAccount(runtime.database, 'exp:sla')).toBe(-820n);
  expect(await sumAccount(runtime.database, 'exp:grant')).toBe(0n);
  const shards = runtime.database.all('ledger').filter(({ pk }) => pk.startsWith('A#exp:sla#'));
  expect(shards.length).toBeGreaterThan(8);
});

it('a settlement and its hold read back whole', async () => {
  const fixture = new Fixture();
  await fixture.grant('grt_1', 10n * million);
  await fixture.hold();
  fixture.worked(hourMs);
  const hourly = await fixture.settle(false);
  fixture.worked(2 * hourMs + 6 * minuteMs, 2 * hourMs);
  fixture.stop(startMs + 2 * hourMs + 6 * minuteMs);
  const final = await fixture.settle(true);
  if (hourly.outcome !== 'posted' || final.outcome !== 'posted') throw new Error('not posted');
  const { database } = fixture.runtime;
  const settlements = await listTransfersByCluster(database, clusterId, 2);
  expect(settlements).toEqual([...hourly.transfers, ...final.transfers]);
  expect(await getHold(database, clusterId)).toMatchObject({
    id: 'hold:clu_1',
    organisation: 'org_payer',
    clusterId,
    amount: 2n * million,
    posted: 2n * million,
    released: 0n,
    left: 0n,
    n: 2,
    paidMs: { nod_1: 2 * hourMs },
    state: 'closed',
    classDays: 30,
    granted: true,
  });
});

it('a cluster that lacks one of its settlements is an alarm', async () => {
  await expect(listTransfersByCluster(testRuntime().database, clusterId, 1)).rejects.toThrow(
    'lacks one',
  );
});

it('what nobody wrote to reads as nothing', async () => {
  const { database } = testRuntime();
  expect((await getAccount(database, 'cust:org_a')).version).toBe(0n);
  expect(await getAccounts(database, ['cust:org_a', 'sup:org_a'])).toEqual([]);
  expect(await getHold(database, clusterId)).toBeUndefined();
  expect(await getTransfer(database, 'grant:1')).toBeUndefined();
});

it.each([
  ['available differs from posted - held', { posted: 5n, held: 1n, available: 5n }],
  ['held is negative', { posted: 5n, held: -1n, available: 6n }],
  ['available is negative', { posted: 5n, held: 6n, available: -1n }],
])('a stored balance whose %s is an alarm', (_, amounts) => {
  const item = { pk: 'A#cust:org_a#0', sk: 'A', account: 'cust:org_a', v: 1n, ...amounts };
  expect(() => parseBalance(item)).toThrow();
});
