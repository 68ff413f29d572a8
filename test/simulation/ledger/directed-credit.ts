/** Directed races and cases of credit: holds, debts, grants, and ids told twice. */
import { commit } from '../../../functions/kit/transaction.ts';
import { voidHold } from '../../../functions/ledger/void-hold.ts';
import { assert } from '../../../shared/core/assert.ts';
import { dayMs, hourMs, minuteMs } from '../../../shared/core/time.ts';
import { customerAccount, debtAccount } from '../../../shared/ledger/account.ts';
import { planVoid } from '../../../shared/ledger/hold.ts';
import { sumAccount } from '../../../shared/ledger/ledger-store.ts';
import { startMs } from '../../support/runtime.ts';
import { clusterId, expectEqual, Fixture, million, payer } from './fixture.ts';
import { dispute, topUp } from './outside.ts';
import { mustThrowBug, refusalOf, rental, type Scenario, sound } from './scenario.ts';

export const creditScenarios: readonly Scenario[] = [
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
];
