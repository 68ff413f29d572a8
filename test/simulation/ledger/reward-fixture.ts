/** A ledger for tests of rewards: hours, rewards, stakes and mints in one line each. */
import { commit } from '../../../functions/kit/transaction.ts';
import type { Beside } from '../../../functions/ledger/post-fact.ts';
import { postEmission } from '../../../functions/ledger/rewards/post-emission.ts';
import { postMint } from '../../../functions/ledger/rewards/post-mint.ts';
import { postReward, releaseReward } from '../../../functions/ledger/rewards/post-reward.ts';
import { postStake, postWithdrawal } from '../../../functions/ledger/rewards/post-stake.ts';
import { assert } from '../../../shared/core/assert.ts';
import { dayMs, hourMs, isoOf, startOfHourId } from '../../../shared/core/time.ts';
import type { EmissionFact } from '../../../shared/ledger/rewards/emission.ts';
import {
  getRewardBalance,
  getRewardFund,
  getStakeBalance,
} from '../../../shared/ledger/rewards/io-balance-store.ts';
import type { MintFact } from '../../../shared/ledger/rewards/mint.ts';
import type { RewardFact } from '../../../shared/ledger/rewards/reward.ts';
import { planUnstake, type StakeFact } from '../../../shared/ledger/rewards/stake.ts';
import { emissionOf } from '../../../shared/token/emission.ts';
import { ChainFixture, oneIo } from './chain-fixture.ts';
import { supplier } from './fixture.ts';

export const deviceId = 'dev_1';
/** The hour of genesis. */
export const genesisHour = '2026-11-01T00';
/** When hour 0 begins. */
export const genesisMs = startOfHourId(genesisHour) ?? 0;
/** The id of an hour since genesis. */
export const epochOf = (hour: number): string => isoOf(genesisMs + hour * hourMs).slice(0, 13);
/** What the schedule emits in an hour since genesis. */
export const emitted = (hour: number): bigint => emissionOf(hour)?.units ?? 0n;

export class RewardFixture extends ChainFixture {
  /** An hour releases what the schedule emits in it, unless said otherwise. */
  emit(hour = 0, parts: Partial<EmissionFact> = {}, beside: Beside = []) {
    const fact = { epochId: epochOf(hour), units: emitted(hour), unallocatedUnits: 0n };
    return postEmission(this.runtime, { ...fact, source: 'issuance', ...parts }, beside);
  }

  /** The supplier earned this in an hour. */
  reward(units: bigint, hour = 0, parts: Partial<RewardFact> = {}) {
    const fact = { epochId: epochOf(hour), organisation: supplier, units, heldUnits: 0n };
    const releaseAtMs = genesisMs + 3 * dayMs;
    return postReward(this.runtime, { ...fact, releaseAtMs, ...parts });
  }

  release(hour = 0, organisation = supplier) {
    return releaseReward(this.runtime, { epochId: epochOf(hour), organisation });
  }

  /** The supplier's IO comes from an hour's emission. */
  async rewarded(units = 100n * oneIo, hour = 0): Promise<void> {
    await this.emit(hour, { unallocatedUnits: emitted(hour) - units });
    await this.reward(units, hour);
  }

  /** IO that was given for rewards. */
  async funded(units: bigint, sig = 'fundsig'): Promise<void> {
    await this.stray('io', units, sig);
    const posted = await this.claimForRewards(units, sig);
    assert(posted.outcome === 'committed', posted.outcome);
  }

  stake(units: bigint, parts: Partial<StakeFact> = {}, beside: Beside = []) {
    const fact = { stakeId: 'stk_1', organisation: supplier, deviceId, units };
    return postStake(this.runtime, { ...fact, ...parts }, beside);
  }

  /** IO arrives as a stake that has room for so much. */
  arriveStake(units: bigint, stakeUnits: bigint, sig = 'stakesig') {
    const ending = { kind: 'stake' as const, organisation: supplier, deviceId, stakeUnits };
    return this.arrive('io', units, ending, sig);
  }

  async planUnstake(units: bigint, unstakeId = 'uns_1') {
    const stake = await this.staked();
    const asked = { unstakeId, organisation: supplier, deviceId, units };
    return planUnstake({ ...asked, stake, nowMs: this.nowMs });
  }

  async unstake(units: bigint, unstakeId = 'uns_1'): Promise<void> {
    const decision = await this.planUnstake(units, unstakeId);
    assert(decision.outcome === 'held', decision.outcome);
    await commit(this.runtime, decision.writes);
  }

  withdraw(unstakeId = 'uns_1', beside: Beside = []) {
    return postWithdrawal(this.runtime, { unstakeId }, beside);
  }

  async mint(units: bigint, parts: Partial<MintFact> = {}) {
    const fact = { day: 0, units, signature: 'mintsig', ...parts };
    await this.own(fact.signature, 'mint', String(fact.day));
    return postMint(this.runtime, fact);
  }

  rewards(organisation = supplier) {
    return getRewardBalance(this.runtime.database, organisation);
  }

  staked(organisation = supplier, device = deviceId) {
    return getStakeBalance(this.runtime.database, organisation, device);
  }

  fundLeft() {
    return getRewardFund(this.runtime.database);
  }
}
