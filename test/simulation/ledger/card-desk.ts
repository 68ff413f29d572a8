/**
 * The card provider of a simulated world, and what customers, banks and operators do with it. It keeps its
 * own books, without the ledger's code: what was paid, refunded, disputed and won, what it holds for us.
 * It tells of each fact late, in any order, sometimes twice; a refund that it is asked for twice is one.
 */

import {
  postDisputeOpened,
  postDisputeWon,
  postForeignRefund,
  postForeignRefundFailure,
} from '../../../functions/ledger/post-card-reversal.ts';
import type { PostingNeeds } from '../../../functions/ledger/post-fact.ts';
import {
  postBankFunding,
  postProviderCost,
} from '../../../functions/ledger/post-provider-money.ts';
import { postTopUp } from '../../../functions/ledger/post-top-up.ts';
import {
  postRefund,
  postRefundFailure,
  takeRefundHold,
  voidRefund,
} from '../../../functions/ledger/refund-to-card.ts';
import type { Chance } from './chance.ts';
import type { Payments } from './oracle.ts';

/** A payment in the provider's books; micro-dollars. */
export interface DeskPayment {
  readonly paymentId: string;
  readonly organisation: string;
  readonly units: bigint;
  readonly feeUnits: bigint;
  readonly liabilityShifted: boolean;
  /** Refunds that did not fail: those that we started, and others. */
  refunded: bigint;
  refundedByOthers: bigint;
  dispute: { readonly disputeId: string; readonly units: bigint; won: boolean } | undefined;
}

interface DeskRefund {
  readonly refundId: string;
  readonly providerRefundId: string;
  readonly payment: DeskPayment;
  readonly units: bigint;
  answer: 'unasked' | 'accepted' | 'refused' | 'failed';
}

interface DeskForeignRefund {
  readonly providerRefundId: string;
  readonly payment: DeskPayment;
  readonly units: bigint;
  failed: boolean;
}

/** What the desk needs of its world. */
export interface DeskWorld {
  readonly chance: Chance;
  readonly needs: PostingNeeds;
  readonly paymentsOf: (organisation: string) => Payments;
  /** Runs until it ends well. */
  readonly procedure: (run: () => Promise<void>) => void;
  /** Waits for a turn; may crash the caller. */
  readonly turn: () => Promise<void>;
}

export class CardDesk {
  readonly payments: DeskPayment[] = [];
  readonly refunds: DeskRefund[] = [];
  readonly foreignRefunds: DeskForeignRefund[] = [];
  /** What the provider says belongs on `ext:stripe`, by the transfer that must post it. */
  readonly facts: { readonly transferId: string; readonly units: bigint }[] = [];
  /** What the provider holds for us, what it took, what our bank got, and what customers paid for it. */
  readonly totals = { held: 0n, costs: 0n, bank: 0n, fees: 0n };
  readonly #world: DeskWorld;
  #made = 0;

  constructor(world: DeskWorld) {
    this.#world = world;
  }

  /** A customer pays by card. */
  pay(organisation: string, units: bigint): void {
    const { chance } = this.#world;
    const payment: DeskPayment = {
      paymentId: this.#id('pi'),
      organisation,
      units,
      feeUnits: chance.happens(0.2) ? 0n : BigInt(chance.between(1, 900_000)),
      liabilityShifted: organisation === 'org_d' || chance.happens(0.3),
      refunded: 0n,
      refundedByOthers: 0n,
      dispute: undefined,
    };
    this.payments.push(payment);
    const { paymentId, feeUnits, liabilityShifted } = payment;
    this.totals.fees += feeUnits;
    this.#book(`stripe:pi:${paymentId}`, -(units + feeUnits));
    this.#credited(payment, units);
    const fact = { paymentId, organisation, units, feeUnits, liabilityShifted };
    this.#tell((needs) => postTopUp(needs, fact));
    const transactionId = this.#id('txn');
    const cost = units / 50n + 1n;
    this.totals.costs += cost;
    this.#book(`stripe:bt:${transactionId}`, cost);
    this.#tell((needs) => postProviderCost(needs, { transactionId, units: cost }));
  }

  /** Something happens to a payment that we did not ask for; nothing when there is none it can happen to. */
  happen(): void {
    const { chance } = this.#world;
    const dice = chance.next();
    if (dice < 0.6) this.#dispute();
    else if (dice < 0.67) this.#win();
    else if (dice < 0.82) this.#refundElsewhere();
    else if (dice < 0.87) this.#failElsewhere();
    else if (dice < 0.97) this.#fail();
    else this.#payOut();
  }

  /** A customer wants money back. */
  refund(): void {
    const { chance } = this.#world;
    const payment = chance.pick(this.payments);
    if (!payment) return;
    const whole = chance.happens(0.3);
    const refund: DeskRefund = {
      refundId: this.#id('rf'),
      providerRefundId: this.#id('re'),
      payment,
      units: whole ? payment.units : BigInt(chance.between(1, Number(payment.units))),
      answer: 'unasked',
    };
    this.refunds.push(refund);
    this.#world.procedure(() => this.#work(refund));
  }

  /** The worker of a refund: hold, ask, post or void; run again from its beginning when it dies. */
  async #work(refund: DeskRefund): Promise<void> {
    const { needs, turn } = this.#world;
    const { refundId, providerRefundId, units } = refund;
    const { paymentId, organisation } = refund.payment;
    const taken = await takeRefundHold(needs, { refundId, paymentId, organisation, units });
    if (taken.outcome !== 'held') return;
    await turn();
    const answer = this.#ask(refund);
    await turn();
    if (answer === 'refused') await voidRefund(needs, { refundId });
    else await postRefund(needs, { refundId, providerRefundId });
  }

  /** The provider's side: the same answer however often it is asked. */
  #ask(refund: DeskRefund): DeskRefund['answer'] {
    if (refund.answer !== 'unasked') return refund.answer;
    const { payment, units } = refund;
    if (payment.dispute || left(payment) < units) {
      refund.answer = 'refused';
      return refund.answer;
    }
    refund.answer = 'accepted';
    payment.refunded += units;
    this.#book(`refund:${refund.refundId}`, units);
    this.#credited(payment, -units);
    const { refundId, providerRefundId } = refund;
    if (this.#world.chance.happens(0.5)) {
      this.#tell((needs) => postRefund(needs, { refundId, providerRefundId }));
    }
    return refund.answer;
  }

  #fail(): void {
    const accepted = this.refunds.filter(({ answer }) => answer === 'accepted');
    const refund = this.#world.chance.pick(accepted);
    if (!refund) return;
    refund.answer = 'failed';
    refund.payment.refunded -= refund.units;
    this.#book(`refund:${refund.refundId}:failed`, -refund.units);
    this.#credited(refund.payment, refund.units);
    const { refundId, providerRefundId } = refund;
    this.#tell((needs) => postRefundFailure(needs, { refundId, providerRefundId }));
  }

  #dispute(): void {
    const { chance } = this.#world;
    const open = this.payments.filter((each) => !each.dispute && left(each) > 0n);
    const payment = chance.pick(open);
    if (!payment) return;
    const units = chance.happens(0.7) ? left(payment) : left(payment) / 2n + 1n;
    const dispute = { disputeId: this.#id('dp'), units, won: false };
    payment.dispute = dispute;
    this.#book(`stripe:dp:${dispute.disputeId}:open`, units);
    this.#credited(payment, -units);
    const fact = factOf(payment, units, { disputeId: dispute.disputeId });
    this.#tell((needs) => postDisputeOpened(needs, fact));
    if (chance.happens(0.2)) this.#win();
  }

  #win(): void {
    const payment = this.#world.chance.pick(
      this.payments.filter(({ dispute }) => dispute && !dispute.won),
    );
    if (!payment?.dispute) return;
    const { disputeId, units } = payment.dispute;
    payment.dispute.won = true;
    this.#book(`stripe:dp:${disputeId}:won`, -units);
    this.#credited(payment, units);
    this.#tell((needs) => postDisputeWon(needs, factOf(payment, units, { disputeId })));
  }

  #refundElsewhere(): void {
    const { chance } = this.#world;
    const payment = chance.pick(this.payments.filter((each) => !each.dispute && left(each) > 0n));
    if (!payment) return;
    const units = chance.happens(0.3)
      ? left(payment)
      : BigInt(chance.between(1, Number(left(payment))));
    const providerRefundId = this.#id('re');
    payment.refundedByOthers += units;
    this.foreignRefunds.push({ providerRefundId, payment, units, failed: false });
    this.#book(`stripe:re:${providerRefundId}`, units);
    this.#credited(payment, -units);
    const fact = factOf(payment, units, { providerRefundId });
    this.#tell((needs) => postForeignRefund(needs, fact));
  }

  #failElsewhere(): void {
    const refund = this.#world.chance.pick(this.foreignRefunds.filter(({ failed }) => !failed));
    if (!refund) return;
    const { providerRefundId, payment, units } = refund;
    refund.failed = true;
    payment.refundedByOthers -= units;
    this.#book(`stripe:re:${providerRefundId}:failed`, -units);
    this.#credited(payment, units);
    const fact = factOf(payment, units, { providerRefundId });
    this.#tell((needs) => postForeignRefundFailure(needs, fact));
  }

  #payOut(): void {
    const units = this.totals.held / 3n;
    if (units <= 0n) return;
    const fundingId = this.#id('po');
    this.totals.bank += units;
    this.#book(`fund:${fundingId}:bank`, units);
    this.#tell((needs) => postBankFunding(needs, { fundingId, units }));
  }

  #book(transferId: string, units: bigint): void {
    this.facts.push({ transferId, units });
    this.totals.held -= units;
  }

  #credited(payment: DeskPayment, units: bigint): void {
    this.#world.paymentsOf(payment.organisation).byCard += units;
  }

  /** Tells of a fact some turns late, now and then twice. */
  #tell(post: (needs: PostingNeeds) => Promise<unknown>): void {
    const { chance, needs, procedure, turn } = this.#world;
    const times = chance.happens(0.15) ? 2 : 1;
    for (let time = 0; time < times; time += 1) {
      let late = chance.happens(0.4) ? chance.between(1, 12) : 0;
      procedure(async () => {
        for (; late > 0; late -= 1) await turn();
        await post(needs);
      });
    }
  }

  #id(prefix: string): string {
    this.#made += 1;
    return `${prefix}_${this.#made}`;
  }
}

/** What of a payment is still with us; the fee is part of what a bank can take. */
const left = ({ units, feeUnits, refunded, refundedByOthers }: DeskPayment): bigint =>
  units + feeUnits - refunded - refundedByOthers;

const factOf = <Name extends object>(payment: DeskPayment, units: bigint, name: Name) => ({
  paymentId: payment.paymentId,
  organisation: payment.organisation,
  units,
  ...name,
});
