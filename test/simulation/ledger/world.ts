/**
 * One seeded game: organisations get credit, rent clusters, work, fail, dispute, all at once and with
 * faults, through the product's own procedures. The oracle counts beside it; whatever differs, and every
 * bug that is thrown, is a violation. The world ends with everything stopped, settled and matured.
 */
import type { Runtime } from '../../../functions/kit/runtime.ts';
import { commitDecision } from '../../../functions/ledger/commit-decision.ts';
import { matureEarnings } from '../../../functions/ledger/mature-earnings.schedule.ts';
import { approveEarnings, clawBack } from '../../../functions/ledger/review-earnings.ts';
import { settleCluster } from '../../../functions/ledger/settle-cluster.ts';
import { voidHold } from '../../../functions/ledger/void-hold.ts';
import type { Write } from '../../../shared/core/database.ts';
import { AppError } from '../../../shared/core/errors.ts';
import type { Randomness } from '../../../shared/core/ids.ts';
import { dayMs, hourMs, minuteMs, secondMs } from '../../../shared/core/time.ts';
import { earningAccount, readAccount } from '../../../shared/ledger/account.ts';
import { planGrant } from '../../../shared/ledger/grant.ts';
import { holdIdOf, planTakeHold } from '../../../shared/ledger/hold.ts';
import { getAccount, getCredit } from '../../../shared/ledger/ledger-store.ts';
import { seededRandomness, startMs } from '../../support/runtime.ts';
import { CardDesk } from './card-desk.ts';
import { ChainDesk } from './chain-desk.ts';
import { Chance } from './chance.ts';
import { CreditWitness } from './credit-witness.ts';
import { Crash, type FaultRates, Interleaving } from './interleaving.ts';
import {
  expectedClass,
  noPayments,
  type Payments,
  type WorldCluster,
  type WorldNode,
} from './oracle.ts';
import { RewardDesk } from './reward-desk.ts';

const rates: FaultRates = { conflict: 0.03, lostRequest: 0.02, lostAnswer: 0.03, crash: 0.01 };
const inFlightMax = 5;
const attemptsMax = 60;
const stopAfterMs = 10 * minuteMs;
const organisations = ['org_a', 'org_b', 'org_c', 'org_d', 'org_e'];

export interface WorldOptions {
  readonly seed: number;
  readonly commands: number;
}

export class World {
  readonly chance: Chance;
  readonly interleaving: Interleaving;
  readonly clusters: WorldCluster[] = [];
  readonly payments = new Map<string, Payments>(organisations.map((org) => [org, noPayments()]));
  readonly violations: string[] = [];
  readonly desk: CardDesk;
  readonly chain: ChainDesk;
  readonly rewards: RewardDesk;
  nowMs = startMs;
  readonly #options: WorldOptions;
  readonly #randomness: Randomness;
  #made = 0;
  #planned = new Map<string, WorldCluster>();
  readonly #clawed = new Map<string, bigint>();
  readonly #books = new CreditWitness();

  constructor(options: WorldOptions) {
    this.#options = options;
    this.chance = new Chance(options.seed);
    this.#randomness = seededRandomness(String(options.seed));
    this.interleaving = new Interleaving(this.chance, rates);
    this.interleaving.onCommit = (writes) => this.#witness(writes);
    this.desk = new CardDesk({
      chance: this.chance,
      needs: this.needs,
      paymentsOf: (organisation) => this.paymentsOf(organisation),
      procedure: (run) => this.#procedure(run),
      turn: () => this.interleaving.turn(),
    });
    const onChain = {
      chance: this.chance,
      needs: this.needs,
      organisations,
      procedure: (run: () => Promise<void>) => this.#procedure(run),
      turn: () => this.interleaving.turn(),
    };
    this.chain = new ChainDesk(onChain);
    this.rewards = new RewardDesk(onChain, this.chain);
  }

  get organisations(): readonly string[] {
    return organisations;
  }

  paymentsOf(organisation: string): Payments {
    const payments = this.payments.get(organisation) ?? noPayments();
    this.payments.set(organisation, payments);
    return payments;
  }

  /** The runtime of the procedures: the world's clock, the interleaved database. */
  get needs(): Runtime {
    const quiet = { info: () => {}, warn: () => {}, error: () => {}, with: () => quiet };
    return {
      stage: 'test',
      clock: {
        nowMs: () => this.nowMs,
        refresh: async () => {},
        realMs: () => this.nowMs,
        atReal: (ms) => ms,
        processStartedRealMs: 0,
      },
      randomness: this.#randomness,
      database: this.interleaving.database,
      log: {
        ...quiet,
        error: (_event, fields) => this.#report(fields?.['error']),
      },
      token: { mode: 'own', genesisMs: startMs },
      pause: async () => {},
    };
  }

  /** Plays all commands, then brings everything to rest. */
  async play(): Promise<void> {
    this.rewards.stakes.open();
    await this.#rest();
    for (let command = 0; command < this.#options.commands; command += 1) {
      this.#command();
      const steps = this.chance.between(0, 6);
      for (let step = 0; step < steps; step += 1) await this.interleaving.step();
      while (this.interleaving.running >= inFlightMax) await this.interleaving.step();
      if (this.violations.length > 0) return;
    }
    await this.#rest();
    for (const cluster of this.clusters) {
      if (cluster.status === 'deploying' || cluster.status === 'running')
        this.#fence(cluster, true);
      if (cluster.status === 'stopping') this.#release(cluster);
      await this.#rest();
    }
    for (const days of [1, 15, 40]) {
      this.nowMs += days * dayMs;
      // A run may leave an account to the next one; the last one has no excuse.
      if (days === 40) this.interleaving.calm();
      this.#procedure(async () => void (await matureEarnings(this.needs)));
      this.rewards.release();
      this.rewards.stakes.endCooldowns();
      await this.#rest();
      // What matured is asked for, by several at once.
      for (let batch = 0; batch < 3; batch += 1) this.chain.payOut(this.chance.between(1, 4));
      await this.#rest();
    }
  }

  async #rest(): Promise<void> {
    while (this.interleaving.running > 0) await this.interleaving.step();
  }

  #command(): void {
    const { chance } = this;
    if (chance.happens(0.14)) {
      this.chain.happen();
      return;
    }
    if (chance.happens(0.1)) {
      this.rewards.happen();
      return;
    }
    const organisation = chance.pick(organisations) ?? 'org_a';
    const running = this.clusters.filter(({ status }) => status === 'running');
    const cluster = chance.pick(running);
    const dice = chance.next();
    if (dice < 0.1) this.#credit(organisation);
    else if (dice < 0.16) this.desk.happen();
    else if (dice < 0.18) this.desk.refund();
    else if (dice < 0.2) this.#review(organisation);
    else if (dice < 0.29) this.#create(organisation);
    else if (dice < 0.4) this.#begin();
    else if (dice < 0.62) this.#pass();
    else if (dice < 0.7 && cluster) this.#loseNode(cluster);
    else if (dice < 0.8 && cluster) this.#settle(cluster);
    else if (dice < 0.84 && cluster) this.#crowd(cluster);
    else if (dice < 0.9) this.#stopOne();
    else if (dice < 0.97) this.#releaseOne();
    else this.#procedure(async () => void (await matureEarnings(this.needs)));
  }

  #units(): bigint {
    return BigInt(this.chance.between(1, 40) * 1_000_000 + this.chance.below(1_000));
  }

  #credit(organisation: string): void {
    const byCard = organisation === 'org_e' || this.chance.happens(0.4);
    if (byCard) this.desk.pay(organisation, this.#units());
    else this.#grant(organisation);
  }

  #grant(organisation: string): void {
    this.#made += 1;
    const grantId = `grt_${this.#made}`;
    const units = this.#units();
    this.#procedure(async () => {
      const { needs } = this;
      await commitDecision(needs, async () => {
        const credit = await getCredit(needs.database, organisation);
        const plan = planGrant({
          grantId,
          organisation,
          units,
          reason: 'play',
          nowMs: this.nowMs,
          ...credit,
        });
        return { writes: plan.writes, transfers: [plan.transfer], answer: plan.transfer };
      });
    });
    this.paymentsOf(organisation).granted += units;
  }

  /** An operator looks at an organisation: releases what is in review, or claws back for a dispute. */
  #review(organisation: string): void {
    const { chance, needs } = this;
    if (chance.happens(0.5)) {
      this.#procedure(async () => {
        const review = await getAccount(needs.database, earningAccount(organisation, 'review'));
        await approveEarnings(needs, { organisation, version: review.version });
      });
      return;
    }
    const disputed = this.desk.payments.filter((payment) => payment.dispute);
    const owing = disputed.filter(({ organisation: each }) => this.#books.owedBy(each) > 0n);
    const payment = chance.pick(owing.length > 0 ? owing : disputed);
    if (!payment?.dispute) return;
    const { disputeId } = payment.dispute;
    const supplier = chance.happens(0.9) ? payment.organisation : organisation;
    const days = this.interleaving.memory.all('ledger').flatMap(({ account, posted }) => {
      if (typeof account !== 'string' || !account.startsWith(`earn:${supplier}:`)) return [];
      return posted === 0n ? [] : [readAccount(account as `earn:${string}:${number}`).day];
    });
    const day = chance.pick(days);
    if (day === undefined) return;
    // An operator decides once about one day of one dispute.
    const name = `${disputeId} ${supplier} ${day}`;
    const units = this.#clawed.get(name) ?? this.#units() / 8n;
    this.#clawed.set(name, units);
    this.#procedure(async () => void (await clawBack(needs, { disputeId, supplier, day, units })));
  }

  /** Orders a cluster; the hold's commit is what makes it exist. */
  #create(organisation: string): void {
    const { chance } = this;
    this.#made += 1;
    const clusterId = `clu_${this.#made}`;
    const lines = Array.from({ length: chance.between(1, 3) }, (_, index) => ({
      lineId: `${clusterId}.${index}`,
      rate: BigInt(chance.between(1, 3_000_000)),
    }));
    const cluster: WorldCluster = {
      clusterId,
      organisation,
      lines,
      orderedMs: chance.between(1, 5) * hourMs,
      status: 'planned',
      nodes: [],
      runningAtMs: undefined,
      stoppedAtMs: undefined,
      terminatedByCustomer: false,
      expectedClass: 0,
      expectedGranted: false,
    };
    this.#planned.set(holdIdOf(clusterId), cluster);
    this.#procedure(async () => {
      const { needs } = this;
      if (cluster.status !== 'planned') return;
      await commitDecision(needs, async () => {
        const credit = await getCredit(needs.database, organisation);
        const decision = planTakeHold({
          holdId: holdIdOf(clusterId),
          clusterId,
          organisation,
          lines: lines.map(({ rate }) => ({ rateUnitsPerHour: rate })),
          orderedMs: cluster.orderedMs,
          nowMs: this.nowMs,
          ...credit,
        });
        // A hold that is there was committed by an attempt whose answer was lost.
        const writes =
          decision.outcome === 'held' && cluster.status === 'planned' ? decision.writes : [];
        return { writes, transfers: [], answer: decision };
      });
    });
  }

  /** A deploying cluster runs: one node per line, from any supplier, also from the payer itself. */
  #begin(): void {
    const cluster = this.chance.pick(this.clusters.filter((each) => each.status === 'deploying'));
    if (!cluster) return;
    cluster.status = 'running';
    cluster.runningAtMs = this.nowMs;
    for (const line of cluster.lines) cluster.nodes.push(this.#node(cluster, line));
  }

  #node(cluster: WorldCluster, line: { lineId: string; rate: bigint }): WorldNode {
    const supplier = this.chance.pick(organisations) ?? 'org_a';
    const cheaper = this.chance.happens(0.3) ? line.rate / 2n : line.rate;
    return {
      nodeId: `nod_${cluster.clusterId}_${cluster.nodes.length}`,
      lineId: line.lineId,
      supplier,
      rate: cheaper,
      workedMs: 0,
      insideMs: 0,
      lost: false,
    };
  }

  /** Time passes; serving nodes work through it, some with gaps; ten minutes after paid-until all end. */
  #pass(): void {
    const { chance } = this;
    const passedMs = this.#someTime();
    const fromMs = this.nowMs;
    this.nowMs += passedMs;
    for (const cluster of this.clusters) {
      if (cluster.status !== 'running' || cluster.runningAtMs === undefined) continue;
      const paidUntilMs = cluster.runningAtMs + cluster.orderedMs;
      for (const node of cluster.nodes) {
        if (node.lost || chance.happens(0.1)) continue;
        const worked = Math.min(this.nowMs, paidUntilMs + stopAfterMs) - fromMs;
        const inside = Math.min(this.nowMs, paidUntilMs) - fromMs;
        node.workedMs += Math.max(0, worked);
        node.insideMs += Math.max(0, inside);
      }
    }
  }

  /** Mostly seconds, often minutes, now and then days. */
  #someTime(): number {
    const { chance } = this;
    if (chance.happens(0.03)) return chance.between(1, 25) * dayMs;
    if (chance.happens(0.3)) return chance.between(1, 90) * minuteMs;
    return chance.between(1, 40) * secondMs + chance.below(1000);
  }

  #loseNode(cluster: WorldCluster): void {
    const node = this.chance.pick(cluster.nodes.filter(({ lost }) => !lost));
    if (!node) return;
    node.lost = true;
    const line = cluster.lines.find(({ lineId }) => lineId === node.lineId);
    if (line && this.chance.happens(0.7)) cluster.nodes.push(this.#node(cluster, line));
  }

  #stopOne(): void {
    const live = this.clusters.filter(
      ({ status }) => status === 'running' || status === 'deploying',
    );
    const cluster = this.chance.pick(live);
    if (!cluster) return;
    const { runningAtMs, orderedMs } = cluster;
    const expired = runningAtMs !== undefined && this.nowMs >= runningAtMs + orderedMs;
    // A customer ends it, time ends it, or something failed.
    this.#fence(cluster, !expired && this.chance.happens(0.7));
  }

  /** The fence: one write that moves the status and stamps the stop. */
  #fence(cluster: WorldCluster, byCustomer: boolean): void {
    cluster.status = 'stopping';
    cluster.stoppedAtMs = this.nowMs;
    const { runningAtMs, orderedMs } = cluster;
    const expired = runningAtMs !== undefined && this.nowMs >= runningAtMs + orderedMs;
    cluster.terminatedByCustomer = byCustomer && !expired;
  }

  #releaseOne(): void {
    const stopping = this.clusters.filter(({ status }) => status === 'stopping');
    const cluster = this.chance.pick(stopping);
    if (cluster) this.#release(cluster);
  }

  #release(cluster: WorldCluster): void {
    this.#procedure(async () => {
      const { runningAtMs, clusterId } = cluster;
      if (runningAtMs === undefined) await voidHold(this.needs, { clusterId, runningAtMs });
      else await this.#settlement(cluster, true);
      cluster.status = 'released';
    });
  }

  #settle(cluster: WorldCluster): void {
    this.#procedure(() => this.#settlement(cluster, false));
  }

  /** Several workers at one cluster at once, while time goes on and somebody ends it. */
  #crowd(cluster: WorldCluster): void {
    this.#settle(cluster);
    this.#pass();
    this.#settle(cluster);
    if (this.chance.happens(0.5)) this.#fence(cluster, this.chance.happens(0.5));
    if (cluster.status === 'stopping') this.#release(cluster);
    if (cluster.status === 'stopping') this.#release(cluster);
  }

  async #settlement(cluster: WorldCluster, final: boolean): Promise<void> {
    const { clusterId, organisation, orderedMs } = cluster;
    const source = {
      clusterId,
      loadCluster: async () => {
        await this.interleaving.turn();
        const runningAtMs = cluster.runningAtMs ?? 0;
        return {
          clusterId,
          organisation,
          runningAtMs,
          stoppedAtMs: cluster.stoppedAtMs,
          paidUntilMs: runningAtMs + orderedMs,
          terminatedByCustomer: cluster.terminatedByCustomer,
        };
      },
      loadNodes: async () => {
        await this.interleaving.turn();
        return cluster.nodes
          .filter((node) => node.workedMs > 0 || !node.lost)
          .map(({ nodeId, lineId, supplier, rate, workedMs, insideMs, lost }) => ({
            nodeId,
            lineId,
            supplier,
            rateUnitsPerHour: rate,
            provenMs: workedMs,
            provenMsInsidePaidUntil: insideMs,
            lost,
            linked: false,
          }));
      },
    };
    await settleCluster(this.needs, source, final);
  }

  /** Runs a procedure until it ends well: whatever crashes is run again, as workflows and queues do. */
  #procedure(run: () => Promise<void>): void {
    this.interleaving.start(async () => {
      for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
        try {
          return await run();
        } catch (error) {
          this.#report(error);
        }
      }
      this.violations.push('a procedure never ended');
    });
  }

  /** Crashes and contention are the world's own doing; everything else is a violation. */
  #report(error: unknown): void {
    if (error instanceof Crash) return;
    if (error instanceof AppError && error.code === 'platform.unavailable') return;
    this.violations.push(`thrown: ${error instanceof Error ? error.stack : String(error)}`);
  }

  /** Sees each commit at the moment it happens: what exists from now on, and by which payments. */
  #witness(writes: readonly Write[]): void {
    this.violations.push(...this.#books.see(writes));
    this.violations.push(...this.rewards.stakes.see(writes, this.nowMs));
    for (const write of writes) {
      if (write.kind !== 'put') continue;
      const { pk } = write.key;
      const cluster = this.#planned.get(pk.slice('P#'.length));
      if (pk.startsWith('P#') && cluster?.status === 'planned') {
        const payments = this.paymentsOf(cluster.organisation);
        const openedAtMs = Number(write.attributes['opened_at_ms']);
        cluster.status = 'deploying';
        const owed = this.#books.owedBy(cluster.organisation);
        if (owed !== 0n)
          this.violations.push(`I16: ${cluster.clusterId} was created owing ${owed}`);
        cluster.expectedClass = expectedClass(payments, openedAtMs);
        cluster.expectedGranted = payments.grantedAtMs !== undefined;
        this.clusters.push(cluster);
      }
      if (!pk.startsWith('T#')) continue;
      this.#witnessPayment(pk.slice(2), write.attributes);
    }
  }

  #witnessPayment(id: string, attributes: Readonly<Record<string, unknown>>): void {
    const atMs = Number(attributes['at_ms']);
    const organisation = /"organisation","([^"]+)"/.exec(String(attributes['cause']))?.[1];
    if (organisation === undefined) return;
    const payments = this.paymentsOf(organisation);
    if (id.startsWith('grant:')) payments.grantedAtMs = Math.max(atMs, payments.grantedAtMs ?? 0);
    if (!id.startsWith('stripe:pi:')) return;
    const paid = this.desk.payments.find(({ paymentId }) => id.endsWith(`:${paymentId}`));
    if (paid?.liabilityShifted) payments.securedAtMs = Math.max(atMs, payments.securedAtMs ?? 0);
    else payments.cardAtMs = Math.max(atMs, payments.cardAtMs ?? 0);
  }
}
