/** Directed races and cases of card money: top-ups, refunds, disputes, and who pays the debt first. */
import { commit } from '../../../functions/kit/transaction.ts';
import { clawBack } from '../../../functions/ledger/review-earnings.ts';
import { assert } from '../../../shared/core/assert.ts';
import { dayMs, hourMs, minuteMs } from '../../../shared/core/time.ts';
import {
  customerAccount,
  debtAccount,
  type EarningDay,
  earningAccount,
} from '../../../shared/ledger/account.ts';
import { unknownPayment } from '../../../shared/ledger/card-payment.ts';
import { planRefund, planRefundHold, planRefundVoid } from '../../../shared/ledger/card-refund.ts';
import { planDisputeOpened, planDisputeWon } from '../../../shared/ledger/card-reversal.ts';
import { getPayment, getRefund } from '../../../shared/ledger/card-store.ts';
import { planApproval, planClawBack } from '../../../shared/ledger/earnings-review.ts';
import { getCredit } from '../../../shared/ledger/ledger-store.ts';
import { maturityDay } from '../../../shared/ledger/maturity.ts';
import { planTopUp } from '../../../shared/ledger/top-up.ts';
import { startMs } from '../../support/runtime.ts';
import { CardFixture, paymentId } from './card-fixture.ts';
import { expectEqual, million, payer } from './fixture.ts';
import { dispute } from './outside.ts';
import { mustThrowBug, refusalOf, type Scenario, sound } from './scenario.ts';

const paid = async (): Promise<CardFixture> => {
  const fixture = new CardFixture();
  await fixture.topUp();
  return fixture;
};

/** Insists on what the customer has and owes, in micro-dollars. */
const expectCredit = async (fixture: CardFixture, available: bigint, debt: bigint) => {
  const state = await fixture.state();
  expectEqual(state.available, available, 'available');
  expectEqual(state.debt, debt, 'debt');
  await sound(fixture);
};

/** A dispute of all that was paid; the debt of the fee was paid by a grant in between. */
const disputedAndGranted = async (): Promise<CardFixture> => {
  const fixture = await paid();
  await fixture.open();
  await fixture.grant('grt_1', million);
  return fixture;
};

/** Decides things on what is there now, to be committed after something else. */
const readAll = async (fixture: CardFixture) => {
  const { database } = fixture.runtime;
  const payment = (await getPayment(database, paymentId)) ?? unknownPayment(paymentId, payer);
  return { ...(await getCredit(database, payer)), payment, nowMs: fixture.nowMs };
};

const planHold = async (fixture: CardFixture, units: bigint, refundId = 'rf_1') => {
  const read = await readAll(fixture);
  const decision = planRefundHold({ ...read, refundId, paymentId, organisation: payer, units });
  assert(decision.outcome === 'held', decision.outcome);
  return decision;
};

const fullTopUp = { paymentId, organisation: payer, units: 10n * million, feeUnits: 300_000n };

export const cardScenarios: readonly Scenario[] = [
  {
    name: 'a top-up brings the credit, the fee stands beside it, and the outside holds both',
    play: async () => {
      const state = await (await paid()).state();
      expectEqual(state.posted, 10n * million, 'credit');
      expectEqual(state.fee, 300_000n, 'fee');
      expectEqual(state.stripe, -10_300_000n, 'outside');
    },
  },
  {
    name: 'a top-up told twice is one top-up, also a minute later and with a debt in between',
    play: async () => {
      const fixture = await paid();
      await fixture.open(40n * million);
      fixture.nowMs += minuteMs;
      expectEqual((await fixture.topUp()).outcome, 'already_done', 'the second time');
      await expectCredit(fixture, 0n, -30n * million);
    },
  },
  {
    name: 'a top-up pays the debt first',
    play: async () => {
      const fixture = new CardFixture();
      await fixture.open(4n * million);
      await fixture.topUp();
      await expectCredit(fixture, 6n * million, 0n);
      expectEqual((await fixture.state()).refundable, 0n, 'refundable of a disputed payment');
    },
  },
  {
    name: 'a dispute between reading and topping up makes the top-up decide again',
    play: async () => {
      const fixture = new CardFixture();
      const read = await readAll(fixture);
      const { writes } = planTopUp({ ...fullTopUp, ...read, liabilityShifted: false });
      await dispute(fixture.runtime, { id: 'dp_2', organisation: payer, units: million });
      await refusalOf(commit(fixture.runtime, writes));
    },
  },
  {
    name: 'a late top-up with an old clock does not turn the stamp of a card back',
    play: async () => {
      const fixture = new CardFixture();
      const read = await readAll(fixture);
      const { writes } = planTopUp({ ...fullTopUp, ...read, liabilityShifted: false });
      fixture.nowMs += minuteMs;
      await fixture.topUp({ paymentId: 'pi_2' });
      await refusalOf(commit(fixture.runtime, writes));
      fixture.nowMs -= minuteMs;
      await fixture.topUp();
      const { cardAtMs } = await fixture.balance(customerAccount(payer));
      expectEqual(cardAtMs, startMs + minuteMs, 'card at');
    },
  },
  {
    name: 'a card whose issuer bears its fraud matures in 7 days, with an unsecured one in 14',
    play: async () => {
      const fixture = new CardFixture();
      await fixture.topUp({ liabilityShifted: true });
      const early = await fixture.planHold();
      assert(early.outcome === 'held' && early.classDays === 7, 'the class of a secured card');
      await fixture.topUp({ paymentId: 'pi_2' });
      await refusalOf(commit(fixture.runtime, early.writes));
      await fixture.topUp({ paymentId: 'pi_3', liabilityShifted: true });
      const late = await fixture.planHold();
      assert(late.outcome === 'held' && late.classDays === 14, 'the class of an unsecured card');
      fixture.nowMs += 121 * dayMs;
      const old = await fixture.planHold();
      assert(old.outcome === 'held' && old.classDays === 1, 'the class of old money');
      await fixture.topUp({ paymentId: 'pi_4', liabilityShifted: true });
      await refusalOf(commit(fixture.runtime, old.writes));
    },
  },
  {
    name: 'a grant between reading and disputing is taken by the dispute, not left beside a debt',
    play: async () => {
      const fixture = new CardFixture();
      const read = await readAll(fixture);
      const fact = { disputeId: 'dp_1', paymentId, organisation: payer, units: 2n * million };
      const { writes } = planDisputeOpened({ ...fact, ...read });
      await fixture.grant('grt_1', million);
      await refusalOf(commit(fixture.runtime, writes));
      await fixture.open(2n * million);
      await expectCredit(fixture, 0n, -million);
    },
  },
  {
    name: 'a won dispute is a new credit, whatever happened to the debt in between',
    play: async () => {
      const fixture = await disputedAndGranted();
      await fixture.won();
      await expectCredit(fixture, 11n * million, 0n);
    },
  },
  {
    name: 'a won dispute pays the debt of another one first',
    play: async () => {
      const fixture = await paid();
      await fixture.open();
      await fixture.topUp({ paymentId: 'pi_2', units: 200_000n, feeUnits: 0n });
      await fixture.foreign(5n * million);
      await expectCredit(fixture, 0n, -5_100_000n);
      await fixture.won();
      await expectCredit(fixture, 5_200_000n, 0n);
    },
  },
  {
    name: 'a debt that grows between reading and winning makes the credit decide again',
    play: async () => {
      const fixture = await paid();
      await fixture.open();
      const { debt, nowMs } = await readAll(fixture);
      const fact = { disputeId: 'dp_1', paymentId, organisation: payer, units: 10_300_000n };
      const { writes } = planDisputeWon({ ...fact, debt, nowMs });
      await fixture.foreign(million);
      await refusalOf(commit(fixture.runtime, writes));
    },
  },
  {
    name: 'a won dispute that is told first is withdrawn first',
    play: async () => {
      const fixture = await paid();
      await fixture.won();
      await expectCredit(fixture, 10n * million, 0n);
      expectEqual((await fixture.open()).outcome, 'already_done', 'the withdrawal');
      expectEqual((await fixture.payment()).refundable, 0n, 'refundable');
    },
  },
  {
    name: 'a refund holds its credit: no cluster can have it',
    play: async () => {
      const fixture = await paid();
      await fixture.take(9n * million);
      expectEqual((await fixture.planHold()).outcome, 'payment_required', 'the cluster');
      await fixture.refunded();
      await expectCredit(fixture, million, 0n);
      expectEqual((await fixture.state()).stripe, -1_300_000n, 'outside');
    },
  },
  {
    name: 'credit that a cluster holds is not refunded',
    play: async () => {
      const fixture = await paid();
      await fixture.hold();
      expectEqual((await fixture.take(9n * million)).outcome, 'credit_spent', 'the refund');
    },
  },
  {
    name: 'two refunds decided at once do not refund more than the payment',
    play: async () => {
      const fixture = await paid();
      await fixture.grant('grt_1', 20n * million);
      const first = await planHold(fixture, 6n * million, 'rf_1');
      const second = await planHold(fixture, 6n * million, 'rf_2');
      await commit(fixture.runtime, first.writes);
      await refusalOf(commit(fixture.runtime, second.writes));
      const refused = await fixture.take(6n * million, 'rf_2');
      expectEqual(refused.outcome, 'not_refundable', 'the second');
    },
  },
  {
    name: 'a dispute between reading and holding stops the refund',
    play: async () => {
      const fixture = await paid();
      await fixture.grant('grt_1', 20n * million);
      const { writes } = await planHold(fixture, million);
      await fixture.open();
      await refusalOf(commit(fixture.runtime, writes));
      expectEqual((await fixture.take(million)).outcome, 'payment_disputed', 'the refund');
    },
  },
  {
    name: 'a refund that was posted is not given back by a void that was decided before',
    play: async () => {
      const fixture = await paid();
      await fixture.take(3n * million, 'rf_1');
      await fixture.take(3n * million, 'rf_2');
      const refund = await getRefund(fixture.runtime.database, 'rf_1');
      assert(refund, 'no refund');
      const plan = planRefundVoid({ ...refund, ...(await readAll(fixture)) });
      await fixture.refunded('rf_1');
      await refusalOf(commit(fixture.runtime, plan.writes));
      await mustThrowBug(() => fixture.refused('rf_1'), 'a void of a posted refund');
      await expectCredit(fixture, 4n * million, 0n);
    },
  },
  {
    name: 'a refund that was given back is not posted by a decision made before',
    play: async () => {
      const fixture = await paid();
      const { hold } = await planHold(fixture, 3n * million);
      await fixture.take(3n * million, 'rf_1');
      await fixture.take(3n * million, 'rf_2');
      await fixture.refused('rf_1');
      const { writes } = planRefund({ hold, providerRefundId: 're_1', nowMs: fixture.nowMs });
      await refusalOf(commit(fixture.runtime, writes));
      await mustThrowBug(() => fixture.refunded('rf_1'), 'money that left without its hold');
    },
  },
  {
    name: 'a refund that failed later pays the debt first',
    play: async () => {
      const fixture = await paid();
      await fixture.take(4n * million);
      await fixture.refunded();
      await fixture.open(9n * million);
      await expectCredit(fixture, 0n, -3n * million);
      await fixture.failed();
      await expectCredit(fixture, million, 0n);
      expectEqual((await fixture.payment()).refundable, 0n, 'refundable once disputed');
    },
  },
  {
    name: 'a foreign refund that failed later pays the debt first',
    play: async () => {
      const fixture = await paid();
      await fixture.foreign(10n * million);
      await fixture.open(2n * million);
      await expectCredit(fixture, 0n, -2n * million);
      await fixture.foreignFailed(10n * million);
      await expectCredit(fixture, 8n * million, 0n);
    },
  },
  {
    name: 'foreign refunds leave less to refund, down to nothing, also before the top-up',
    play: async () => {
      const fixture = new CardFixture();
      await fixture.foreign(4n * million, 're_1');
      await fixture.topUp();
      expectEqual((await fixture.payment()).refundable, 6n * million, 'refundable');
      await fixture.foreign(6_300_000n, 're_2');
      expectEqual((await fixture.payment()).refundable, 0n, 'refundable beyond the fee');
      await expectCredit(fixture, 0n, -300_000n);
    },
  },
  {
    name: 'a claw back decided on old earnings or an old debt is decided again',
    play: async () => {
      const fixture = await earnedByItself();
      await fixture.open(50n * million);
      const account = earningAccount(payer, 'review');
      const order = { disputeId: 'dp_1', supplier: payer, day: 'review' as const };
      const plan = planClawBack({
        ...order,
        units: 600_000n,
        payer,
        settlements: [],
        earnings: await fixture.balance(account),
        debt: await fixture.balance(debtAccount(payer)),
        nowMs: fixture.nowMs,
      });
      const approval = planApproval({
        organisation: payer,
        earnings: await fixture.balance(account),
        nowMs: fixture.nowMs,
      });
      assert(plan.outcome === 'taken' && approval, 'nothing to decide');
      await clawBack(fixture.runtime, { ...order, disputeId: 'dp_1', units: 300_000n });
      await refusalOf(commit(fixture.runtime, approval.writes));
      await refusalOf(commit(fixture.runtime, plan.writes));
      expectEqual(await fixture.units(account), 700_000n, 'earnings');
      await sound(fixture);
    },
  },
  {
    name: 'earnings that arrive under a claw back or an approval make it decide again',
    play: async () => {
      for (const by of ['card', 'grant'] as const) {
        const fixture = await renting(by);
        await workForItself(fixture, 1);
        await fixture.open(50n * million);
        const day: EarningDay = by === 'card' ? maturityDay(startMs, 30) : 'review';
        const earnings = await fixture.balance(earningAccount(payer, day));
        const { debt, nowMs } = await readAll(fixture);
        const order = { disputeId: 'dp_1', supplier: payer, day, units: 5n * million };
        const claw = planClawBack({ ...order, payer, settlements: [], earnings, debt, nowMs });
        const approval =
          by === 'grant' ? planApproval({ organisation: payer, earnings, nowMs }) : undefined;
        assert(claw.outcome === 'taken', claw.outcome);
        await workForItself(fixture, 1.5);
        await refusalOf(commit(fixture.runtime, claw.writes));
        if (approval) await refusalOf(commit(fixture.runtime, approval.writes));
        expectEqual(await fixture.units(earningAccount(payer, day)), 1_500_000n, 'earnings');
      }
    },
  },
  {
    name: 'a claw back takes no more than is owed',
    play: async () => {
      const fixture = await earnedByItself();
      const { available } = await fixture.state();
      await fixture.open(available + 400_000n);
      const order = { disputeId: 'dp_1', supplier: payer, day: 'review' as const };
      await clawBack(fixture.runtime, { ...order, units: 9n * million });
      await expectCredit(fixture, 0n, 0n);
      expectEqual(await fixture.units(earningAccount(payer, 'review')), 600_000n, 'earnings');
    },
  },
];

/** A fixture whose payer rents its own device: by card (its earnings wait for a day), or by a grant. */
const renting = async (by: 'card' | 'grant'): Promise<CardFixture> => {
  const fixture = new CardFixture();
  if (by === 'card') await fixture.topUp();
  else await fixture.grant('grt_1', 10n * million);
  await fixture.hold();
  return fixture;
};

/** Settles so many hours on the payer's own device, all of its life counted. */
const workForItself = async (fixture: CardFixture, hours: number): Promise<void> => {
  const provenMs = hours * hourMs;
  const served = { supplier: payer, provenMs, provenMsInsidePaidUntil: provenMs };
  fixture.nodes = [fixture.node('nod_1', served)];
  await fixture.settle(false);
};

/** Granted credit, spent for an hour on one's own device: 1 USD in review. */
const earnedByItself = async (): Promise<CardFixture> => {
  const fixture = new CardFixture();
  await fixture.rent(payer, 'clu_1', 10n * million);
  fixture.nodes = [
    fixture.node('nod_1', { supplier: payer, provenMs: hourMs, provenMsInsidePaidUntil: hourMs }),
  ];
  fixture.stop(startMs + 2 * hourMs);
  await fixture.settle(true);
  return fixture;
};
