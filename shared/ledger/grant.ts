/**
 * Credit that the operator gives away. It pays the debt first, and marks the customer as granted even
 * when all of it goes there: granted credit matures late, and never into cash through one's own devices.
 */
import { assert } from '../core/assert.ts';
import type { Write } from '../core/database.ts';
import { customerAccount, debtAccount } from './account.ts';
import { type Balance, paymentsAsRead } from './balance.ts';
import { debtAsRead, splitCredit } from './debt.ts';
import { writesOf } from './posting.ts';
import { causeOf, mergeLegs, type Transfer } from './transfer.ts';

export interface GrantInput {
  /** Id of the grant; a retry brings the same one. */
  readonly grantId: string;
  readonly organisation: string;
  /** Micro-dollars above 0. */
  readonly units: bigint;
  readonly reason: string;
  readonly nowMs: number;
  /** `cust` and `debt` of the organisation as read. */
  readonly customer: Balance;
  readonly debt: Balance;
}

/** The id of a grant's transfer. */
export const grantTransferId = (grantId: string): string => `grant:${grantId}`;

/** Proposes the grant's transfer. Conditions: debt and payments as read. */
export const planGrant = (
  input: GrantInput,
): { readonly transfer: Transfer; readonly writes: Write[] } => {
  const { grantId, organisation, units, customer, debt, nowMs } = input;
  assert(units > 0n, 'a grant of nothing');
  const { paid, rest } = splitCredit(units, debt);
  const account = customerAccount(organisation);
  const transfer: Transfer = {
    id: grantTransferId(grantId),
    cause: causeOf({ organisation, units }),
    asset: 'usd',
    code: 'grant',
    legs: mergeLegs([
      { account: 'exp:grant', units: -units },
      { account, units: rest },
      { account: debtAccount(organisation), units: paid },
    ]),
    atMs: nowMs,
    reason: input.reason,
  };
  // Never back in time, whatever the clocks of two functions say: an older stamp could end a class early.
  const grantedAtMs = Math.max(nowMs, customer.grantedAtMs ?? 0);
  const writes = writesOf({
    transfers: [transfer],
    touches: [
      { account, condition: paymentsAsRead(customer), set: { granted_at_ms: grantedAtMs } },
      debtAsRead(debt),
    ],
  });
  return { transfer, writes };
};
