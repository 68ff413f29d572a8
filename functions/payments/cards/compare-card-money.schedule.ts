/**
 * Task `compare-card-money`: holds what the card provider says that it has for us against what the ledger
 * says, to the cent, after posting what moves without any payment of ours: payouts to our bank, and fees that
 * the provider takes by themselves. A difference that an hour does not explain is an alarm; while money of the
 * last hour moves, what is older is still held to its fees, one by one.
 */

import type { AccountMovement } from '../../../shared/adapters/stripe-port.ts';
import { assert } from '../../../shared/core/assert.ts';
import { microsOfCents } from '../../../shared/core/money.ts';
import { dayMs, hourMs } from '../../../shared/core/time.ts';
import { listTransfersById, sumAccount } from '../../../shared/ledger/ledger-store.ts';
import { providerCostId } from '../../../shared/ledger/provider.ts';
import type { TaskOutcome } from '../../kit/schedule.ts';
import { postBankFunding, postProviderCost } from '../../ledger/post-provider-money.ts';
import type { PaymentNeeds } from './payment-needs.ts';

const backMs = 3 * dayMs;
/** What moved in the last hour may not be posted yet. */
const settlingMs = hourMs;

const feeTypes: ReadonlySet<string> = new Set(['stripe_fee', 'stripe_fx_fee', 'tax_fee']);

export const compareCardMoney = async (needs: PaymentNeeds): Promise<TaskOutcome> => {
  const movements = await listMovements(needs);
  for (const movement of movements) await postMovement(needs, movement);
  const settledMs = needs.clock.nowMs() - settlingMs;
  await requireCosts(
    needs,
    movements.filter(({ createdAtMs }) => createdAtMs <= settledMs),
  );
  const held = microsOfCents(await (await needs.stripe()).getBalanceCents());
  const booked = -(await sumAccount(needs.database, 'ext:stripe'));
  const isSettling = movements.some(({ createdAtMs }) => createdAtMs > settledMs);
  if (held !== booked && isSettling) {
    needs.log.warn('card_money.settling', { held, booked });
    return { done: 0, failed: 0 };
  }
  assert(held === booked, `the card provider holds ${held} for us, the ledger says ${booked}`);
  return { done: movements.length, failed: 0 };
};

/**
 * Of every movement for which the provider took a fee, which all payments and disputes are, the fee must be
 * posted: it is posted right behind what moved. So a payment that nobody booked shows also where newer ones
 * hide it from the total.
 */
const requireCosts = async (
  needs: PaymentNeeds,
  movements: readonly AccountMovement[],
): Promise<void> => {
  const ids = movements
    .filter(({ feeCents }) => feeCents !== 0n)
    .map(({ id }) => providerCostId(id));
  for (let from = 0; from < ids.length; from += 100) {
    const page = ids.slice(from, from + 100);
    const found = new Set((await listTransfersById(needs.database, page)).map(({ id }) => id));
    const missing = page.filter((id) => !found.has(id));
    assert(missing.length === 0, `the ledger knows nothing of ${missing.join(', ')}`);
  }
};

const listMovements = async (needs: PaymentNeeds): Promise<readonly AccountMovement[]> => {
  const stripe = await needs.stripe();
  const sinceMs = needs.clock.nowMs() - backMs;
  const movements: AccountMovement[] = [];
  let after: string | undefined;
  do {
    const page = await stripe.listMovements({ sinceMs, after });
    movements.push(...page.items);
    after = page.next;
  } while (after !== undefined);
  return movements;
};

/** Posts what follows from the movement alone; what belongs to a payment is posted with that payment. */
const postMovement = async (
  needs: PaymentNeeds,
  { id, type, source, amountCents, feeCents }: AccountMovement,
): Promise<void> => {
  if (type === 'payout' && amountCents < 0n) {
    await postBankFunding(needs, { fundingId: source ?? id, units: microsOfCents(-amountCents) });
  }
  const takenCents = feeTypes.has(type) ? feeCents - amountCents : 0n;
  if (takenCents !== 0n) {
    await postProviderCost(needs, { transactionId: id, units: microsOfCents(takenCents) });
  }
};
