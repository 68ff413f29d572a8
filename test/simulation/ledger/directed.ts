/**
 * Directed races and cases that a plain fuzz hits too rarely. Each scenario brings about one interleaving
 * by hand and throws when the ledger comes out wrong.
 */
import { commit } from '../../../functions/kit/transaction.ts';
import {
  matureAccount,
  matureEarnings,
} from '../../../functions/ledger/mature-earnings.schedule.ts';
import { settleCluster } from '../../../functions/ledger/settle-cluster.ts';
import { voidHold } from '../../../functions/ledger/void-hold.ts';
import { assert, BugError } from '../../../shared/core/assert.ts';
import { WriteRefused } from '../../../shared/core/database.ts';
import { dayMs, dayOf, hourMs, minuteMs } from '../../../shared/core/time.ts';
import {
  customerAccount,
  debtAccount,
  earningAccount,
  supplierAccount,
} from '../../../shared/ledger/account.ts';
import { planVoid } from '../../../shared/ledger/hold.ts';
import { sumAccount } from '../../../shared/ledger/ledger-store.ts';
import { planMaturity } from '../../../shared/ledger/maturity.ts';
import { readRefusal } from '../../../shared/ledger/refusal.ts';
import { startMs } from '../../support/runtime.ts';
import { clusterId, expectEqual, Fixture, million, payer, supplier } from './fixture.ts';
import { dispute, topUp } from './outside.ts';

export interface Scenario {
  /** What the ledger guarantees in it. */
  readonly name: string;
  readonly play: () => Promise<void>;
}

const refusalOf = async (call: Promise<unknown>): Promise<WriteRefused> => {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert(error instanceof WriteRefused, `expected a refusal, got ${String(error)}`);
  return error;
};

const mustThrowBug = async (call: () => unknown, what: string): Promise<void> => {
  try {
    await call();
  } catch (error) {
    if (error instanceof BugError) return;
    throw error;
  }
  assert(false, `${what} did not raise an alarm`);
};

const sound = async (fixture: Fixture): Promise<void> => {
  const broken = await fixture.broken();
  assert(broken.length === 0, broken.join('; '));
};

/** A running two-hour cluster at 1 USD per hour, paid by a grant of 10 USD. */
const rental = async (): Promise<Fixture> => {
  const fixture = new Fixture();
  await fixture.grant('grt_1', 10n * million);
  await fixture.hold();
  return fixture;
};

export const scenarios: readonly Scenario[] = [
  {
    name: 'two workers settle the same number: one posts, the other finds it done',
    play: async () => {
      const fixture = await rental();
      fixture.worked(hourMs);
      const first = await fixture.planSettlement(false);
      const second = await fixture.planSettlement(false);
      await commit(fixture.runtime, first.writes);
      const refusal = await refusalOf(commit(fixture.runtime, second.writes));
      const meaning = readRefusal(refusal, second.writes, second.transfers);
      expectEqual(meaning, 'already_done', 'the second settlement');
      expectEqual((await fixture.holdItem()).posted, million, 'posted');
      await sound(fixture);
    },
  },
  {
    name: 'an hourly settlement that comes after the final one changes nothing',
    play: async () => {
      const fixture = await rental();
      fixture.worked(hourMs);
      const hourly = await fixture.planSettlement(false);
      fixture.stop(startMs + 2 * hourMs);
      fixture.worked(2 * hourMs);
      await fixture.settle(true);
      const refusal = await refusalOf(commit(fixture.runtime, hourly.writes));
      assert(!refusal.transient, 'a stale settlement looks like contention');
      expectEqual((await fixture.holdItem()).posted, 2n * million, 'posted');
      await sound(fixture);
    },
  },
  {
    name: 'a final settlement behind an hourly one goes on with the next number until the hold is closed',
    play: async () => {
      const fixture = await rental();
      fixture.worked(hourMs);
      const hourly = await fixture.planSettlement(false);
      fixture.stop(startMs + 2 * hourMs);
      fixture.worked(90 * minuteMs);
      const final = await fixture.planSettlement(true);
      await commit(fixture.runtime, hourly.writes);
      await refusalOf(commit(fixture.runtime, final.writes));
      await fixture.settle(true);
      const hold = await fixture.holdItem();
      expectEqual(hold.state, 'closed', 'the hold');
      expectEqual(hold.posted, 1_500_000n, 'posted');
      expectEqual(hold.released, 500_000n, 'released');
      expectEqual(hold.n, 2, 'settlements');
      await sound(fixture);
    },
  },
  {
    name: 'a final settlement whose number somebody takes under its hands still closes the hold',
    play: async () => {
      const fixture = await rental();
      fixture.worked(hourMs);
      const hourly = await fixture.planSettlement(false);
      fixture.stop(startMs + 2 * hourMs);
      fixture.worked(90 * minuteMs);
      let rounds = 0;
      const source = {
        clusterId,
        loadCluster: async () => fixture.cluster,
        loadNodes: async () => {
          rounds += 1;
          if (rounds === 1) await commit(fixture.runtime, hourly.writes);
          return fixture.nodes;
        },
      };
      await settleCluster(fixture.runtime, source, true);
      expectEqual((await fixture.holdItem()).state, 'closed', 'the hold');
      await sound(fixture);
    },
  },
  {
    name: 'proven times read before somebody settled later ones are never settled',
    play: async () => {
      const fixture = await rental();
      fixture.worked(30 * minuteMs);
      let rounds = 0;
      const source = {
        clusterId,
        loadCluster: async () => fixture.cluster,
        loadNodes: async () => {
          rounds += 1;
          const { nodes } = fixture;
          if (rounds > 1) return nodes;
          fixture.worked(hourMs);
          await fixture.settle(false);
          return nodes;
        },
      };
      await settleCluster(fixture.runtime, source, false);
      expectEqual((await fixture.holdItem()).posted, million, 'posted');
      await sound(fixture);
    },
  },
  {
    name: 'a final settlement with nothing due only closes the hold',
    play: async () => {
      const fixture = await rental();
      fixture.worked(hourMs);
      await fixture.settle(false);
      fixture.stop(startMs + 2 * hourMs);
      await fixture.settle(true);
      const hold = await fixture.holdItem();
      expectEqual(hold.state, 'closed', 'the hold');
      expectEqual(hold.n, 1, 'settlements');
      const customer = await fixture.balance(customerAccount(payer));
      expectEqual(customer.available, 9n * million, 'available');
      expectEqual(customer.held, 0n, 'held');
      await sound(fixture);
    },
  },
  {
    name: 'a void for a cluster that ran is an alarm, and two voids are one',
    play: async () => {
      const fixture = await rental();
      const hold = await fixture.holdItem();
      const debt = await fixture.balance(debtAccount(payer));
      const { nowMs } = fixture;
      await mustThrowBug(
        () => planVoid({ hold, runningAtMs: startMs, debt, nowMs }),
        'a void for a cluster that ran',
      );
      const plan = planVoid({ hold, runningAtMs: undefined, debt, nowMs });
      const cluster = { clusterId, runningAtMs: undefined };
      expectEqual((await voidHold(fixture.runtime, cluster)).outcome, 'voided', 'the first');
      await refusalOf(commit(fixture.runtime, plan.writes));
      expectEqual((await voidHold(fixture.runtime, cluster)).outcome, 'nothing', 'the second');
      const customer = await fixture.balance(customerAccount(payer));
      expectEqual(customer.available, 10n * million, 'available');
      await sound(fixture);
    },
  },
  {
    name: 'a void of a hold that was settled is an alarm',
    play: async () => {
      const fixture = await rental();
      fixture.worked(hourMs);
      await fixture.settle(false);
      const cluster = { clusterId, runningAtMs: undefined };
      await mustThrowBug(() => voidHold(fixture.runtime, cluster), 'a void of a settled hold');
    },
  },
  {
    name: 'a grant between reading and holding fixes the longer class, and marks the hold as granted',
    play: async () => {
      const fixture = new Fixture();
      await topUp(fixture.runtime, { id: 'pi_1', organisation: payer, units: 10n * million });
      const decision = await fixture.planHold();
      assert(decision.outcome === 'held' && decision.classDays === 14, 'the class of a card');
      await fixture.grant('grt_1', million);
      await refusalOf(commit(fixture.runtime, decision.writes));
      await fixture.hold();
      const hold = await fixture.holdItem();
      expectEqual(hold.classDays, 30, 'class');
      expectEqual(hold.granted, true, 'granted');
    },
  },
  {
    name: 'a top-up between reading and holding fixes the class of a card',
    play: async () => {
      const fixture = new Fixture();
      const fact = { id: 'pi_0', organisation: payer, units: 10n * million };
      await topUp(fixture.runtime, fact);
      fixture.nowMs = startMs + 121 * dayMs;
      const decision = await fixture.planHold();
      assert(decision.outcome === 'held' && decision.classDays === 1, 'the class of old money');
      await topUp(fixture.runtime, { ...fact, id: 'pi_1' });
      await refusalOf(commit(fixture.runtime, decision.writes));
      await fixture.hold();
      expectEqual((await fixture.holdItem()).classDays, 14, 'class');
    },
  },
  {
    name: 'a release pays the debt first',
    play: async () => {
      const fixture = await rental();
      await dispute(fixture.runtime, { id: 'dp_1', organisation: payer, units: 9n * million });
      expectEqual(await fixture.units(debtAccount(payer)), -million, 'debt');
      fixture.worked(30 * minuteMs);
      fixture.stop(startMs + 2 * hourMs);
      await fixture.settle(true);
      expectEqual(await fixture.units(debtAccount(payer)), 0n, 'debt after the release');
      const customer = await fixture.balance(customerAccount(payer));
      expectEqual(customer.available, 500_000n, 'available');
      await sound(fixture);
    },
  },
  {
    name: 'a void pays the debt first',
    play: async () => {
      const fixture = await rental();
      await dispute(fixture.runtime, { id: 'dp_1', organisation: payer, units: 13n * million });
      await voidHold(fixture.runtime, { clusterId, runningAtMs: undefined });
      expectEqual(await fixture.units(debtAccount(payer)), -3n * million, 'debt');
      const customer = await fixture.balance(customerAccount(payer));
      expectEqual(customer.available, 0n, 'available');
      await sound(fixture);
    },
  },
  {
    name: 'a dispute between reading and releasing is paid by the release all the same',
    play: async () => {
      const fixture = await rental();
      fixture.worked(hourMs);
      fixture.stop(startMs + 2 * hourMs);
      const final = await fixture.planSettlement(true);
      await dispute(fixture.runtime, { id: 'dp_1', organisation: payer, units: 10n * million });
      await refusalOf(commit(fixture.runtime, final.writes));
      await fixture.settle(true);
      expectEqual(await fixture.units(debtAccount(payer)), -million, 'debt');
      await sound(fixture);
    },
  },
  {
    name: 'a dispute between reading and voiding is paid by the void all the same',
    play: async () => {
      const fixture = await rental();
      const hold = await fixture.holdItem();
      const debt = await fixture.balance(debtAccount(payer));
      const plan = planVoid({ hold, runningAtMs: undefined, debt, nowMs: fixture.nowMs });
      await dispute(fixture.runtime, { id: 'dp_1', organisation: payer, units: 9n * million });
      await refusalOf(commit(fixture.runtime, plan.writes));
    },
  },
  {
    name: 'a dispute larger than the credit leaves open holds for proven work (L9)',
    play: async () => {
      const fixture = await rental();
      await dispute(fixture.runtime, { id: 'dp_1', organisation: payer, units: 50n * million });
      fixture.worked(2 * hourMs);
      fixture.stop(startMs + 2 * hourMs);
      await fixture.settle(true);
      expectEqual(await fixture.units(debtAccount(payer)), -42n * million, 'debt');
      expectEqual((await fixture.holdItem()).posted, 2n * million, 'posted');
      await sound(fixture);
    },
  },
  {
    name: 'a grant pays the debt first and marks the customer even when all of it goes there',
    play: async () => {
      const fixture = new Fixture();
      await dispute(fixture.runtime, { id: 'dp_1', organisation: payer, units: 5n * million });
      await fixture.grant('grt_1', 2n * million);
      expectEqual(await fixture.units(debtAccount(payer)), -3n * million, 'debt');
      const customer = await fixture.balance(customerAccount(payer));
      expectEqual(customer.available, 0n, 'available');
      expectEqual(customer.grantedAtMs, startMs, 'granted at');
      await sound(fixture);
    },
  },
  {
    name: 'a dispute between reading and granting makes the grant decide again',
    play: async () => {
      const fixture = new Fixture();
      const { writes } = await fixture.planGrant('grt_1', 2n * million);
      await dispute(fixture.runtime, { id: 'dp_1', organisation: payer, units: million });
      await refusalOf(commit(fixture.runtime, writes));
    },
  },
  {
    name: 'a grant told twice is one grant, also when the debt has changed in between',
    play: async () => {
      const fixture = new Fixture();
      await fixture.grant('grt_1', 5n * million);
      await dispute(fixture.runtime, { id: 'dp_1', organisation: payer, units: 7n * million });
      fixture.nowMs += minuteMs;
      const { outcome } = await fixture.grant('grt_1', 5n * million);
      expectEqual(outcome, 'already_done', 'the second time');
      expectEqual(await fixture.units(debtAccount(payer)), -2n * million, 'debt');
      expectEqual(await sumAccount(fixture.runtime.database, 'exp:grant'), -5n * million, 'given');
      await sound(fixture);
    },
  },
  {
    name: 'one id with another cause is an alarm',
    play: async () => {
      const fixture = new Fixture();
      await fixture.grant('grt_1', 5n * million);
      await mustThrowBug(() => fixture.grant('grt_1', 6n * million), 'another amount');
      await mustThrowBug(() => fixture.grant('grt_1', 5n * million, 'org_x'), 'another payer');
      expectEqual(await fixture.units(customerAccount(payer)), 5n * million, 'credit');
    },
  },
  {
    name: 'no hold exceeds the available credit, also when two are taken at once',
    play: async () => {
      const fixture = new Fixture();
      await fixture.grant('grt_1', 3n * million);
      const [first, second] = [await fixture.planHold('clu_1'), await fixture.planHold('clu_2')];
      assert(first.outcome === 'held' && second.outcome === 'held', 'both fit alone');
      await commit(fixture.runtime, first.writes);
      await refusalOf(commit(fixture.runtime, second.writes));
      expectEqual((await fixture.planHold('clu_2')).outcome, 'payment_required', 'the second');
    },
  },
  {
    name: 'a replacement between reading and settling is billed from its own first second',
    play: async () => {
      const fixture = await rental();
      fixture.worked(30 * minuteMs);
      const early = await fixture.planSettlement(false);
      fixture.nodes = [
        fixture.node('nod_1', {
          provenMs: 30 * minuteMs,
          provenMsInsidePaidUntil: 30 * minuteMs,
          lost: true,
        }),
        fixture.node('nod_2', {
          provenMs: 20 * minuteMs,
          provenMsInsidePaidUntil: 20 * minuteMs,
          supplier: 'org_second',
          rateUnitsPerHour: 600_000n,
        }),
      ];
      await commit(fixture.runtime, early.writes);
      fixture.stop(startMs + 2 * hourMs);
      await fixture.settle(true);
      expectEqual((await fixture.holdItem()).posted, 700_000n, 'posted');
      await sound(fixture);
    },
  },
  {
    name: "the first hour is paid on the customer's own termination, by nodes not lost alone",
    play: async () => {
      const fixture = await rental();
      const lost = { provenMs: 10 * minuteMs, provenMsInsidePaidUntil: 10 * minuteMs, lost: true };
      const served = { provenMs: 15 * minuteMs, provenMsInsidePaidUntil: 15 * minuteMs };
      fixture.nodes = [
        fixture.node('nod_1', lost),
        fixture.node('nod_2', { ...served, supplier: 'org_second' }),
      ];
      fixture.stop(startMs + 30 * minuteMs, true);
      await fixture.settle(true);
      const day = dayOf(fixture.nowMs + 30 * dayMs) + 1;
      expectEqual(await fixture.units(earningAccount(supplier, day)), 166_666n, 'the lost node');
      expectEqual(await fixture.units(earningAccount('org_second', day)), 750_000n, 'the other');
      await sound(fixture);
    },
  },
  {
    name: 'no first hour is paid when the cluster ends by itself',
    play: async () => {
      const fixture = await rental();
      fixture.worked(15 * minuteMs);
      fixture.stop(startMs + 30 * minuteMs, false);
      await fixture.settle(true);
      expectEqual((await fixture.holdItem()).posted, 250_000n, 'posted');
    },
  },
  {
    name: "what is proven beyond paid-until is the platform's, and nothing before it is (I26)",
    play: async () => {
      const fixture = await rental();
      fixture.worked(hourMs);
      await fixture.settle(false);
      fixture.worked(2 * hourMs + 6 * minuteMs, 2 * hourMs);
      await fixture.settle(false);
      expectEqual(await sumAccount(fixture.runtime.database, 'exp:sla'), 0n, 'before the end');
      fixture.stop(startMs + 2 * hourMs + 6 * minuteMs);
      await fixture.settle(true);
      expectEqual(await sumAccount(fixture.runtime.database, 'exp:sla'), -100_000n, 'at the end');
      expectEqual((await fixture.holdItem()).posted, 2n * million, 'posted');
      await sound(fixture);
    },
  },
  {
    name: "granted credit spent on one's own device is no cash on day 31, nor later",
    play: async () => {
      const fixture = await rental();
      fixture.nodes = [
        fixture.node('nod_1', {
          provenMs: hourMs,
          provenMsInsidePaidUntil: hourMs,
          supplier: payer,
        }),
      ];
      fixture.stop(startMs + 2 * hourMs);
      await fixture.settle(true);
      for (const days of [2, 31, 400]) {
        fixture.nowMs = startMs + days * dayMs;
        await matureEarnings(fixture.runtime);
        expectEqual(await fixture.units(supplierAccount(payer)), 0n, `cash on day ${days}`);
      }
      expectEqual(await fixture.units(earningAccount(payer, 'review')), million, 'in review');
      await sound(fixture);
    },
  },
  {
    name: "a grant of long ago still keeps credit from becoming cash on one's own device",
    play: async () => {
      const fixture = new Fixture();
      await fixture.grant('grt_1', 10n * million);
      fixture.nowMs = startMs + 31 * dayMs;
      await fixture.hold();
      const hold = await fixture.holdItem();
      expectEqual(hold.classDays, 1, 'class');
      expectEqual(hold.granted, true, 'granted');
    },
  },
  {
    name: 'earnings wait their class out, then mature whole',
    play: async () => {
      const fixture = await rental();
      fixture.worked(hourMs);
      await fixture.settle(false);
      const day = dayOf(startMs + 30 * dayMs) + 1;
      fixture.nowMs = day * dayMs - 1;
      await matureEarnings(fixture.runtime);
      await matureAccount(fixture.runtime, earningAccount(supplier, day));
      expectEqual(await fixture.units(supplierAccount(supplier)), 0n, 'the moment before');
      fixture.nowMs = day * dayMs;
      await matureEarnings(fixture.runtime);
      expectEqual(await fixture.units(supplierAccount(supplier)), million, 'on the day');
      await sound(fixture);
    },
  },
  {
    name: 'an earning that arrives between reading and maturing is swept by the next run',
    play: async () => {
      const fixture = await rental();
      fixture.worked(hourMs);
      await fixture.settle(false);
      const day = dayOf(startMs + 30 * dayMs) + 1;
      const account = earningAccount(supplier, day);
      const settledAtMs = fixture.nowMs;
      const plan = planMaturity(await fixture.balance(account), day * dayMs);
      assert(plan, 'earnings are due');
      fixture.nowMs = settledAtMs + 1;
      fixture.worked(90 * minuteMs);
      await fixture.settle(false);
      await refusalOf(commit(fixture.runtime, plan.writes));
      fixture.nowMs = day * dayMs;
      await matureEarnings(fixture.runtime);
      expectEqual(await fixture.units(supplierAccount(supplier)), 1_500_000n, 'matured');
      expectEqual(await fixture.units(account), 0n, 'left');
      await sound(fixture);
    },
  },
  {
    name: 'earnings that land on an account after its day was swept mature with the next run',
    play: async () => {
      const fixture = await rental();
      fixture.worked(hourMs);
      const late = await fixture.planSettlement(false);
      const account = earningAccount(supplier, dayOf(startMs + 30 * dayMs) + 1);
      fixture.nowMs = startMs + 40 * dayMs;
      await matureAccount(fixture.runtime, account);
      await commit(fixture.runtime, late.writes);
      await matureEarnings(fixture.runtime);
      expectEqual(await fixture.units(supplierAccount(supplier)), million, 'matured');
      const again = await matureEarnings(fixture.runtime);
      expectEqual(again.done, 0, 'accounts that are still listed');
      await sound(fixture);
    },
  },
];
