/** Directed races and cases of maturity: when earnings become cash, and when they never do. */
import { commit } from '../../../functions/kit/transaction.ts';
import {
  matureAccount,
  matureEarnings,
} from '../../../functions/ledger/mature-earnings.schedule.ts';
import { assert } from '../../../shared/core/assert.ts';
import { dayMs, dayOf, hourMs, minuteMs } from '../../../shared/core/time.ts';
import { earningAccount, supplierAccount } from '../../../shared/ledger/account.ts';
import { planMaturity } from '../../../shared/ledger/maturity.ts';
import { startMs } from '../../support/runtime.ts';
import { expectEqual, Fixture, million, payer, supplier } from './fixture.ts';
import { refusalOf, rental, type Scenario, sound } from './scenario.ts';

export const maturityScenarios: readonly Scenario[] = [
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
