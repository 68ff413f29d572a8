/**
 * The hours and mints of a simulated world; its stakes have a desk of their own. It counts what everybody is due without the ledger's or
 * the split's code. Hours close in order, now and then by two workers at once; each fact is committed with an
 * item beside it, as the platform's own are, so what differs between the two at the end was torn apart.
 */
import { postEmission } from '../../../functions/ledger/rewards/post-emission.ts';
import { postMint } from '../../../functions/ledger/rewards/post-mint.ts';
import { postReward, releaseReward } from '../../../functions/ledger/rewards/post-reward.ts';
import type { Put } from '../../../shared/core/database.ts';
import { hourMs, isoOf } from '../../../shared/core/time.ts';
import { heldRewardShards } from '../../../shared/ledger/keys.ts';
import { getRewardFund } from '../../../shared/ledger/rewards/io-balance-store.ts';
import { listRewardHoldsDue } from '../../../shared/ledger/rewards/reward-store.ts';
import type { Pool } from '../../../shared/rewards/pool.ts';
import { receiptsOf } from '../../../shared/rewards/receivers.ts';
import { splitHour } from '../../../shared/rewards/split.ts';
import { emissionOf } from '../../../shared/token/emission.ts';
import { startMs } from '../../support/runtime.ts';
import type { ChainDesk, ChainWorld } from './chain-desk.ts';
import { StakeDesk, type StakeWorld } from './stake-desk.ts';

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

export const epochOf = (hour: number): string => isoOf(startMs + hour * hourMs).slice(0, 13);

export class RewardDesk {
  readonly hours: DeskHour[] = [];
  readonly stakes: StakeDesk;
  /** Base units: what was given for rewards, and was minted. */
  readonly totals = { given: 0n, minted: 0n };
  readonly seen = { emptyHours: 0, rewardsReleased: 0 };
  /** Whether hours release from what was given, or from our own mint. */
  readonly fromFund: boolean;
  readonly #world: ChainWorld;
  readonly #chain: ChainDesk;
  readonly #done = new Set<string>();
  #isClosing = false;
  #daysMinted = 0;
  #made = 0;

  constructor(world: StakeWorld, chain: ChainDesk) {
    this.#world = world;
    this.#chain = chain;
    this.stakes = new StakeDesk(world);
    this.fromFund = world.chance.happens(0.3);
  }

  /** Something happens to rewards and stakes. */
  happen(): void {
    const dice = this.#world.chance.next();
    if (dice < 0.3) this.#close();
    else if (dice < 0.87) this.stakes.happen();
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
