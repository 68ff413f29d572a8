/** Directed races and cases of rewards: hours, what is held of them, stakes, and the mint of a day. */
import { commit } from '../../../functions/kit/transaction.ts';
import { assert } from '../../../shared/core/assert.ts';
import type { Put } from '../../../shared/core/database.ts';
import { dayMs } from '../../../shared/core/time.ts';
import { heldRewardShards } from '../../../shared/ledger/keys.ts';
import { emissionOfDay } from '../../../shared/ledger/rewards/mint.ts';
import { listRewardHoldsDue } from '../../../shared/ledger/rewards/reward-store.ts';
import { receiptsOf } from '../../../shared/rewards/receivers.ts';
import { splitHour } from '../../../shared/rewards/split.ts';
import { oneIo } from './chain-fixture.ts';
import { expectEqual, payer, supplier } from './fixture.ts';
import { deviceId, emitted, epochOf, genesisMs, RewardFixture } from './reward-fixture.ts';
import { mustThrowBug, refusalOf, type Scenario, sound } from './scenario.ts';

/** Something that belongs into the fact's transaction. */
const mark = (pk: string): readonly Put[] => [
  {
    kind: 'put',
    table: 'rewards',
    key: { pk, sk: 'MARK' },
    attributes: {},
    condition: { exists: false },
  },
];

const marks = (fixture: RewardFixture): number => fixture.runtime.database.all('rewards').length;

/** A supplier with 100 IO of rewards. */
const rewarded = async (): Promise<RewardFixture> => {
  const fixture = new RewardFixture();
  await fixture.rewarded(100n * oneIo);
  return fixture;
};

/** Insists on what the supplier has, and that all books balance. */
const expectRewards = async (fixture: RewardFixture, available: bigint, held = 0n) => {
  const rewards = await fixture.rewards();
  expectEqual(rewards.available, available, 'rewards');
  expectEqual(rewards.held, held, 'held rewards');
  await sound(fixture);
};

const expectStake = async (fixture: RewardFixture, available: bigint, held = 0n) => {
  const stake = await fixture.staked();
  expectEqual(stake.available, available, 'the stake that counts');
  expectEqual(stake.held, held, 'the stake that waits');
};

/** Every hour of the first day. */
const dayReleased = async (): Promise<RewardFixture> => {
  const fixture = new RewardFixture();
  for (let hour = 0; hour < 24; hour += 1) await fixture.emit(hour);
  return fixture;
};

const hours: readonly Scenario[] = [
  {
    name: 'an hour releases once, with what closes it, and by one amount, source and rest',
    play: async () => {
      const fixture = new RewardFixture();
      await fixture.funded(1_000_000n * oneIo);
      await fixture.emit(0, { unallocatedUnits: 9n }, mark('a'));
      expectEqual(
        (await fixture.emit(0, { unallocatedUnits: 9n }, mark('b'))).outcome,
        'already_done',
        'again',
      );
      expectEqual(marks(fixture), 1, 'marks');
      await mustThrowBug(() => fixture.emit(0, { unallocatedUnits: 8n }), 'another rest');
      await mustThrowBug(() => fixture.emit(0, { units: 9n, unallocatedUnits: 9n }), 'less');
      await mustThrowBug(() => fixture.emit(0, { unallocatedUnits: 9n, source: 'fund' }), 'a fund');
      expectEqual(await fixture.sum('reward:pool'), emitted(0) - 9n, 'the pool');
      expectEqual(await fixture.sum('reward:unallocated'), 9n, 'what nobody earned');
      expectEqual(await fixture.sum('ext:issuance'), -emitted(0), 'what is to be minted');
      await sound(fixture);
    },
  },
  {
    name: 'a fund releases what is there, says what is missing, and stays told when it is empty',
    play: async () => {
      const fixture = new RewardFixture();
      await fixture.funded(5n * oneIo);
      const source = 'fund' as const;
      const short = await fixture.emit(0, { units: 5n * oneIo + 1n, source }, mark('a'));
      assert('available' in short && short.available === 5n * oneIo, 'the fund is short');
      expectEqual(marks(fixture), 0, 'marks');
      await fixture.emit(0, { units: 5n * oneIo, source });
      expectEqual(
        (await fixture.emit(0, { units: 5n * oneIo, source })).outcome,
        'already_done',
        'again',
      );
      expectEqual((await fixture.emit(1, { units: 1n, source })).outcome, 'fund_short', 'one more');
      expectEqual(await fixture.fundLeft(), 0n, 'the fund');
      expectEqual(await fixture.sum('ext:issuance'), 0n, 'what is to be minted');
      await sound(fixture);
    },
  },
  {
    name: 'two hours at once release no more than a fund has',
    play: async () => {
      const fixture = new RewardFixture();
      await fixture.funded(5n * oneIo);
      const fact = { units: 3n * oneIo, source: 'fund' as const };
      const both = await Promise.all([fixture.emit(0, fact), fixture.emit(1, fact)]);
      const outcomes = both.map(({ outcome }) => outcome).sort();
      expectEqual(outcomes.join(), 'committed,fund_short', 'the two');
      expectEqual(await fixture.fundLeft(), 2n * oneIo, 'the fund');
      await sound(fixture);
    },
  },
  {
    name: 'IO that was given for rewards is claimed once, whole, and for nothing else',
    play: async () => {
      const fixture = new RewardFixture();
      await fixture.stray('io', 7n * oneIo, 'sig1');
      await fixture.claimForRewards(7n * oneIo);
      await mustThrowBug(() => fixture.fund('io', 7n * oneIo), 'our own money');
      await mustThrowBug(
        () => fixture.claimForRewards(7n * oneIo, 'sig1', 'fnd_2'),
        'another name',
      );
      await mustThrowBug(() => fixture.claim('io', 7n * oneIo), 'somebody');
      await fixture.stray('usdc', 7n, 'sig2');
      expectEqual(await fixture.fundLeft(), 7n * oneIo, 'the fund');
      expectEqual(await fixture.sum('suspense:io'), 0n, 'suspense');
      await sound(fixture);
    },
  },
  {
    name: 'an organisation is paid once for an hour that released enough',
    play: async () => {
      const fixture = new RewardFixture();
      await mustThrowBug(() => fixture.reward(1n), 'a reward before its hour');
      await fixture.emit(0, { units: 10n * oneIo });
      await mustThrowBug(() => fixture.reward(10n * oneIo + 1n), 'more than was released');
      await fixture.reward(10n * oneIo);
      expectEqual((await fixture.reward(10n * oneIo)).outcome, 'already_done', 'again');
      await mustThrowBug(() => fixture.reward(9n * oneIo), 'another amount');
      await mustThrowBug(() => fixture.reward(10n * oneIo, 0, { heldUnits: 1n }), 'another hold');
      await expectRewards(fixture, 10n * oneIo);
      expectEqual(await fixture.sum('reward:pool'), 0n, 'the pool');
    },
  },
  {
    name: 'rewards of new devices cannot be used until their time, and then once',
    play: async () => {
      const fixture = new RewardFixture();
      fixture.nowMs = genesisMs;
      await fixture.emit(0);
      await fixture.reward(10n * oneIo, 0, { heldUnits: 4n * oneIo });
      const above = { organisation: payer, heldUnits: 2n };
      await mustThrowBug(() => fixture.reward(1n, 0, above), 'a hold above the reward');
      await expectRewards(fixture, 6n * oneIo, 4n * oneIo);
      const refused = await fixture.stake(7n * oneIo);
      assert('available' in refused && refused.available === 6n * oneIo, 'held IO was staked');
      await mustThrowBug(() => fixture.release(), 'a release before its time');
      const due = async () =>
        (
          await Promise.all(
            Array.from({ length: heldRewardShards }, (_, shard) =>
              listRewardHoldsDue(fixture.runtime.database, { shard, nowMs: fixture.nowMs }),
            ),
          )
        ).flatMap(({ holds }) => holds).length;
      expectEqual(await due(), 0, 'due before');
      fixture.nowMs = genesisMs + 3 * dayMs;
      expectEqual(await due(), 1, 'due');
      await fixture.release();
      expectEqual((await fixture.release()).outcome, 'already_done', 'again');
      expectEqual(await due(), 0, 'due after');
      await expectRewards(fixture, 10n * oneIo);
    },
  },
  {
    name: 'an hour is split to the unit between pools, owners and co-stakers, and paid whole',
    play: async () => {
      const fixture = new RewardFixture();
      const share = (organisationId: `org_${string}`, basisPoints?: number) => ({
        organisationId,
        held: false,
        coStaker:
          basisPoints === undefined
            ? null
            : { organisationId: payer as `org_${string}`, basisPoints },
      });
      const entries = [
        { pool: 'enterprise' as const, score: 7n, ...share(supplier) },
        { pool: 'enterprise' as const, score: 13n, ...share(supplier, 3_333) },
        { pool: 'enterprise' as const, score: 1n, ...share('org_other', 1) },
      ];
      const units = emitted(0);
      const { plan, shares } = splitHour(units, entries, { enterprisePercent: 95n });
      const { unallocatedUnits } = plan.community;
      await fixture.emit(0, { unallocatedUnits });
      const owned = entries.map((entry, index) => ({ ...entry, units: shares[index] ?? 0n }));
      for (const { organisationId, units: due, heldUnits } of receiptsOf(owned)) {
        await fixture.reward(due, 0, { organisation: organisationId, heldUnits });
      }
      expectEqual(unallocatedUnits, 22_831_050_229n, 'what nobody earned');
      expectEqual(await fixture.sum('reward:pool'), 0n, 'the pool');
      // 433,789,954,337 units in 21 parts: 7, 13 (a third of it the co-staker's), 1.
      expectEqual((await fixture.rewards()).posted, 323_630_028_266n, 'the owner');
      expectEqual((await fixture.rewards(payer)).posted, 89_505_327_244n, 'the co-staker');
      await sound(fixture);
    },
  },
];

const stakes: readonly Scenario[] = [
  {
    name: 'a stake takes what is available, once, with what is written beside it',
    play: async () => {
      const fixture = await rewarded();
      await fixture.stake(70n * oneIo, {}, mark('a'));
      expectEqual(
        (await fixture.stake(70n * oneIo, {}, mark('b'))).outcome,
        'already_done',
        'again',
      );
      expectEqual(marks(fixture), 1, 'marks');
      await mustThrowBug(() => fixture.stake(69n * oneIo), 'another amount');
      await mustThrowBug(() => fixture.stake(70n * oneIo, { deviceId: 'dev_2' }), 'another device');
      await mustThrowBug(
        () => fixture.stake(70n * oneIo, { organisation: payer }),
        'somebody else',
      );
      const stakeId = 'stk_2';
      const short = await fixture.stake(31n * oneIo, { stakeId });
      assert('available' in short && short.available === 30n * oneIo, 'too much was staked');
      await expectStake(fixture, 70n * oneIo);
      await expectRewards(fixture, 30n * oneIo);
    },
  },
  {
    name: 'what is on its way out cannot be staked, nor what is staked paid out',
    play: async () => {
      const fixture = await rewarded();
      const out = { source: 'rewards' as const, token: 'io' as const, units: 60n * oneIo };
      await fixture.reserve(out);
      expectEqual((await fixture.stake(50n * oneIo)).outcome, 'balance_short', 'the stake');
      await fixture.stake(40n * oneIo);
      const more = await fixture.planReserve({ ...out, payoutId: 'pyo_2', units: 1n });
      expectEqual(more.outcome, 'balance_short', 'the payout');
      await expectRewards(fixture, 0n, 60n * oneIo);
    },
  },
  {
    name: 'a stake by deposit is one arrival, whatever room there is when it is told again',
    play: async () => {
      const fixture = new RewardFixture();
      await fixture.arriveStake(9n * oneIo, 7n * oneIo);
      const again = await fixture.arriveStake(9n * oneIo, 1n);
      expectEqual(again.outcome, 'already_done', 'again');
      expectEqual(again.stakeUnits, 7n * oneIo, 'what was staked');
      await mustThrowBug(() => fixture.arrive('io', 9n * oneIo, undefined, 'stakesig'), 'a credit');
      const ending = { kind: 'stake' as const, organisation: supplier, stakeUnits: 1n };
      const other = { ...ending, deviceId: 'dev_2' };
      await mustThrowBug(() => fixture.arrive('io', 9n * oneIo, other, 'stakesig'), 'a device');
      const whole = { ...ending, deviceId, stakeUnits: 4n };
      await mustThrowBug(() => fixture.arrive('io', 3n, whole, 'sig2'), 'more than arrived');
      await mustThrowBug(() => fixture.arrive('usdc', 9n, whole, 'sig3'), 'a stake in dollars');
      await expectStake(fixture, 7n * oneIo);
      await expectRewards(fixture, 2n * oneIo);
      expectEqual(await fixture.sum('ext:io'), -9n * oneIo, 'custody');
    },
  },
  {
    name: 'what is unstaked counts no more, cannot be unstaked again, and comes back once',
    play: async () => {
      const fixture = await rewarded();
      await fixture.stake(50n * oneIo);
      const late = await fixture.planUnstake(30n * oneIo, 'uns_2');
      assert(late.outcome === 'held', late.outcome);
      await fixture.unstake(30n * oneIo);
      await expectStake(fixture, 20n * oneIo, 30n * oneIo);
      await refusalOf(commit(fixture.runtime, late.writes));
      const more = await fixture.planUnstake(20n * oneIo + 1n, 'uns_3');
      assert('available' in more && more.available === 20n * oneIo, 'unstaked twice');
      await sound(fixture);
      await fixture.withdraw('uns_1', mark('a'));
      expectEqual((await fixture.withdraw('uns_1', mark('b'))).outcome, 'already_done', 'again');
      expectEqual(marks(fixture), 1, 'marks');
      await expectStake(fixture, 20n * oneIo);
      await expectRewards(fixture, 80n * oneIo);
      expectEqual((await fixture.rewards()).staked, 20n * oneIo, 'all stakes');
    },
  },
];

const mints: readonly Scenario[] = [
  {
    name: 'a day is minted once, by its own transaction, and never beyond its hours',
    play: async () => {
      const fixture = await dayReleased();
      const units = emissionOfDay(0);
      await mustThrowBug(() => fixture.mint(units + 1n), 'more than the hours emit');
      await fixture.own('othersig', 'mint', '1');
      const stranger = fixture.mint(units, { signature: 'othersig' }).then(
        () => 'minted',
        () => 'refused',
      );
      expectEqual(await stranger, 'refused', 'the transaction of another day');
      await fixture.mint(units);
      expectEqual((await fixture.mint(units)).outcome, 'already_done', 'again');
      await mustThrowBug(() => fixture.mint(units, { signature: 'sig2' }), 'another transaction');
      await mustThrowBug(() => fixture.mint(units - 1n), 'another amount');
      expectEqual(await fixture.sum('ext:issuance'), 0n, 'what is to be minted');
      expectEqual(await fixture.sum('ext:io'), -units, 'custody');
      const broken = await fixture.broken({ genesisMs, completedEpochs: [] });
      expectEqual(broken.join(), '', 'what is broken');
      // The hours stay told, though they are minted.
      expectEqual((await fixture.emit(23)).outcome, 'already_done', 'an hour again');
      await sound(fixture);
      expectEqual(epochOf(23), '2026-11-01T23', 'the last hour');
    },
  },
];

export const rewardScenarios: readonly Scenario[] = [...hours, ...stakes, ...mints];
