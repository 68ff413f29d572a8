/**
 * Step `sign-batch` of pay-suppliers: makes a batch's next attempt. It looks for one on the chain first, takes
 * out whom the chain would refuse, and signs only what is covered: what is signed and not known to be over
 * never exceeds what the treasury holds at a finalized slot, and rewards take none that is others'. The attempt is written before anybody can send
 * it; a signature that is not written is forgotten and harms nobody.
 */
import { type Write, WriteRefused } from '../../../shared/core/database.ts';
import { putOwnTransaction } from '../../../shared/ledger/chain/own-transaction-store.ts';
import {
  type Attempt,
  type Batch,
  batchUnits,
  movedBatch,
} from '../../../shared/payments/payouts/batch.ts';
import {
  countPaidHour,
  getLaneBatch,
  getSignedUnits,
  hasLane,
  putAttempt,
  putBatch,
  putSignedUnits,
  type SignedUnits,
} from '../../../shared/payments/payouts/batch-store.ts';
import {
  getPayoutControls,
  payoutsRun,
  putPayoutControls,
} from '../../../shared/payments/payouts/payout-controls-store.ts';
import { decideBreaker, hourUnitsMax } from '../../../shared/payments/payouts/payout-limits.ts';
import type { PayoutWallet } from '../../../shared/payments/payouts/payout-wallet.ts';
import { isPayoutWallet } from '../../../shared/payments/payouts/payout-wallet-store.ts';
import type { LaneStepInput, StepOutcome } from '../../kit/step.ts';
import { commit } from '../../kit/transaction.ts';
import { signTransfer } from '../sending/sign-transfer.ts';
import { adoptFound } from './adopt-found.ts';
import { buildBatch } from './build-batch.ts';
import { checkFunds } from './check-funds.ts';
import { paidHoursOf } from './paid-hours.ts';
import type { PayoutNeeds } from './payout-needs.ts';
import { arePayoutsHeld } from './payouts-held.ts';
import { refuseMembers } from './refuse-members.ts';
import { beyondRoom, releaseMembers } from './release-members.ts';
import { findUncovered } from './reward-funds.ts';
import { screenMembers } from './screen-members.ts';

/** A batch that died so often is looked at by a person. */
const attemptsMax = 40;

export const signBatchStep = async (
  needs: PayoutNeeds,
  { lane_id: lane }: LaneStepInput,
): Promise<StepOutcome> => {
  const batch = await getLaneBatch(needs.database, lane);
  if (!batch) return { outcome: 'nothing' };
  if (batch.status !== 'open') return { outcome: batch.status };
  const held = (why: string, fields: object = {}): StepOutcome => {
    needs.log.error('payouts.held', { why, batch_id: batch.id, ...fields });
    return { outcome: 'held' };
  };
  try {
    if (batch.members.length === 0) return await refuseMembers(needs, batch, []);
    if (await adoptFound(needs, batch)) return { outcome: 'signed' };
    if (await arePayoutsHeld(needs)) return { outcome: 'held' };
    if (batch.attempts >= attemptsMax) return held('too_many_attempts');
    const screened = await screenMembers(needs, batch);
    if (screened.bad.length > 0) return await refuseMembers(needs, batch, screened.bad);
    const beyond = beyondRoom(needs, batch, screened.making);
    if (beyond.length > 0) return await releaseMembers(needs, batch, beyond);
    const signed = await getSignedUnits(needs.database, batch.token);
    const uncovered = await findUncovered(needs, batch, signed);
    if (uncovered.length > 0) return await releaseMembers(needs, batch, uncovered);
    if (!(await withinHour(needs, batch))) return held('breaker');
    const funds = await checkFunds(needs, { batch, signed, making: screened.making });
    if (funds.outcome !== 'covered') return held(funds.outcome, funds);
    const built = await buildBatch(needs, batch, screened.making);
    if (built.outcome === 'bad_members') return await refuseMembers(needs, batch, built.bad);
    if (built.outcome === 'disturbed') return held('disturbed');
    if (built.outcome === 'refused') return held('simulation', { error: built.error });
    const transfer = await signTransfer(needs, built);
    if (transfer === 'too_old') return { outcome: 'again' };
    const attempt: Attempt = {
      ...{ batchId: batch.id, number: batch.attempts + 1, units: batchUnits(batch) },
      ...{ signature: transfer.signature, wire: transfer.wire, lifetime: built.lifetime },
      signedAtMs: needs.clock.nowMs(),
    };
    await writeAhead(needs, batch, { attempt, signed, wallets: screened.wallets });
    return { outcome: 'signed' };
  } catch (error) {
    // Somebody else went on with it, or stopped payouts: the next look sees it.
    if (!(error instanceof WriteRefused)) throw error;
    return { outcome: 'again' };
  }
};

interface Ahead {
  readonly attempt: Attempt;
  readonly signed: SignedUnits;
  /** Those that it pays: none of them may have been removed or replaced since. */
  readonly wallets: readonly PayoutWallet[];
}

/** Everything that a signed transaction changes, before it is sent. */
const writeAhead = async (
  needs: PayoutNeeds,
  batch: Batch,
  { attempt, signed, wallets }: Ahead,
): Promise<void> => {
  const { signature, signedAtMs } = attempt;
  const writes: Write[] = [
    putBatch(movedBatch(batch, 'sign', { attempts: attempt.number })),
    putAttempt(attempt),
    hasLane(batch.lane, batch.id),
    payoutsRun(),
    ...wallets.map(isPayoutWallet),
    putSignedUnits(signed, { units: signed.units + attempt.units, slot: signed.slot }),
    putOwnTransaction({ signature, purpose: 'payout', subjectId: batch.id, atMs: signedAtMs }),
    ...(batch.attempts === 0 ? [await counted(needs, batch)] : []),
  ];
  await commit(needs, writes);
  needs.log.info('payouts.signed', {
    ...{ batch_id: batch.id, number: attempt.number, transaction: signature },
    members: batch.members.length,
  });
};

const usdUnitsOf = ({ members }: Batch): bigint =>
  members.reduce((sum, { usdUnits }) => sum + usdUnits, 0n);

const counted = async (needs: PayoutNeeds, batch: Batch): Promise<Write> => {
  const hours = await paidHoursOf(needs);
  const units = usdUnitsOf(batch);
  const decision = decideBreaker({ units, ...hours });
  const { heldBatchId } = await getPayoutControls(needs.database);
  const passes = decision.outcome === 'open' && heldBatchId === batch.id;
  const unitsMax = passes ? decision.hourUnits : hourUnitsMax(hours);
  return countPaidHour({ hour: hours.hour, units, unitsMax });
};

/**
 * Whether the batch may go out in this hour; where it may not, all payouts stop until an operator looks. Who lets
 * them go on has seen the batch that they were stopped for: that one passes, and no other.
 */
const withinHour = async (needs: PayoutNeeds, batch: Batch): Promise<boolean> => {
  if (batch.attempts > 0) return true;
  const decision = decideBreaker({ units: usdUnitsOf(batch), ...(await paidHoursOf(needs)) });
  if (decision.outcome === 'closed') return true;
  const controls = await getPayoutControls(needs.database);
  if (controls.pausedFor === null && controls.heldBatchId === batch.id) return true;
  const why = 'More would be paid out in this hour than payouts of the last week explain.';
  await commit(needs, [putPayoutControls(controls, why, needs.clock.nowMs(), batch.id)]);
  needs.log.error('payouts.breaker_open', { batch_id: batch.id, ...decision });
  return false;
};
