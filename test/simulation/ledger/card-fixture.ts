/** A ledger for tests of card money: its facts in one line each, and what it looks like at rest. */
import {
  postDisputeOpened,
  postDisputeWon,
  postForeignRefund,
  postForeignRefundFailure,
} from '../../../functions/ledger/post-card-reversal.ts';
import { postTopUp } from '../../../functions/ledger/post-top-up.ts';
import {
  postRefund,
  postRefundFailure,
  takeRefundHold,
  voidRefund,
} from '../../../functions/ledger/refund-to-card.ts';
import { present } from '../../../shared/core/assert.ts';
import { customerAccount, debtAccount } from '../../../shared/ledger/account.ts';
import { getPayment } from '../../../shared/ledger/card-store.ts';
import { sumAccount } from '../../../shared/ledger/ledger-store.ts';
import type { TopUpFact } from '../../../shared/ledger/top-up.ts';
import { Fixture, million, payer } from './fixture.ts';

export const paymentId = 'pi_1';
/** The one payment: 10 USD of credit, 0.30 USD for the provider. */
export const amount = 10n * million;
export const fee = 300_000n;

export class CardFixture extends Fixture {
  topUp(parts: Partial<TopUpFact> = {}) {
    const fact = { paymentId, organisation: payer, units: amount, feeUnits: fee };
    return postTopUp(this.runtime, { ...fact, liabilityShifted: false, ...parts });
  }

  open(units = amount + fee, disputeId = 'dp_1') {
    return postDisputeOpened(this.runtime, this.#reversal(units, { disputeId }));
  }

  won(units = amount + fee, disputeId = 'dp_1') {
    return postDisputeWon(this.runtime, this.#reversal(units, { disputeId }));
  }

  foreign(units: bigint, providerRefundId = 're_foreign') {
    return postForeignRefund(this.runtime, this.#reversal(units, { providerRefundId }));
  }

  foreignFailed(units: bigint, providerRefundId = 're_foreign') {
    return postForeignRefundFailure(this.runtime, this.#reversal(units, { providerRefundId }));
  }

  take(units: bigint, refundId = 'rf_1') {
    return takeRefundHold(this.runtime, { refundId, paymentId, organisation: payer, units });
  }

  refunded(refundId = 'rf_1') {
    return postRefund(this.runtime, { refundId, providerRefundId: `re_of_${refundId}` });
  }

  refused(refundId = 'rf_1') {
    return voidRefund(this.runtime, { refundId });
  }

  failed(refundId = 'rf_1') {
    return postRefundFailure(this.runtime, { refundId, providerRefundId: `re_of_${refundId}` });
  }

  async payment() {
    return present(await getPayment(this.runtime.database, paymentId), 'no payment');
  }

  /** Everything that the facts of a payment may change, without versions and times. */
  async state() {
    const { database } = this.runtime;
    const { posted, held, available } = await this.balance(customerAccount(payer));
    const payment = await getPayment(database, paymentId);
    return {
      posted,
      held,
      available,
      debt: await this.units(debtAccount(payer)),
      stripe: await sumAccount(database, 'ext:stripe'),
      fee: await sumAccount(database, 'rev:provider_fee'),
      amount: payment?.amount ?? 0n,
      refundable: payment?.refundable ?? 0n,
      disputed: payment?.disputed ?? false,
    };
  }

  #reversal<Name extends object>(units: bigint, name: Name) {
    return { paymentId, organisation: payer, units, ...name };
  }
}
