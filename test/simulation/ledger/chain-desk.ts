/**
 * The chain of a simulated world, who pays on it, and those who read it and pay out for us. It keeps its own
 * books, without the ledger's code: what arrived for whom, what our custody holds, what IO was worth and
 * when. Each arrival is seen late, in any order, sometimes twice, each time at the price of that moment.
 */
import { commit } from '../../../functions/kit/transaction.ts';
import { claimSuspense } from '../../../functions/ledger/chain/claim-suspense.ts';
import { postDeposit } from '../../../functions/ledger/chain/post-deposit.ts';
import { postPayout, voidPayout } from '../../../functions/ledger/chain/post-payout.ts';
import { postChainFee } from '../../../functions/ledger/chain/post-treasury.ts';
import {
  postRebalancing,
  takeSaleHold,
  voidSale,
} from '../../../functions/ledger/chain/rebalance.ts';
import { commitDecision } from '../../../functions/ledger/commit-decision.ts';
import type { PostingNeeds } from '../../../functions/ledger/post-fact.ts';
import { present } from '../../../shared/core/assert.ts';
import type { Token } from '../../../shared/core/chain.ts';
import { WriteRefused } from '../../../shared/core/database.ts';
import type { OwnTransaction } from '../../../shared/ledger/chain/own-transaction.ts';
import {
  getOwnTransaction,
  putOwnTransaction,
} from '../../../shared/ledger/chain/own-transaction-store.ts';
import {
  type PayoutSource,
  payoutAccount,
  planPayoutIoRelease,
  planPayoutIoReserve,
  planPayoutReserve,
} from '../../../shared/ledger/chain/payout-hold.ts';
import { getPayoutHolds } from '../../../shared/ledger/chain/payout-store.ts';
import type { FundingClaim } from '../../../shared/ledger/chain/suspense-claim.ts';
import type { IoPrice } from '../../../shared/ledger/io-price.ts';
import { getAccount } from '../../../shared/ledger/ledger-store.ts';
import type { Chance } from './chance.ts';

/** Base units of IO that deposits may bring our position to. */
export const limitOfPosition = 100n * 10n ** 8n;
const feeLamports = 5_000n;

/** Something that came to one of our token accounts. */
export interface DeskArrival {
  readonly signature: string;
  readonly token: Token;
  readonly units: bigint;
  /** Whose it is from the beginning; undefined where nobody knows. */
  readonly organisation: string | undefined;
  /** Who turned out to be the owner of what nobody knew. */
  claimant: string | undefined;
}

export interface DeskPayout {
  readonly payoutId: string;
  readonly organisation: string;
  readonly source: PayoutSource;
  readonly token: Token;
  /** Micro-dollars of earnings, our fee included, or base units of rewards. */
  readonly units: bigint;
  /** Its recipient's account takes nothing. */
  readonly frozen: boolean;
  state: 'asked' | 'refused' | 'held' | 'paid' | 'void';
  /** What reached the recipient. */
  paidUnits: bigint;
}

interface BatchWork {
  readonly batch: readonly DeskPayout[];
  /** Those that are sent, once that is fixed. */
  going: readonly DeskPayout[] | undefined;
}

interface Attempt {
  readonly signature: string;
  result: 'unsent' | 'landed' | 'failed';
}

/** What the desk needs of its world. */
export interface ChainWorld {
  readonly chance: Chance;
  readonly needs: PostingNeeds;
  readonly organisations: readonly string[];
  /** Runs until it ends well. */
  readonly procedure: (run: () => Promise<void>) => void;
  /** Waits for a turn; may crash the caller. */
  readonly turn: () => Promise<void>;
}

export class ChainDesk {
  readonly arrivals: DeskArrival[] = [];
  readonly payouts: DeskPayout[] = [];
  /** Every price that there was: nano-dollars per IO, by its id. */
  readonly prices = new Map<string, bigint>();
  /**
   * What our accounts hold, what it cost us, what exchanges and fundings moved; and, which `io` leaves out,
   * the IO that was given for rewards, and that was paid out of them. Base units.
   */
  readonly totals = {
    usdc: 0n,
    io: 0n,
    lamports: 0n,
    exchanged: 0n,
    bank: 0n,
    given: 0n,
    rewardsPaid: 0n,
  };
  /** Of the exchanges: how many were made, and how many given up. */
  readonly seen = { exchanges: 0, givenUp: 0, bisected: 0, repriced: 0, released: 0 };
  readonly #world: ChainWorld;
  readonly #attempts = new Map<string, Attempt>();
  #price: IoPrice;
  #made = 0;

  constructor(world: ChainWorld) {
    this.#world = world;
    this.#price = this.#newPrice();
  }

  /** Something happens on the chain, or is asked of it. */
  happen(): void {
    const { chance } = this.#world;
    const dice = chance.next();
    if (dice < 0.15) this.#price = this.#newPrice();
    else if (dice < 0.6) this.#arrive();
    else if (dice < 0.85) this.payOut(chance.between(1, 4));
    else if (dice < 0.95) this.#exchange();
    else this.#fund();
  }

  /** Someone sends us something: mostly a customer, sometimes nobody knows who. */
  #arrive(): void {
    const { chance, organisations } = this.#world;
    const token: Token = chance.happens(0.5) ? 'usdc' : 'io';
    const most = token === 'usdc' ? 6_000_000 : 2_000_000_000;
    const arrival: DeskArrival = {
      signature: this.#id('sig'),
      token,
      units: BigInt(chance.happens(0.05) ? chance.between(1, 3) : chance.between(1, most)),
      organisation: chance.happens(0.75) ? chance.pick(organisations) : undefined,
      claimant: undefined,
    };
    this.arrivals.push(arrival);
    this.totals[token] += arrival.units;
    const pollers = chance.happens(0.3) ? 2 : 1;
    for (let poller = 0; poller < pollers; poller += 1) this.#late(() => this.#see(arrival));
  }

  /** A poller's work on one arrival; run again from its beginning when it dies. */
  async #see(arrival: DeskArrival): Promise<void> {
    const { chance, needs, organisations } = this.#world;
    const { signature, token, units, organisation } = arrival;
    if (await getOwnTransaction(needs.database, signature)) return;
    const ending =
      organisation === undefined
        ? { kind: 'suspense' as const, reason: 'no_reference' }
        : { kind: 'credit' as const, organisation, price: this.#priceFor(token) };
    const tokenAccount = accountOf(token);
    const fact = { signature, tokenAccount, token, units, ending };
    const { ended } = await postDeposit(needs, fact, limitOfPosition);
    if (ended !== 'suspense' || (arrival.claimant === undefined && chance.happens(0.3))) return;
    arrival.claimant ??= organisation ?? chance.pick(organisations) ?? 'org_a';
    const claimed = { signature, tokenAccount, token, units, organisation: arrival.claimant };
    const price = this.#priceFor(token);
    await claimSuspense(needs, { ...claimed, price }, limitOfPosition);
  }

  /** Some suppliers want their money, in one batch. */
  payOut(count: number): void {
    const { chance, organisations } = this.#world;
    const batch = Array.from({ length: count }, (): DeskPayout => {
      const organisation = chance.pick(organisations) ?? 'org_a';
      const ofRewards = chance.happens(0.25);
      return {
        payoutId: this.#id('pyo'),
        organisation,
        source: ofRewards ? 'rewards' : 'earnings',
        token: !ofRewards && chance.happens(0.5) ? 'usdc' : 'io',
        units: BigInt(chance.between(60, 3_000_000)) * (ofRewards ? 400n : 1n),
        frozen: chance.happens(0.15),
        state: 'asked',
        paidUnits: 0n,
      };
    });
    this.payouts.push(...batch);
    const work: BatchWork = { batch, going: undefined };
    this.#world.procedure(() => this.#workBatch(work));
  }

  async #workBatch(work: BatchWork): Promise<void> {
    if (!work.going) {
      for (const payout of work.batch) await this.#reserve(payout);
      for (const payout of work.batch) await this.#waitWith(payout);
      work.going = work.batch.filter(({ state }) => state === 'held');
    }
    // Who goes is fixed from here on: another batch of the same payouts would pay twice.
    await this.#send(work.going);
  }

  async #reserve(payout: DeskPayout): Promise<void> {
    if (payout.state !== 'asked') return;
    const { needs } = this.#world;
    const { payoutId, organisation, source, token, units } = payout;
    const { answer } = await commitDecision(needs, async () => {
      const known = await getPayoutHolds(needs.database, payoutId);
      if (known) return { writes: [], transfers: [], answer: 'held' };
      const supplier = await getAccount(needs.database, payoutAccount(source, organisation));
      const position = await getAccount(needs.database, 'fx:io');
      const needsIo = source === 'earnings' && token === 'io';
      const io = needsIo ? { io: { price: this.#price, position } } : {};
      const nowMs = needs.clock.nowMs();
      const asked = { payoutId, organisation, source, token, units, supplier, nowMs };
      const decision = planPayoutReserve({ ...asked, ...io });
      const writes = decision.outcome === 'held' ? decision.writes : [];
      return { writes, transfers: [], answer: decision.outcome };
    });
    payout.state = answer === 'held' ? 'held' : 'refused';
  }

  /** A payout in IO waits: its IO is let go now and then, and is held again at the price of the day. */
  async #waitWith(payout: DeskPayout): Promise<void> {
    const { chance, needs } = this.#world;
    const { payoutId, token } = payout;
    if (token !== 'io' || payout.source === 'rewards' || payout.state !== 'held') return;
    const isReleased = chance.happens(0.3);
    if (isReleased) {
      await commitDecision(needs, async () => {
        const { ioHold } = present(await getPayoutHolds(needs.database, payoutId), payoutId);
        const writes = ioHold?.state === 'open' ? planPayoutIoRelease(ioHold) : [];
        return { writes, transfers: [], answer: undefined };
      });
      this.seen.released += 1;
    }
    const { answer } = await commitDecision(needs, async () => {
      const holds = present(await getPayoutHolds(needs.database, payoutId), payoutId);
      // Given back by an attempt that died before it could note it.
      if (holds.hold.state === 'void') return { writes: [], transfers: [], answer: false };
      const position = await getAccount(needs.database, 'fx:io');
      const nowMs = needs.clock.nowMs();
      const decision = planPayoutIoReserve({ ...holds, price: this.#price, position, nowMs });
      const writes = decision.outcome === 'held' ? decision.writes : [];
      const isHeld = decision.outcome === 'held' || holds.ioHold?.state === 'open';
      return { writes, transfers: [], answer: isHeld };
    });
    this.seen.repriced += 1;
    if (answer) return;
    await voidPayout(needs, { payoutId });
    payout.state = 'void';
  }

  /** Sends a batch; one recipient that takes nothing fails all, so it is halved until that one is alone. */
  async #send(payouts: readonly DeskPayout[]): Promise<void> {
    const { needs, turn } = this.#world;
    if (payouts.length === 0) return;
    const name = nameOf(payouts);
    const attempt = this.#attempts.get(name) ?? { signature: this.#id('own'), result: 'unsent' };
    this.#attempts.set(name, attempt);
    await this.writeDown(attempt.signature, 'payout', name);
    await turn();
    if (attempt.result === 'unsent') await this.#land(payouts, attempt);
    const { signature } = attempt;
    await postChainFee(needs, { signature, lamports: feeLamports });
    if (attempt.result === 'landed') {
      for (const { payoutId, paidUnits } of payouts) {
        await postPayout(needs, { payoutId, signature, units: paidUnits });
      }
      return;
    }
    const [only] = payouts;
    if (payouts.length === 1 && only) {
      await voidPayout(needs, only);
      only.state = 'void';
      return;
    }
    this.seen.bisected += 1;
    const middle = Math.ceil(payouts.length / 2);
    await this.#send(payouts.slice(0, middle));
    await this.#send(payouts.slice(middle));
  }

  /** The chain's side: all of them or none, and the fee in any case. */
  async #land(payouts: readonly DeskPayout[], attempt: Attempt): Promise<void> {
    const amounts = new Map<DeskPayout, bigint>();
    for (const payout of payouts) amounts.set(payout, await this.#owedTo(payout));
    this.totals.lamports += feeLamports;
    attempt.result = payouts.some(({ frozen }) => frozen) ? 'failed' : 'landed';
    if (attempt.result === 'failed') return;
    for (const [payout, units] of amounts) {
      payout.state = 'paid';
      payout.paidUnits = units;
      if (payout.source === 'rewards') this.totals.rewardsPaid += units;
      else this.totals[payout.token] -= units;
    }
  }

  /** USDC less 2 %, rounded up for us; IO as it is held; rewards whole. */
  async #owedTo({ payoutId, source, token, units }: DeskPayout): Promise<bigint> {
    if (source === 'rewards') return units;
    if (token === 'usdc') return units - payoutFeeOf(units);
    const holds = await getPayoutHolds(this.#world.needs.database, payoutId);
    return present(holds?.ioHold, `${payoutId} holds no IO`).left;
  }

  /** The operator sells IO, or buys some; a purchase comes to our own token account. */
  #exchange(): void {
    const { chance } = this.#world;
    const isSale = chance.happens(0.5);
    const exchange = {
      rebalancingId: this.#id('reb'),
      direction: isSale ? ('sale' as const) : ('purchase' as const),
      ioUnits: BigInt(chance.between(1, 6_000_000_000)),
      usdcUnits: BigInt(chance.between(1, 9_000_000)),
      signature: this.#id('own'),
    };
    const isGivenUp = isSale && chance.happens(0.3);
    let isDone = false;
    this.#world.procedure(async () => {
      const { needs, turn } = this.#world;
      const { rebalancingId, signature } = exchange;
      if (isSale && (await takeSaleHold(needs, exchange)).outcome !== 'held') return;
      if (isGivenUp) {
        await voidSale(needs, exchange);
        this.seen.givenUp += 1;
        return;
      }
      await this.writeDown(signature, 'rebalancing', rebalancingId);
      await turn();
      if (!isDone) {
        isDone = true;
        this.seen.exchanges += 1;
        const sign = isSale ? 1n : -1n;
        this.totals.io -= sign * exchange.ioUnits;
        this.totals.usdc += sign * exchange.usdcUnits;
        this.totals.exchanged += sign * exchange.usdcUnits;
        this.seeOwn(
          signature,
          isSale ? 'usdc' : 'io',
          isSale ? exchange.usdcUnits : exchange.ioUnits,
        );
      }
      await postRebalancing(needs, exchange);
    });
  }

  /** The pollers see what our own transaction brought, as they see everything. */
  seeOwn(signature: string, token: Token, units: bigint): void {
    const arrival = { signature, token, units, organisation: undefined, claimant: undefined };
    this.#late(() => this.#see(arrival));
  }

  /** The platform brings tokens of its own. */
  #fund(): void {
    const { chance } = this.#world;
    const token: Token = chance.happens(0.3) ? 'usdc' : 'io';
    const funding = {
      fundingId: this.#id('fnd'),
      token,
      units: BigInt(chance.between(1, 9_000_000)) * (token === 'io' ? 500n : 1n),
    };
    this.totals[token] += funding.units;
    if (token === 'usdc') this.totals.bank += funding.units;
    const arrival = { signature: this.#id('sig'), tokenAccount: accountOf(token), ...funding };
    if (chance.happens(0.5)) {
      this.#late(() => this.#fundFromSuspense(arrival));
      return;
    }
    const { fundingId, ...fact } = arrival;
    const ending = { kind: 'treasury' as const, fundingId };
    this.#late(async () => {
      await postDeposit(this.#world.needs, { ...fact, ending }, limitOfPosition);
    });
  }

  /** Somebody gives IO for rewards; the operator says so when it has arrived. */
  giveForRewards(fundingId: string, units: bigint): void {
    this.totals.given += units;
    const arrival = { signature: this.#id('sig'), tokenAccount: accountOf('io'), units };
    const claim = { ...arrival, token: 'io' as const, fundingId, forRewards: true };
    this.#late(() => this.#fundFromSuspense(claim));
  }

  /** Nobody knows it at first; later the operator says that it is the platform's own. */
  async #fundFromSuspense(claim: FundingClaim): Promise<void> {
    const { needs, turn } = this.#world;
    const { fundingId: _, forRewards: __, ...fact } = claim;
    const ending = { kind: 'suspense' as const, reason: 'no_reference' };
    await postDeposit(needs, { ...fact, ending }, limitOfPosition);
    await turn();
    await claimSuspense(needs, claim, limitOfPosition);
  }

  /** Says that a transaction is our own, as is done before it is sent. */
  async writeDown(
    signature: string,
    purpose: OwnTransaction['purpose'],
    subjectId: string,
  ): Promise<void> {
    const { needs } = this.#world;
    const own = { signature, purpose, subjectId, atMs: needs.clock.nowMs() };
    try {
      await commit(needs, [putOwnTransaction(own)]);
    } catch (error) {
      if (!(error instanceof WriteRefused && error.failedAt(0))) throw error;
    }
  }

  #late(run: () => Promise<void>): void {
    const { chance, procedure, turn } = this.#world;
    let late = chance.happens(0.4) ? chance.between(1, 12) : 0;
    procedure(async () => {
      for (; late > 0; late -= 1) await turn();
      await run();
    });
  }

  /** With USDC the price is only sometimes known. */
  #priceFor(token: Token): IoPrice | undefined {
    return token === 'io' || this.#world.chance.happens(0.7) ? this.#price : undefined;
  }

  #newPrice(): IoPrice {
    const id = this.#id('prc');
    const nanoUsdPerIo = BigInt(this.#world.chance.between(50_000_000, 900_000_000));
    this.prices.set(id, nanoUsdPerIo);
    return { id, nanoUsdPerIo, atMs: this.#world.needs.clock.nowMs() };
  }

  #id(prefix: string): string {
    this.#made += 1;
    return `${prefix}_${this.#made}`;
  }
}

/** 2 % of a payout in USDC, rounded up. */
export const payoutFeeOf = (units: bigint): bigint => (units * 2n + 99n) / 100n;

export const accountOf = (token: Token): string => `${token}Ata`;

const nameOf = (payouts: readonly DeskPayout[]): string =>
  payouts.map(({ payoutId }) => payoutId).join('+');
