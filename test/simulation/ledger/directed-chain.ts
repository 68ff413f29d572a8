/** Directed races and cases of money on chain: arrivals, claims, payouts, exchanges, and who pays the debt. */
import { commit } from '../../../functions/kit/transaction.ts';
import { postRebalancing, takeSaleHold } from '../../../functions/ledger/chain/rebalance.ts';
import { assert, present } from '../../../shared/core/assert.ts';
import type { Token } from '../../../shared/core/chain.ts';
import { minuteMs } from '../../../shared/core/time.ts';
import { debtAccount } from '../../../shared/ledger/account.ts';
import { type DepositEnding, planDeposit } from '../../../shared/ledger/chain/deposit.ts';
import { planPayout } from '../../../shared/ledger/chain/payout.ts';
import {
  type PayoutRequest,
  planPayoutIoRelease,
  planPayoutVoid,
} from '../../../shared/ledger/chain/payout-hold.ts';
import { planSaleHold } from '../../../shared/ledger/chain/rebalancing.ts';
import { planClaim } from '../../../shared/ledger/chain/suspense-claim.ts';
import { accounts, ChainFixture, oneIo, payoutId, positionLimit, price } from './chain-fixture.ts';
import { expectEqual, million, payer } from './fixture.ts';
import { RewardFixture } from './reward-fixture.ts';
import { mustThrowBug, refusalOf, type Scenario, sound } from './scenario.ts';

const dearer = { ...price, id: 'prc_2', nanoUsdPerIo: 500_000_000n };
const other: DepositEnding = { kind: 'credit', organisation: 'org_other', price };

/** 10 USD matured, 40 IO in our position. */
const stocked = async <Fixture extends ChainFixture>(fixture: Fixture): Promise<Fixture> => {
  await fixture.earned(10n * million);
  await fixture.arrive('io', 40n * oneIo);
  return fixture;
};

/** 50 IO of rewards beside it. */
const rewarded = async (): Promise<ChainFixture> => {
  const fixture = await stocked(new RewardFixture());
  await fixture.rewarded(50n * oneIo);
  return fixture;
};

const reserved = async (parts: Partial<PayoutRequest>): Promise<ChainFixture> => {
  const fixture = await rewarded();
  await fixture.reserve(parts);
  return fixture;
};

const inIo = { token: 'io' as const };
const ofRewards = { source: 'rewards' as const, token: 'io' as const, units: 20n * oneIo };

/** Every way to pay out: what is asked for, and what arrives. */
const ways: readonly { readonly asked: Partial<PayoutRequest>; readonly arrives: bigint }[] = [
  { asked: {}, arrives: 4_900_000n },
  { asked: inIo, arrives: 20n * oneIo },
  { asked: ofRewards, arrives: 20n * oneIo },
];

/** Decides a deposit on what is there now, to be committed after something else. */
const planArrival = async (fixture: ChainFixture, token: Token, units: bigint, sig: string) =>
  planDeposit(
    {
      signature: sig,
      tokenAccount: accounts[token],
      token,
      units,
      ending: { kind: 'credit', organisation: payer, price },
    },
    {
      debt: await fixture.balance(debtAccount(payer)),
      position: await fixture.balance('fx:io'),
      positionLimit,
      nowMs: fixture.nowMs,
    },
  );

const expectCredit = async (fixture: ChainFixture, available: bigint, debt: bigint) => {
  const state = await fixture.state();
  expectEqual(state.available, available, 'available');
  expectEqual(state.debt, debt, 'debt');
  await sound(fixture);
};

const deposits: readonly Scenario[] = [
  {
    name: 'a deposit told twice is one deposit, at another price and with a debt in between',
    play: async () => {
      const fixture = new ChainFixture();
      await fixture.arrive('io', 40n * oneIo);
      await fixture.open(14n * million);
      fixture.nowMs += minuteMs;
      const later = { kind: 'credit' as const, organisation: payer, price: dearer };
      const again = await fixture.arrive('io', 40n * oneIo, later);
      expectEqual(again.outcome, 'already_done', 'the second time');
      expectEqual(again.creditUnits, 10n * million, 'what it credited');
      await expectCredit(fixture, 0n, -4n * million);
    },
  },
  {
    name: 'an arrival cannot be for two organisations, nor for nobody and for somebody',
    play: async () => {
      const fixture = new ChainFixture();
      await fixture.arrive('usdc', 102n);
      await mustThrowBug(() => fixture.arrive('usdc', 102n, other), 'another organisation');
      await mustThrowBug(() => fixture.stray('usdc', 102n), 'nobody');
      await fixture.stray('usdc', 102n, 'sig2');
      await mustThrowBug(() => fixture.arrive('usdc', 102n, other, 'sig2'), 'somebody');
      await expectCredit(fixture, 100n, 0n);
    },
  },
  {
    name: 'a debt that grows between reading and crediting makes a deposit and a claim decide again',
    play: async () => {
      for (const token of ['usdc', 'io'] as const) {
        const fixture = new ChainFixture();
        await fixture.stray(token, 40n * oneIo, 'sig2');
        const { writes } = await planArrival(fixture, token, 4n * oneIo, 'sig1');
        const tokenAccount = accounts[token];
        const claim = { signature: 'sig2', tokenAccount, token, units: 40n * oneIo, price };
        const claimed = planClaim(
          { ...claim, organisation: payer },
          {
            arrived: await fixture.transfer(`sol:sig2:${tokenAccount}`),
            debt: await fixture.balance(debtAccount(payer)),
            position: await fixture.balance('fx:io'),
            positionLimit,
            nowMs: fixture.nowMs,
          },
        );
        assert(claimed.outcome === 'claimed', claimed.outcome);
        await fixture.open(million);
        await refusalOf(commit(fixture.runtime, writes));
        await refusalOf(commit(fixture.runtime, claimed.writes));
      }
    },
  },
  {
    name: 'a deposit, a conversion and a claim pay the debt first',
    play: async () => {
      const fixture = new ChainFixture();
      await fixture.open(30n * million);
      await fixture.arrive('usdc', 10_200_000n);
      await fixture.arrive('io', 40n * oneIo);
      await expectCredit(fixture, 0n, -10n * million);
      await fixture.stray('usdc', 12_240_000n, 'sig2');
      await fixture.claim('usdc', 12_240_000n, { signature: 'sig2' });
      await expectCredit(fixture, 2n * million, 0n);
    },
  },
  {
    name: 'two deposits of IO decided at once do not pass the limit of our position together',
    play: async () => {
      const fixture = new ChainFixture();
      const first = await planArrival(fixture, 'io', 600n * oneIo, 'sig1');
      const second = await planArrival(fixture, 'io', 600n * oneIo, 'sig2');
      await commit(fixture.runtime, first.writes);
      await refusalOf(commit(fixture.runtime, second.writes));
      const decided = await fixture.arrive('io', 600n * oneIo, undefined, 'sig2');
      expectEqual(decided.ended, 'suspense', 'the second');
      await sound(fixture);
    },
  },
  {
    name: 'what waits is claimed once, whoever claims, and only as much as waits',
    play: async () => {
      const fixture = new ChainFixture();
      await fixture.stray('usdc', 102n);
      await mustThrowBug(() => fixture.claim('usdc', 204n), 'a claim of more');
      await fixture.claim('usdc', 102n);
      const organisation = 'org_other';
      await mustThrowBug(() => fixture.claim('usdc', 102n, { organisation }), 'another claimant');
      expectEqual((await fixture.claim('usdc', 102n)).outcome, 'already_done', 'again');
      await fixture.arrive('usdc', 102n, undefined, 'sig2');
      const spent = await fixture.claim('usdc', 102n, { signature: 'sig2' });
      expectEqual(spent.outcome, 'nothing_in_suspense', 'a claim of what was credited');
      await expectCredit(fixture, 200n, 0n);
    },
  },
  {
    name: 'what the platform had sent itself is claimed once, whole, and by one name',
    play: async () => {
      const fixture = new ChainFixture();
      await fixture.stray('io', 1_100n * oneIo);
      await mustThrowBug(() => fixture.fund('io', oneIo), 'a claim of less');
      await fixture.fund('io', 1_100n * oneIo);
      await mustThrowBug(() => fixture.fund('io', 1_100n * oneIo, 'fnd_2'), 'another name');
      await mustThrowBug(() => fixture.claim('io', 1_100n * oneIo), 'a customer');
      expectEqual((await fixture.fund('io', 1_100n * oneIo)).outcome, 'already_done', 'again');
      expectEqual(await fixture.sum('suspense:io'), 0n, 'suspense');
      expectEqual(await fixture.units('fx:io'), 1_100n * oneIo, 'our position');
      await fixture.stray('usdc', 102n, 'sig2');
      await fixture.fund('usdc', 102n, 'fnd_2', 'sig2');
      expectEqual(await fixture.sum('suspense:usdc'), 0n, 'suspense');
      expectEqual(await fixture.sum('ext:bank'), 102n, 'our bank');
      await sound(fixture);
    },
  },
  {
    name: 'what was claimed stays claimed when our position has no more room',
    play: async () => {
      const fixture = new ChainFixture();
      await fixture.stray('io', 600n * oneIo);
      await fixture.claim('io', 600n * oneIo);
      await fixture.arrive('io', 400n * oneIo, undefined, 'sig2');
      expectEqual((await fixture.claim('io', 600n * oneIo)).outcome, 'already_done', 'again');
      await sound(fixture);
    },
  },
  {
    name: 'the books of a deposit are to the unit: the fee on top, IO rounded down',
    play: async () => {
      const fixture = new ChainFixture();
      await fixture.arrive('usdc', 103n);
      await fixture.arrive('io', 399n);
      await fixture.arrive('io', 401n, undefined, 'sig2');
      const { posted } = await fixture.state();
      // 100 of 103; nothing of 399 base units; one of 401, at a quarter of a dollar.
      expectEqual(posted, 101n, 'credit');
      expectEqual(await fixture.sum('rev:facilitation'), 3n, 'fee');
      expectEqual(await fixture.sum('fx:usd'), -1n, 'dollars of conversions');
      expectEqual(await fixture.sum('suspense:io'), 399n, 'suspense');
      await sound(fixture);
    },
  },
];

const payouts: readonly Scenario[] = [
  {
    name: 'two payouts decided at once do not take more than matured',
    play: async () => {
      const fixture = await stocked(new ChainFixture());
      const first = await fixture.planReserve({ units: 6n * million });
      const second = await fixture.planReserve({ payoutId: 'pyo_2', units: 6n * million });
      assert(first.outcome === 'held' && second.outcome === 'held', 'nothing to decide');
      await commit(fixture.runtime, first.writes);
      await refusalOf(commit(fixture.runtime, second.writes));
      const later = await fixture.planReserve({ payoutId: 'pyo_2', units: 6n * million });
      expectEqual(later.outcome, 'balance_short', 'the second');
    },
  },
  {
    name: 'two payouts of rewards decided at once do not take more than was rewarded',
    play: async () => {
      const fixture = await rewarded();
      const asked = { ...ofRewards, units: 30n * oneIo };
      const first = await fixture.planReserve(asked);
      const second = await fixture.planReserve({ ...asked, payoutId: 'pyo_2' });
      assert(first.outcome === 'held' && second.outcome === 'held', 'nothing to decide');
      await commit(fixture.runtime, first.writes);
      await refusalOf(commit(fixture.runtime, second.writes));
      const later = await fixture.planReserve({ ...asked, payoutId: 'pyo_2' });
      expectEqual(later.outcome, 'balance_short', 'the second');
      await sound(fixture);
    },
  },
  {
    name: 'rewards and earnings that are paid in IO take nothing of each other',
    play: async () => {
      const fixture = await reserved(ofRewards);
      await fixture.reserve({ ...inIo, payoutId: 'pyo_2' });
      await fixture.paidOut(20n * oneIo);
      expectEqual(await fixture.units('fx:io'), 40n * oneIo, 'our position');
      await fixture.paidOut(20n * oneIo, 'pyo_2');
      expectEqual(await fixture.units('fx:io'), 20n * oneIo, 'our position after');
      expectEqual(await fixture.units('sup_io:org_supplier'), 30n * oneIo, 'rewards');
      await sound(fixture);
    },
  },
  {
    name: 'two payouts, or a payout and a sale, decided at once do not take more IO than there is',
    play: async () => {
      const fixture = await stocked(new ChainFixture());
      await fixture.earned(10n * million, 'more');
      const position = await fixture.balance('fx:io');
      const first = await fixture.planReserve({ token: 'io', units: 6n * million });
      const second = await fixture.planReserve({ payoutId: 'pyo_2', token: 'io' });
      const sale = planSaleHold({
        rebalancingId: 'reb_1',
        ioUnits: 20n * oneIo,
        position,
        nowMs: fixture.nowMs,
      });
      assert(first.outcome === 'held' && second.outcome === 'held', 'nothing to decide');
      assert(sale.outcome === 'held', 'nothing to sell');
      await commit(fixture.runtime, first.writes);
      await refusalOf(commit(fixture.runtime, second.writes));
      await refusalOf(commit(fixture.runtime, sale.writes));
      const later = await fixture.planReserve({
        payoutId: 'pyo_2',
        token: 'io',
        units: 4_100_000n,
      });
      expectEqual(later.outcome, 'payout_asset_unavailable', 'the second');
      const reserve = { rebalancingId: 'reb_1', ioUnits: 20n * oneIo };
      expectEqual((await takeSaleHold(fixture.runtime, reserve)).outcome, 'position_short', 'sale');
      await sound(fixture);
    },
  },
  {
    name: 'a payout that was posted is not given back by a void that was decided before',
    play: async () => {
      for (const { asked, arrives } of ways) {
        const fixture = await reserved(asked);
        const writes = planPayoutVoid(await fixture.holds());
        await fixture.reserve({ ...asked, payoutId: 'pyo_2' });
        await fixture.paidOut(arrives);
        await refusalOf(commit(fixture.runtime, writes));
        await mustThrowBug(() => fixture.giveBack(), 'a void of a posted payout');
        await sound(fixture);
      }
    },
  },
  {
    name: 'a payout that was given back is not posted by a decision made before',
    play: async () => {
      for (const { asked, arrives: units } of ways) {
        const fixture = await reserved(asked);
        const fact = { payoutId, signature: 'paysig', units };
        const { writes } = planPayout(fact, await fixture.holds(), fixture.nowMs);
        await fixture.reserve({ ...asked, payoutId: 'pyo_2' });
        await fixture.giveBack();
        await refusalOf(commit(fixture.runtime, writes));
        await mustThrowBug(() => fixture.paidOut(units), 'money that left without its hold');
        await sound(fixture);
      }
    },
  },
  {
    name: 'a payout that was given back frees all that was held for it, in both assets',
    play: async () => {
      const fixture = await reserved(inIo);
      await fixture.giveBack();
      expectEqual((await fixture.balance('fx:io')).available, 40n * oneIo, 'IO');
      expectEqual((await fixture.balance('sup:org_supplier')).available, 10n * million, 'dollars');
      await sound(fixture);
    },
  },
  {
    name: 'a new price decided before a void or a release holds no IO after it',
    play: async () => {
      for (const end of ['void', 'release'] as const) {
        const fixture = await reserved(inIo);
        await fixture.reserve({ payoutId: 'pyo_2', token: 'io' });
        const decision = await fixture.planReprice(dearer);
        assert(decision.outcome === 'held', decision.outcome);
        if (end === 'void') await fixture.giveBack();
        else await fixture.releaseIo();
        await refusalOf(commit(fixture.runtime, decision.writes));
        await sound(fixture);
      }
    },
  },
  {
    name: 'IO that was released is not held again for a payout that was given back meanwhile',
    play: async () => {
      const fixture = await reserved(inIo);
      await fixture.releaseIo();
      const decision = await fixture.planReprice(dearer);
      assert(decision.outcome === 'held', decision.outcome);
      await fixture.giveBack();
      await refusalOf(commit(fixture.runtime, decision.writes));
      expectEqual((await fixture.balance('fx:io')).available, 40n * oneIo, 'IO');
      await sound(fixture);
    },
  },
  {
    name: 'a payout decided at an old price, or a release of what was paid, is decided again',
    play: async () => {
      const fixture = await reserved(inIo);
      await fixture.reserve({ payoutId: 'pyo_2', token: 'io' });
      const holds = await fixture.holds();
      const fact = { payoutId, signature: 'paysig', units: 20n * oneIo };
      const { writes } = planPayout(fact, holds, fixture.nowMs);
      await fixture.reprice(dearer);
      await refusalOf(commit(fixture.runtime, writes));
      const { ioHold } = await fixture.holds();
      const release = planPayoutIoRelease(present(ioHold, 'no hold of IO'));
      await fixture.paidOut(10n * oneIo);
      await refusalOf(commit(fixture.runtime, release));
      expectEqual(await fixture.units('fx:io'), 30n * oneIo, 'our position');
      await sound(fixture);
    },
  },
  {
    name: 'one payout is one transaction and one amount',
    play: async () => {
      for (const { asked, arrives } of ways) {
        const fixture = await reserved(asked);
        await mustThrowBug(() => fixture.paidOut(arrives + 1n), 'more than is held');
        await mustThrowBug(() => fixture.paidOut(arrives - 1n), 'less than is held');
        await fixture.paidOut(arrives);
        const again = await fixture.paidOut(arrives);
        expectEqual(again.outcome, 'already_done', 'the second time');
        await mustThrowBug(
          () => fixture.paidOut(arrives, payoutId, 'second'),
          'a second transaction',
        );
        await sound(fixture);
      }
    },
  },
  {
    name: 'the books of payouts are to the unit: the fee rounded up, IO rounded down',
    play: async () => {
      const fixture = await stocked(new ChainFixture());
      await fixture.reserve({ units: 51n });
      await fixture.paidOut(49n);
      expectEqual(await fixture.sum('rev:payout_fee'), 2n, 'fee');
      const thirds = { ...price, id: 'prc_3', nanoUsdPerIo: 300_000_000n };
      await fixture.reserve({ payoutId: 'pyo_2', token: 'io', units: million });
      await fixture.reprice(thirds, 'pyo_2');
      await fixture.paidOut(333_333_333n, 'pyo_2');
      expectEqual(await fixture.sum('fx:usd'), -9n * million, 'dollars of conversions');
      await sound(fixture);
    },
  },
  {
    name: 'an exchange is posted for the transaction that was written down as its own, and no other',
    play: async () => {
      const fixture = await stocked(new ChainFixture());
      const sale = { rebalancingId: 'reb_1', ioUnits: oneIo };
      const fact = { ...sale, direction: 'sale' as const, usdcUnits: million, signature: 'sig9' };
      await takeSaleHold(fixture.runtime, sale);
      await fixture.own('sig9', 'rebalancing', 'reb_2');
      const refused = await postRebalancing(fixture.runtime, fact).catch(() => undefined);
      expectEqual(refused, undefined, 'the exchange');
      await fixture.own('sig8', 'rebalancing', 'reb_1');
      await postRebalancing(fixture.runtime, { ...fact, signature: 'sig8' });
      expectEqual(await fixture.units('fx:io'), 39n * oneIo, 'our position');
      await sound(fixture);
    },
  },
];

export const chainScenarios: readonly Scenario[] = [...deposits, ...payouts];
