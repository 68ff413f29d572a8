/**
 * The hours, stakes and mints of a simulated world. It counts what everybody is due without the ledger's or
 * the split's code. Hours close in order, now and then by two workers at once; each fact is committed with an
 * item beside it, as the platform's own are, so what differs between the two at the end was torn apart.
 */
import { postDecidedDeposit } from '../../../functions/ledger/chain/post-deposit.ts';
import { commitDecision } from '../../../functions/ledger/commit-decision.ts';
import { postEmission } from '../../../functions/ledger/rewards/post-emission.ts';
import { postMint } from '../../../functions/ledger/rewards/post-mint.ts';
import { postReward, releaseReward } from '../../../functions/ledger/rewards/post-reward.ts';
import { postStake, postWithdrawal } from '../../../functions/ledger/rewards/post-stake.ts';
import type { Database, Put } from '../../../shared/core/database.ts';
import { hourMs, isoOf } from '../../../shared/core/time.ts';
import { heldRewardShards } from '../../../shared/ledger/keys.ts';
import { getRewardFund, getStakeBalance } from '../../../shared/ledger/rewards/io-balance-store.ts';
import { listRewardHoldsDue } from '../../../shared/ledger/rewards/reward-store.ts';
import { planUnstake } from '../../../shared/ledger/rewards/stake.ts';
import { getUnstakeHold } from '../../../shared/ledger/rewards/stake-store.ts';
import type { Pool } from '../../../shared/rewards/pool.ts';
import { receiptsOf } from '../../../shared/rewards/receivers.ts';
import { splitHour } from '../../../shared/rewards/split.ts';
import { emissionOf } from '../../../shared/token/emission.ts';
import { startMs } from '../../support/runtime.ts';
import { accountOf, type ChainDesk, type ChainWorld, limitOfPosition } from './chain-desk.ts';

/** What each device may have staked; base units. */
const stakeMax = 20n * 10n ** 8n;
export const devices = ['dev_1', 'dev_2'];

/** What one device did in an hour. */
export interface DeskEntry {
  readonly pool: Pool;
  readonly score: bigint;
  readonly owner: string;
  readonly coStaker: { readonly organisation: string; readonly basisPoints: number } | undefined;
  readonly held: boolean;
}

export interface DeskHour {
  readonly hour: number;
  readonly entries: readonly DeskEntry[];
  readonly releaseAtMs: number;
  /** What it releases, once that is fixed. */
  units: bigint | undefined;
  isClosed: boolean;
}

interface DeskStake {
  readonly stakeId: string;
  readonly organisation: string;
  readonly deviceId: string;
  readonly units: bigint;
}

export const epochOf = (hour: number): string => isoOf(startMs + hour * hourMs).slice(0, 13);

/** The item that stands for a device's stake, beside the ledger. */
const stakeItem = (organisation: string, deviceId: string) => ({
  pk: `DESK#${organisation}#${deviceId}`,
  sk: 'STAKE',
});

export class RewardDesk {
  readonly hours: DeskHour[] = [];
  /** Base units: what arrived as stakes, was given for rewards, and was minted. */
  readonly totals = { arrived: 0n, given: 0n, minted: 0n };
  /** By organisation: what it staked from rewards, what its stakes had no room for, what came back. */
  readonly moved = new Map<string, { staked: bigint; rest: bigint; back: bigint }>();
  readonly seen = { stakesRefused: 0, unstakesRefused: 0, emptyHours: 0, rewardsReleased: 0 };
  /** Whether hours release from what was given, or from our own mint. */
  readonly fromFund: boolean;
  readonly #world: ChainWorld;
  readonly #chain: ChainDesk;
  readonly #done = new Set<string>();
  readonly #unstaked: string[] = [];
  #isClosing = false;
  #daysMinted = 0;
  #made = 0;

  constructor(world: ChainWorld, chain: ChainDesk) {
    this.#world = world;
    this.#chain = chain;
    this.fromFund = world.chance.happens(0.3);
  }

  /** Something happens to rewards and stakes. */
  happen(): void {
    const dice = this.#world.chance.next();
    if (dice < 0.3) this.#close();
    else if (dice < 0.5) this.#stake();
    else if (dice < 0.65) this.#arrive();
    else if (dice < 0.77) this.#unstake();
    else if (dice < 0.87) this.#withdraw();
    else if (dice < 0.91) this.release();
    else if (this.fromFund) this.#give();
    else this.#mint();
  }

  /** Gives free what is held and due, by everybody who thinks that it is his turn. */
  release(): void {
    const { chance, needs, procedure } = this.#world;
    const workers = chance.happens(0.3) ? 2 : 1;
    for (let worker = 0; worker < workers; worker += 1) {
      procedure(async () => {
        for (let shard = 0; shard < heldRewardShards; shard += 1) {
          const due = { shard, nowMs: needs.clock.nowMs() };
          for (const hold of (await listRewardHoldsDue(needs.database, due)).holds) {
            const { outcome } = await releaseReward(needs, hold);
            if (outcome === 'released') this.seen.rewardsReleased += 1;
          }
        }
      });
    }
  }

  /** Some hours pass, and are closed one after the other. */
  #close(): void {
    const { chance, procedure } = this.#world;
    if (this.#isClosing) return;
    this.#isClosing = true;
    const hours = Array.from({ length: chance.between(1, 9) }, () => this.#newHour());
    const work = async () => {
      for (const hour of hours) if (!hour.isClosed) await this.#closeHour(hour);
      this.#isClosing = false;
    };
    procedure(work);
    // Of a fund only one may decide what is there.
    if (!this.fromFund && chance.happens(0.3)) procedure(work);
  }

  #newHour(): DeskHour {
    const { chance, needs, organisations } = this.#world;
    const entries = Array.from({ length: chance.below(6) }, (): DeskEntry => {
      const owner = chance.pick(organisations) ?? 'org_a';
      const other = chance.pick(organisations) ?? 'org_a';
      return {
        pool: chance.happens(0.6) ? 'enterprise' : 'community',
        score: chance.happens(0.1) ? 0n : BigInt(chance.between(1, 90_000)),
        owner,
        coStaker:
          chance.happens(0.3) && other !== owner
            ? { organisation: other, basisPoints: chance.between(0, 10_000) }
            : undefined,
        held: chance.happens(0.3),
      };
    });
    const releaseAtMs = needs.clock.nowMs() + chance.between(0, 40) * hourMs;
    const hour = this.hours.length;
    const next = { hour, entries, releaseAtMs, units: undefined, isClosed: false };
    this.hours.push(next);
    return next;
  }

  async #closeHour(hour: DeskHour): Promise<void> {
    const { needs } = this.#world;
    const emitted = emissionOf(hour.hour)?.units ?? 0n;
    if (hour.units === undefined) {
      const fund = this.fromFund ? await getRewardFund(needs.database) : emitted;
      hour.units = fund < emitted ? fund : emitted;
    }
    const { units } = hour;
    const epochId = epochOf(hour.hour);
    const { plan, shares } = splitHour(units, hour.entries, { enterprisePercent: 95n });
    const unallocatedUnits = plan.enterprise.unallocatedUnits + plan.community.unallocatedUnits;
    const source = this.fromFund ? ('fund' as const) : ('issuance' as const);
    const beside = async () => ((await this.#isNoted(epochId)) ? [] : [noted(epochId)]);
    const fact = { epochId, units, source, unallocatedUnits };
    const { outcome } = await postEmission(needs, fact, beside);
    if (outcome === 'fund_short') throw new Error('somebody else took from the fund');
    if (outcome === 'nothing') this.seen.emptyHours += 1;
    const owned = hour.entries.map(({ owner, coStaker, held }, index) => ({
      units: shares[index] ?? 0n,
      organisationId: owner as `org_${string}`,
      coStaker: coStaker
        ? {
            organisationId: coStaker.organisation as `org_${string}`,
            basisPoints: coStaker.basisPoints,
          }
        : null,
      held,
    }));
    for (const { organisationId, ...receipt } of receiptsOf(owned)) {
      const { releaseAtMs } = hour;
      await postReward(needs, { epochId, organisation: organisationId, ...receipt, releaseAtMs });
    }
    hour.isClosed = true;
  }

  async #isNoted(epochId: string): Promise<boolean> {
    const { key } = noted(epochId);
    return (await this.#world.needs.database.get('rewards', key)) !== undefined;
  }

  /** Stakes from rewards: also what is not there. */
  #stake(): void {
    const { chance, needs, procedure } = this.#world;
    const stake = this.#newStake(chance.between(1, 900_000_000));
    procedure(async () => {
      const { outcome } = await postStake(needs, stake, () => this.#grow(stake, () => stake.units));
      if (outcome === 'balance_short') this.seen.stakesRefused += 1;
      else
        this.#once(stake.stakeId, () => this.#movedBy(stake.organisation, 'staked', stake.units));
    });
  }

  /** IO arrives as a stake, and is seen by one or two pollers; what there is no room for is left over. */
  #arrive(): void {
    const { chance, needs, procedure, turn } = this.#world;
    const stake = this.#newStake(chance.between(1, 1_500_000_000));
    const { organisation, deviceId, units } = stake;
    this.totals.arrived += units;
    const arrival = {
      signature: `sig_${stake.stakeId}`,
      tokenAccount: accountOf('io'),
      token: 'io' as const,
      units,
    };
    const pollers = chance.happens(0.3) ? 2 : 1;
    for (let poller = 0; poller < pollers; poller += 1) {
      procedure(async () => {
        await turn();
        const posted = await postDecidedDeposit(
          needs,
          async () => {
            const active = await activeOf(needs.database, stake);
            const room = stakeMax > active ? stakeMax - active : 0n;
            const stakeUnits = units < room ? units : room;
            const ending = { kind: 'stake' as const, organisation, deviceId, stakeUnits };
            const beside = await this.#grow(stake, () => stakeUnits);
            return { fact: { ...arrival, ending }, beside };
          },
          limitOfPosition,
        );
        this.#once(stake.stakeId, () =>
          this.#movedBy(organisation, 'rest', units - posted.stakeUnits),
        );
      });
    }
  }

  #newStake(units: number): DeskStake {
    const { chance, organisations } = this.#world;
    return {
      stakeId: this.#id('stk'),
      organisation: chance.pick(organisations) ?? 'org_a',
      deviceId: chance.pick(devices) ?? 'dev_1',
      units: BigInt(units),
    };
  }

  /** The stake's own item, as it will be; only if nobody moved it in between. */
  async #grow(stake: DeskStake, by: () => bigint): Promise<readonly Put[]> {
    const key = stakeItem(stake.organisation, stake.deviceId);
    const item = await this.#world.needs.database.get('rewards', key);
    const version = Number(item?.['v'] ?? 0);
    const active = BigInt(String(item?.['active'] ?? 0)) + by();
    return [
      {
        kind: 'put',
        table: 'rewards',
        key,
        attributes: { active, v: version + 1 },
        condition: item ? { equals: { v: version } } : { exists: false },
      },
    ];
  }

  /** Asks for a part of a stake back: also for more than there is. */
  #unstake(): void {
    const { chance, needs, procedure } = this.#world;
    const { organisation, deviceId, units } = this.#newStake(chance.between(1, 600_000_000));
    const unstakeId = this.#id('uns');
    const asked = { unstakeId, organisation, deviceId, units };
    const stake = { ...asked, stakeId: unstakeId };
    procedure(async () => {
      const { answer } = await commitDecision(needs, async () => {
        const known = await getUnstakeHold(needs.database, unstakeId);
        if (known) return { writes: [], transfers: [], answer: 'held' };
        const balance = await getStakeBalance(needs.database, organisation, deviceId);
        const nowMs = needs.clock.nowMs();
        const decision = planUnstake({ ...asked, stake: balance, nowMs });
        if (decision.outcome !== 'held') {
          return { writes: [], transfers: [], answer: decision.outcome };
        }
        const shrunk = await this.#grow(stake, () => -units);
        return { writes: [...decision.writes, ...shrunk], transfers: [], answer: 'held' };
      });
      if (answer !== 'held') this.seen.unstakesRefused += 1;
      else this.#once(unstakeId, () => this.#unstaked.push(unstakeId));
    });
  }

  /** What was unstaked comes back, by one or two workers. */
  #withdraw(): void {
    const { chance, needs, procedure } = this.#world;
    const unstakeId = chance.pick(this.#unstaked);
    if (unstakeId === undefined) return;
    const workers = chance.happens(0.4) ? 2 : 1;
    for (let worker = 0; worker < workers; worker += 1) {
      procedure(async () => {
        const { transfer } = await postWithdrawal(needs, { unstakeId });
        const back = transfer.legs.find(({ account }) => account.startsWith('sup_io:'));
        const organisation = back?.account.split(':')[1] ?? '';
        this.#once(transfer.id, () => this.#movedBy(organisation, 'back', back?.units ?? 0n));
      });
    }
  }

  /** Somebody gives IO for rewards: it waits in suspense until the operator says so. */
  #give(): void {
    const units = BigInt(this.#world.chance.between(1, 2_000_000)) * 1_000_003n;
    this.totals.given += units;
    this.#chain.giveForRewards(this.#id('fnd'), units);
  }

  /** Mints the next day whose hours are over, by a transaction that the pollers see as well. */
  #mint(): void {
    const { needs, procedure, turn } = this.#world;
    const day = this.#daysMinted;
    const hours = this.hours.slice(24 * day, 24 * day + 24);
    if (hours.length < 24 || hours.some(({ isClosed }) => !isClosed)) return;
    this.#daysMinted += 1;
    const units = hours.reduce((sum, each) => sum + (each.units ?? 0n), 0n);
    const signature = this.#id('ownmint');
    procedure(async () => {
      await this.#chain.writeDown(signature, 'mint', String(day));
      await turn();
      this.#once(signature, () => {
        this.totals.minted += units;
        this.#chain.seeOwn(signature, 'io', units);
      });
      await postMint(needs, { day, units, signature });
    });
  }

  #movedBy(organisation: string, what: 'staked' | 'rest' | 'back', units: bigint): void {
    const moved = this.moved.get(organisation) ?? { staked: 0n, rest: 0n, back: 0n };
    this.moved.set(organisation, { ...moved, [what]: moved[what] + units });
  }

  /** However often it is told, and by whomever. */
  #once(name: string, run: () => void): void {
    if (this.#done.has(name)) return;
    this.#done.add(name);
    run();
  }

  #id(prefix: string): string {
    this.#made += 1;
    return `${prefix}_r${this.#made}`;
  }
}

/** The item that is written with an hour's release. */
const noted = (epochId: string): Put => ({
  kind: 'put',
  table: 'rewards',
  key: { pk: `DESK#${epochId}`, sk: 'HOUR' },
  attributes: {},
  condition: { exists: false },
});

/** What the item beside the ledger says is staked. */
export const activeOf = async (
  database: Database,
  { organisation, deviceId }: Pick<DeskStake, 'organisation' | 'deviceId'>,
): Promise<bigint> => {
  const item = await database.get('rewards', stakeItem(organisation, deviceId));
  return BigInt(String(item?.['active'] ?? 0));
};
