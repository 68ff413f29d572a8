/**
 * Step `open-batch` of pay-suppliers: goes on with the batch that has the lane, or gives the lane to a new
 * batch of the oldest payouts that wait. A payout is claimed in the write that puts it into the batch, so it
 * is in one batch at most.
 */
import { tokenAccountOf } from '../../../shared/adapters/solana-message.ts';
import { present } from '../../../shared/core/assert.ts';
import type { Token } from '../../../shared/core/chain.ts';
import { type Write, WriteRefused } from '../../../shared/core/database.ts';
import { newId } from '../../../shared/core/ids.ts';
import { dayMs, hourOf } from '../../../shared/core/time.ts';
import { type Batch, type Member, withMembers } from '../../../shared/payments/payouts/batch.ts';
import { type Candidate, fitBatch } from '../../../shared/payments/payouts/batch-plan.ts';
import {
  getLaneBatch,
  hasLane,
  listPaidHours,
  putBatch,
  takeLane,
} from '../../../shared/payments/payouts/batch-store.ts';
import { type PayoutWork, queuesOf } from '../../../shared/payments/payouts/keys.ts';
import { type Lane, movedPayout, type Payout } from '../../../shared/payments/payouts/payout.ts';
import {
  withinCustody,
  withinDay,
  withinHour,
} from '../../../shared/payments/payouts/payout-limits.ts';
import { listWaitingPayouts, putPayout } from '../../../shared/payments/payouts/payout-store.ts';
import type { LaneStepInput, StepOutcome } from '../../kit/step.ts';
import { commit } from '../../kit/transaction.ts';
import { askFirst } from '../sending/ask-providers.ts';
import { paidHoursOf } from './paid-hours.ts';
import { formOf, type PayoutNeeds } from './payout-needs.ts';
import { arePayoutsHeld } from './payouts-held.ts';
import { withFreshPrice } from './renew-price.ts';
import { claimableUnits } from './reward-funds.ts';

/** So many payouts are looked at together, and so many times where those before can only wait. */
const lookMax = 100;
const looksMax = 20;
/** Payouts that one transaction of the database claims: two writes each, and the batch's own. */
const claimsMax = 45;

export const openBatchStep = async (
  needs: PayoutNeeds,
  { lane_id: lane }: LaneStepInput,
): Promise<StepOutcome> => {
  const living = await getLaneBatch(needs.database, lane);
  if (living) return { outcome: living.status };
  if (await arePayoutsHeld(needs)) return { outcome: 'held' };
  const chosen = await chooseAmongAll(needs, lane);
  if (!chosen) return { outcome: 'nothing' };
  try {
    return await claim(needs, lane, chosen);
  } catch (error) {
    // Somebody else opened a batch, or changed a payout: the next look sees it.
    if (!(error instanceof WriteRefused)) throw error;
    return { outcome: 'moved' };
  }
};

interface Claim extends Candidate {
  readonly payout: Payout;
  readonly member: Member;
}

interface Chosen {
  readonly token: Token;
  readonly claims: readonly Claim[];
}

/** Looks on past those that wait for a price or their mint, and never past those that wait for a limit. */
const chooseAmongAll = async (needs: PayoutNeeds, lane: Lane): Promise<Chosen | undefined> => {
  const [earnings, rewards] = queuesOf(lane);
  const freeUnits = await freeForRewards(needs, lane);
  const cursors = new Map<PayoutWork, string | undefined>([[earnings, undefined]]);
  if (freeUnits > 0n) cursors.set(rewards, undefined);
  for (let looks = 0; looks < looksMax && cursors.size > 0; looks += 1) {
    const queue: Payout[] = [];
    for (const [work, cursor] of [...cursors]) {
      const page = await listWaitingPayouts(needs.database, work, { limit: lookMax, cursor });
      queue.push(...page.payouts);
      if (page.next === undefined) cursors.delete(work);
      else cursors.set(work, page.next);
    }
    queue.sort((a, b) => (a.id < b.id ? -1 : 1));
    const chosen = await choose(needs, { lane, queue, freeUnits });
    if (chosen === 'full') return undefined;
    if (chosen) return chosen;
  }
  return undefined;
};

/** Base units of IO that rewards in the lane may take, which is asked for only where some wait. */
const freeForRewards = async (needs: PayoutNeeds, lane: Lane): Promise<bigint> => {
  const [, rewards] = queuesOf(lane);
  const { payouts } = await listWaitingPayouts(needs.database, rewards, { limit: 1 });
  if (payouts.length === 0) return 0n;
  const free = await claimableUnits(needs, lane);
  if (free <= 0n) needs.log.info('payouts.rewards_uncovered', { lane, free_units: free });
  return free;
};

/** The oldest that can be paid now, with those of its token behind it that fit; undefined: nobody; `full`: a limit. */
const choose = async (
  needs: PayoutNeeds,
  {
    lane,
    queue,
    freeUnits,
  }: { readonly lane: Lane; readonly queue: readonly Payout[]; readonly freeUnits: bigint },
): Promise<Chosen | 'full' | undefined> => {
  let isFull = false;
  // Who cannot be paid anyway takes no room of a limit, and no new price.
  const covered = withinCustody(queue, freeUnits);
  const uncovered = queue.length - covered.length;
  if (uncovered > 0) needs.log.info('payouts.rewards_uncovered', { lane, payouts: uncovered });
  for (const token of new Set(covered.map((payout) => payout.token))) {
    const waiting = covered.filter((payout) => payout.token === token);
    const affordable = (await withinLimits(needs, waiting)).slice(0, lookMax);
    const priced = await withFreshPrice(needs, affordable);
    // A new price may make rewards worth more.
    const payable = await withinLimits(needs, priced);
    isFull ||= affordable.length === 0 || (priced.length > 0 && payable.length === 0);
    const candidates = await withAccounts(needs, token, payable);
    const claims = fitBatch(candidates, formOf(needs, lane));
    if (claims.length > 0) return { token, claims };
  }
  return isFull ? 'full' : undefined;
};

const withinLimits = async (
  needs: PayoutNeeds,
  payouts: readonly Payout[],
): Promise<readonly Payout[]> =>
  withinHour(withinDay(payouts, await paidToday(needs)), await paidHoursOf(needs));

/** Micro-dollars that went out since midnight UTC. */
const paidToday = async (needs: PayoutNeeds): Promise<bigint> => {
  const nowMs = needs.clock.nowMs();
  const midnight = nowMs - (nowMs % dayMs);
  const hours = await listPaidHours(needs.database, hourOf(midnight));
  return hours.reduce((sum, { units }) => sum + units, 0n);
};

const withAccounts = async (
  needs: PayoutNeeds,
  token: Token,
  payouts: readonly Payout[],
): Promise<Chosen['claims']> => {
  if (payouts.length === 0) return [];
  const mint = await needs.mintOf(token);
  const addresses = await Promise.all(payouts.map(({ wallet }) => tokenAccountOf(wallet, mint)));
  const { accounts } = await askFirst(needs, await needs.solana(), (provider) =>
    provider.listTokenAccounts(addresses),
  );
  return payouts.map((payout, index) => ({
    payout,
    makesAccount: accounts[index] === undefined,
    member: {
      payoutId: payout.id,
      organisation: payout.organisation,
      wallet: payout.wallet,
      tokenAccount: present(addresses[index], 'an address is missing'),
      units: payout.tokenUnits,
      usdUnits: payout.usdUnits,
    },
  }));
};

/** Claims the first ones with the lane itself; those beyond one transaction join afterwards. */
const claim = async (
  needs: PayoutNeeds,
  lane: Lane,
  { token, claims }: Chosen,
): Promise<StepOutcome> => {
  const nowMs = needs.clock.nowMs();
  const id = newId('pbt', nowMs, needs.randomness);
  const writesOf = (part: Chosen['claims']): Write[] =>
    part.flatMap(({ payout }) => putPayout(movedPayout(payout, 'claim', { batchId: id }), payout));
  const first = claims.slice(0, claimsMax);
  const rest = claims.slice(claimsMax);
  const batch: Batch = {
    ...{ id, lane, token, status: 'open', attempts: 0, openedAtMs: nowMs, version: 1 },
    members: first.map(({ member }) => member),
  };
  await commit(needs, [takeLane(lane, id), putBatch(batch), ...writesOf(first)]);
  if (rest.length > 0) {
    const whole = withMembers(
      batch,
      claims.map(({ member }) => member),
    );
    await commit(needs, [hasLane(lane, id), putBatch(whole), ...writesOf(rest)]);
  }
  needs.log.info('payouts.batch_opened', { batch_id: id, lane, members: claims.length });
  return { outcome: 'open' };
};
