/** Directed races and cases of settling: who comes second, what closes, who pays. */
import { commit } from '../../../functions/kit/transaction.ts';
import { settleCluster } from '../../../functions/ledger/settle-cluster.ts';
import { voidHold } from '../../../functions/ledger/void-hold.ts';
import { assert } from '../../../shared/core/assert.ts';
import { dayMs, dayOf, hourMs, minuteMs } from '../../../shared/core/time.ts';
import { customerAccount, debtAccount, earningAccount } from '../../../shared/ledger/account.ts';
import { planVoid } from '../../../shared/ledger/hold.ts';
import { sumAccount } from '../../../shared/ledger/ledger-store.ts';
import { readRefusal } from '../../../shared/ledger/refusal.ts';
import { startMs } from '../../support/runtime.ts';
import { clusterId, expectEqual, million, payer, supplier } from './fixture.ts';
import { mustThrowBug, refusalOf, rental, type Scenario, sound } from './scenario.ts';

export const settlementScenarios: readonly Scenario[] = [
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
];
