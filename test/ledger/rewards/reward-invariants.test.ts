/** The checker finds what is broken about rewards: a sound ledger passes, each corruption is named. */
import { dayMs } from '../../../shared/core/time.ts';
import { checkInvariants, type LedgerContents } from '../../../shared/ledger/invariants.ts';
import { scanLedger } from '../../../shared/ledger/ledger-store.ts';
import type { RewardFrame } from '../../../shared/ledger/reward-invariants.ts';
import { emissionOfDay } from '../../../shared/ledger/rewards/mint.ts';
import type { Leg, Transfer } from '../../../shared/ledger/transfer.ts';
import { oneIo } from '../../simulation/ledger/chain-fixture.ts';
import { payer } from '../../simulation/ledger/fixture.ts';
import {
  emitted,
  epochOf,
  genesisMs,
  RewardFixture,
} from '../../simulation/ledger/reward-fixture.ts';

const last = 24;
const frame: RewardFrame = {
  genesisMs,
  completedEpochs: Array.from({ length: last + 1 }, (_, hour) => epochOf(hour)),
};

/** A day of hours that was minted, and one hour more from a fund; stakes of every kind. */
const busy = async (): Promise<LedgerContents> => {
  const fixture = new RewardFixture();
  fixture.nowMs = genesisMs + 4 * dayMs;
  for (let hour = 0; hour < last; hour += 1) {
    const paid = hour === 0 ? 100n * oneIo : hour === 1 ? 10n * oneIo : 0n;
    await fixture.emit(hour, { unallocatedUnits: emitted(hour) - paid });
  }
  await fixture.reward(60n * oneIo, 0, { heldUnits: 10n * oneIo });
  await fixture.reward(40n * oneIo, 0, { organisation: payer, heldUnits: oneIo });
  await fixture.reward(10n * oneIo, 1);
  await fixture.release(0, payer);
  await fixture.mint(emissionOfDay(0));
  await fixture.funded(5n * oneIo);
  await fixture.emit(last, { units: 5n * oneIo, unallocatedUnits: 5n * oneIo, source: 'fund' });
  await fixture.stake(30n * oneIo);
  await fixture.arriveStake(9n * oneIo, 7n * oneIo);
  await fixture.unstake(8n * oneIo, 'uns_1');
  await fixture.unstake(3n * oneIo, 'uns_2');
  await fixture.withdraw('uns_1');
  return scanLedger(fixture.runtime.database);
};

type Change = (contents: LedgerContents) => LedgerContents;

const without =
  (id: string): Change =>
  (contents) => ({ ...contents, transfers: contents.transfers.filter((each) => each.id !== id) });

const changed =
  (id: string, change: (transfer: Transfer) => object): Change =>
  (contents) => ({
    ...contents,
    transfers: contents.transfers.map((each) =>
      each.id === id ? { ...each, ...change(each) } : each,
    ),
  });

/** Moves units from one leg to another. */
const shifted =
  (from: string, to: string, moved = 1n) =>
  ({ legs }: Transfer) => ({
    legs: legs.map(
      ({ account, units }): Leg => ({
        account,
        units: units + (account === from ? -moved : account === to ? moved : 0n),
      }),
    ),
  });

/** The same legs on other accounts. */
const renamed =
  (from: string, to: string) =>
  ({ legs }: Transfer) => ({
    legs: legs.map(({ account, units }) => ({ account: account === from ? to : account, units })),
  });

const rewardHold =
  (epochId: string, parts: object): Change =>
  (contents) => ({
    ...contents,
    rewardHolds: contents.rewardHolds.map((each) =>
      each.epochId === epochId ? { ...each, ...parts } : each,
    ),
  });

const unstakeHold =
  (unstakeId: string, parts: object): Change =>
  (contents) => ({
    ...contents,
    unstakeHolds: contents.unstakeHolds.map((each) =>
      each.unstakeId === unstakeId ? { ...each, ...parts } : each,
    ),
  });

const first = epochOf(0);
const fundedHour = epochOf(last);
const supplierReward = `rw:${first}:org_supplier`;

it('a sound ledger has nothing broken, with and without what it cannot know', async () => {
  const contents = await busy();
  expect(checkInvariants(contents, frame)).toEqual([]);
  expect(checkInvariants(contents)).toEqual([]);
});

it.each<[string, string, Change]>([
  [
    'an hour that releases more than the schedule emits',
    `I10: em:${first} releases`,
    changed(`em:${first}`, shifted('ext:issuance', 'reward:pool')),
  ],
  [
    'an hour that no schedule knows',
    `I10: em:2026-10-31T23 releases`,
    (contents) => ({
      ...contents,
      transfers: contents.transfers.map((each) =>
        each.id === `em:${fundedHour}` ? { ...each, id: 'em:2026-10-31T23' } : each,
      ),
    }),
  ],
  [
    'a release that does not all come from its source',
    `I10: em:${fundedHour} releases`,
    changed(`em:${fundedHour}`, renamed('reward:fund', 'reward:unallocated')),
  ],
  [
    'an hour that releases twice',
    `I6: em:${first}:2 is no release`,
    (contents) => ({
      ...contents,
      transfers: contents.transfers.flatMap((each) =>
        each.id === `em:${first}` ? [each, { ...each, id: `${each.id}:2` }] : [each],
      ),
    }),
  ],
  [
    'a sum of all stakes that missed one',
    'I2: all stakes add up to',
    (contents) => ({ ...contents, stakedUnits: contents.stakedUnits - 1n }),
  ],
  [
    'a reward to somebody else',
    `I11: ${supplierReward} pays somebody else`,
    changed(supplierReward, renamed('sup_io:org_supplier', 'sup_io:org_other')),
  ],
  [
    'a reward to an account that is none of rewards',
    `I11: ${supplierReward} pays somebody else`,
    changed(supplierReward, renamed('sup_io:org_supplier', 'stake:org_supplier:dev_1')),
  ],
  [
    'a co-staker on top of what was earned',
    `I11: ${first} pays`,
    changed(supplierReward, shifted('reward:pool', 'sup_io:org_supplier')),
  ],
  ['a reward of an hour that released nothing', `I11: ${first} pays`, without(`em:${first}`)],
  ['an hour that kept a part', `I11: ${first} is closed`, without(`rw:${first}:`)],
  [
    'a pool below nothing',
    'I22: reward:pool',
    changed(supplierReward, shifted('reward:pool', 'sup_io:org_supplier', 1_000_000n * oneIo)),
  ],
  ['a mint before its last hour', 'I9: mint:0 came', without(`em:${epochOf(23)}`)],
  [
    'a mint of more than was released',
    'I9: mint:0 makes',
    changed('mint:0', shifted('ext:io', 'ext:issuance')),
  ],
  ['more minted than released', 'I9: more is minted', without(`em:${epochOf(9)}`)],
  [
    'a mint that is not whole in custody',
    'I9: mint:0 is no mint',
    changed('mint:0', renamed('ext:io', 'reward:pool')),
  ],
  [
    'a mint beyond the cap',
    'I10: 300000000000000001 is minted',
    changed('mint:0', () => ({
      legs: [
        { account: 'ext:io', units: -300_000_000_000_000_001n },
        { account: 'ext:issuance', units: 300_000_000_000_000_001n },
      ],
    })),
  ],
  [
    'a mint by a transaction that nobody wrote down',
    'I15: mint:0 was made',
    (contents) => ({ ...contents, ownTransactions: [] }),
  ],
  [
    'a mint by the transaction of another day',
    'I15: mint:0 was made',
    (contents) => ({
      ...contents,
      ownTransactions: contents.ownTransactions.map((each) => ({ ...each, subjectId: '1' })),
    }),
  ],
  [
    'a stake of somebody else’s IO',
    'I5: stake:stk_1 stakes',
    changed('stake:stk_1', renamed('sup_io:org_supplier', 'sup_io:org_payer')),
  ],
  [
    'a stake out of nothing',
    'I5: stake:stk_1 stakes',
    changed('stake:stk_1', renamed('sup_io:org_supplier', 'reward:pool')),
  ],
  [
    'a withdrawal that takes more stake',
    'I5: withdraw:uns_1 goes',
    changed('withdraw:uns_1', ({ legs }) => ({
      legs: legs.map(({ account, units }) => ({ account, units: -units })),
    })),
  ],
  [
    'a withdrawal of what was never unstaked',
    'I5: withdraw:uns_1 brings',
    (contents) => ({ ...contents, unstakeHolds: [] }),
  ],
  ['a withdrawal without its transfer', 'I5: unstake:uns_1 is', without('withdraw:uns_1')],
  [
    'a withdrawal that is still held',
    'I5: unstake:uns_1 is',
    unstakeHold('uns_1', { state: 'open' }),
  ],
  ['unstaked and given up', 'I5: unstake:uns_2 was', unstakeHold('uns_2', { state: 'void' })],
  [
    'a withdrawal to somebody else',
    'I5: unstake:uns_1 came back',
    changed('withdraw:uns_1', renamed('sup_io:org_supplier', 'sup_io:org_payer')),
  ],
  [
    'a sum of stakes that is not theirs',
    'I2: sup_io:org_supplier says 29',
    (contents) => ({
      ...contents,
      balances: contents.balances.map((each) =>
        each.account === 'sup_io:org_supplier' ? { ...each, staked: 29n } : each,
      ),
    }),
  ],
  [
    'stakes without their sum',
    'I2: no sum of the stakes of org_supplier',
    (contents) => ({
      ...contents,
      balances: contents.balances.filter(({ account }) => account !== 'sup_io:org_supplier'),
    }),
  ],
  ['a hold of nobody’s reward', `I5: rwh:${first}`, without(supplierReward)],
  [
    'a hold of more than the reward',
    `I5: rwh:${first}:org_supplier holds`,
    rewardHold(first, { amount: 61n * oneIo }),
  ],
  [
    'a held reward that was taken',
    `I5: rwh:${first}:org_supplier was taken`,
    rewardHold(first, { state: 'closed' }),
  ],
  [
    'a hold under another name',
    `I5: rwh:${first}:org_supplier is of another`,
    rewardHold(first, { epochId: epochOf(1) }),
  ],
  ['what is held and forgotten', 'I2: sup_io:org_supplier holds', rewardHold(first, { left: 0n })],
  [
    'what waits to come back and is forgotten',
    'I2: stake:org_supplier:dev_1 holds',
    unstakeHold('uns_2', { left: 0n }),
  ],
  [
    'a stake by deposit that names no arrival',
    'I7: sol:stakesig:ioAta names',
    changed('sol:stakesig:ioAta', () => ({ external: undefined })),
  ],
  ['a funding out of nothing', 'I7: claim:fundsig:ioAta claims', without('sol:fundsig:ioAta')],
  [
    'a funding that went to our position',
    'I7: claim:fundsig:ioAta keeps',
    changed('claim:fundsig:ioAta', renamed('reward:fund', 'fx:io')),
  ],
])('%s is noticed', async (_, start, change) => {
  const broken = checkInvariants(change(await busy()), frame);
  expect(broken.filter((each) => each.startsWith(start))).not.toEqual([]);
});
