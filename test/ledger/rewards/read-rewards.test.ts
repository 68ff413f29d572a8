/** What an organisation reads of its IO: balances, transfers, statements. */
import { postEmission } from '../../../functions/ledger/rewards/post-emission.ts';
import { postReward } from '../../../functions/ledger/rewards/post-reward.ts';
import { postStake } from '../../../functions/ledger/rewards/post-stake.ts';
import { dayMs } from '../../../shared/core/time.ts';
import { monthSumKey } from '../../../shared/ledger/keys.ts';
import { startMs } from '../../support/runtime.ts';
import { ledgerService } from '../service.ts';

const epochId = '2026-11-20T00';
const deviceId = 'dev_1';
const io = (amount: string) => ({ amount, currency: 'io' });

/** The tenant earned 12 IO in an hour, 2 of them held, and staked 7. */
const setup = async () => {
  const service = await ledgerService();
  const { runtime, organisationId: organisation } = service;
  const units = 1_200_000_000n;
  await postEmission(runtime, { epochId, units, source: 'issuance', unallocatedUnits: 0n });
  const held = { heldUnits: 200_000_000n, releaseAtMs: startMs + 3 * dayMs };
  await postReward(runtime, { epochId, organisation, units, ...held });
  await postStake(runtime, { stakeId: 'stk_1', organisation, deviceId, units: 700_000_000n });
  await service.deliver();
  return service;
};

it('balances show rewards that can be used, those that are held, and what is staked', async () => {
  const { call, other } = await setup();
  const { body } = await call('GET', '/v1/ledger/balances');
  expect(body).toMatchObject({
    available: { amount: '0', currency: 'usd' },
    rewards: { available: io('300000000'), held: io('200000000') },
    staked: io('700000000'),
  });
  const theirs = await call('GET', '/v1/ledger/balances', { key: other });
  expect(theirs.body).toMatchObject({
    rewards: { available: io('0'), held: io('0') },
    staked: io('0'),
  });
});

it('transfers show the legs of both groups, in IO', async () => {
  const { call, organisationId } = await setup();
  const { body } = await call('GET', '/v1/ledger/transfers');
  const none = { matures_on: null };
  expect(body.data).toMatchObject([
    {
      id: 'stake:stk_1',
      code: 'stake',
      description: 'Staked from rewards',
      legs: [
        { account: 'rewarded', amount: io('-700000000'), ...none },
        { account: 'staked', amount: io('700000000'), ...none },
      ],
    },
    {
      id: `rw:${epochId}:${organisationId}`,
      code: 'reward',
      description: 'Reward for an hour',
      legs: [{ account: 'rewarded', amount: io('1200000000'), ...none }],
    },
  ]);
});

it('a month’s statement adds them up, and its CSV writes IO with eight places', async () => {
  const { call, organisationId } = await setup();
  const query = { month: '2026-11' };
  const { body } = await call('GET', '/v1/ledger/statement', { query });
  expect(body.closing).toMatchObject({ rewarded: io('500000000'), staked: io('700000000') });
  const csv = await call('GET', '/v1/ledger/statement.csv', { query });
  const rows = String(csv.body).trimEnd().split('\r\n').slice(1);
  expect(rows.map((each: string) => each.split(',').slice(1).join(','))).toEqual([
    `rw:${epochId}:${organisationId},reward,,rewarded,,12.00000000,io`,
    'stake:stk_1,stake,,rewarded,,-7.00000000,io',
    'stake:stk_1,stake,,staked,,7.00000000,io',
  ]);
});

it('the sum of a month that was kept before there were rewards counts none', async () => {
  const { call, grant, deliver, runtime, organisationId } = await ledgerService();
  await grant('5');
  await deliver();
  await runtime.database.write({
    kind: 'put',
    table: 'ledger',
    key: monthSumKey(organisationId, '2026-11'),
    attributes: { totals: { credit: 5n, debt: 0n, earning: 0n, matured: 0n }, summed_late: 0n },
    condition: { exists: false },
  });
  runtime.clock.ms = startMs + 60 * dayMs;
  const { body } = await call('GET', '/v1/ledger/statement', { query: { month: '2027-01' } });
  expect(body.opening).toMatchObject({ rewarded: io('0'), staked: io('0') });
  expect(body.opening.credit.amount).toBe('5');
});
