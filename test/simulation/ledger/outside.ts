/**
 * Facts of the outside world that later work brings into the product and that the ledger's rules must
 * already bear: a card payment, and a dispute that leaves a debt. Made with the ledger's own writer.
 */

import type { CommitRuntime } from '../../../functions/kit/transaction.ts';
import { type Committed, commitDecision } from '../../../functions/ledger/commit-decision.ts';
import type { Clock } from '../../../shared/core/time.ts';
import { customerAccount, debtAccount } from '../../../shared/ledger/account.ts';
import { paymentsAsRead, postedAsRead } from '../../../shared/ledger/balance.ts';
import { debtAsRead, splitCredit } from '../../../shared/ledger/debt.ts';
import { getCredit } from '../../../shared/ledger/ledger-store.ts';
import { writesOf } from '../../../shared/ledger/posting.ts';
import { causeOf, mergeLegs, type Transfer } from '../../../shared/ledger/transfer.ts';

export interface OutsideFact {
  readonly id: string;
  readonly organisation: string;
  readonly units: bigint;
}

type Needs = CommitRuntime & { readonly clock: Clock };

/** A card payment: credit, debt first, and the customer's `card_at`. */
export const topUp = (needs: Needs, fact: OutsideFact): Promise<Committed<Transfer>> =>
  commitDecision(needs, async () => {
    const { id, organisation, units } = fact;
    const { customer, debt } = await getCredit(needs.database, organisation);
    const nowMs = needs.clock.nowMs();
    const { paid, rest } = splitCredit(units, debt);
    const transfer: Transfer = {
      id: `stripe:pi:${id}`,
      cause: causeOf({ organisation, units }),
      asset: 'usd',
      code: 'grant',
      external: id,
      legs: mergeLegs([
        { account: 'ext:stripe', units: -units },
        { account: customerAccount(organisation), units: rest },
        { account: debtAccount(organisation), units: paid },
      ]),
      atMs: nowMs,
    };
    const cardAtMs = Math.max(nowMs, customer.cardAtMs ?? 0);
    const writes = writesOf({
      transfers: [transfer],
      touches: [
        {
          account: customerAccount(organisation),
          condition: paymentsAsRead(customer),
          set: { card_at_ms: cardAtMs },
        },
        debtAsRead(debt),
      ],
    });
    return { writes, transfers: [transfer], answer: transfer };
  });

/** A dispute: takes what is available, the rest is owed. */
export const dispute = (needs: Needs, fact: OutsideFact): Promise<Committed<Transfer>> =>
  commitDecision(needs, async () => {
    const { id, organisation, units } = fact;
    const { customer } = await getCredit(needs.database, organisation);
    const taken = customer.available < units ? customer.available : units;
    const transfer: Transfer = {
      id: `stripe:dp:${id}:open`,
      cause: causeOf({ organisation, units }),
      asset: 'usd',
      code: 'debt_payment',
      external: id,
      legs: mergeLegs([
        { account: customerAccount(organisation), units: -taken },
        { account: debtAccount(organisation), units: taken - units },
        { account: 'ext:stripe', units },
      ]),
      atMs: needs.clock.nowMs(),
    };
    const asRead = postedAsRead(customer);
    const available = { equals: { available: customer.available } };
    const writes = writesOf({
      transfers: [transfer],
      touches: [
        {
          account: customerAccount(organisation),
          condition: customer.version === 0n ? asRead : available,
        },
      ],
    });
    return { writes, transfers: [transfer], answer: transfer };
  });
