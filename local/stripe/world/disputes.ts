/**
 * Disputes and early fraud warnings. Opening a dispute takes its amount and a fee from the balance; an
 * inquiry takes nothing until it becomes one. A won dispute gives the amount back and keeps the fee.
 */

import { disputeFee, moveBalance } from './balance.ts';
import type { Charge, Dispute, FraudWarning } from './objects.ts';
import { invalid } from './refusal.ts';
import type { World } from './world.ts';

const answerWithinSeconds = 9 * 86_400;

const emptyEvidence: Dispute['evidence'] = {
  access_activity_log: null,
  billing_address: null,
  cancellation_policy: null,
  cancellation_policy_disclosure: null,
  cancellation_rebuttal: null,
  customer_communication: null,
  customer_email_address: null,
  customer_name: null,
  customer_purchase_ip: null,
  customer_signature: null,
  duplicate_charge_documentation: null,
  duplicate_charge_explanation: null,
  duplicate_charge_id: null,
  enhanced_evidence: {},
  product_description: null,
  receipt: null,
  refund_policy: null,
  refund_policy_disclosure: null,
  refund_refusal_explanation: null,
  service_date: null,
  service_documentation: null,
  shipping_address: null,
  shipping_carrier: null,
  shipping_date: null,
  shipping_documentation: null,
  shipping_tracking_number: null,
  uncategorized_file: null,
  uncategorized_text: null,
};

export interface DisputeOrder {
  /** Cents; what is left of the charge unless told. */
  readonly amount?: number | undefined;
  readonly reason?: string | undefined;
  /** A question of the issuer that takes no funds. */
  readonly inquiry?: boolean | undefined;
}

const chargeOf = (world: World, dispute: Dispute): Charge => {
  const charge = world.state.charges.get(dispute.charge);
  if (charge === undefined) throw new Error(`no charge of ${dispute.id}`);
  return charge;
};

/** Whether the amount has been taken and not been given back. */
export const holdsFunds = (dispute: Dispute): boolean => {
  const moved = dispute.balance_transactions.reduce((sum, { amount }) => sum + amount, 0);
  return moved < 0;
};

/** Takes the disputed amount and the fee. */
export const withdrawFunds = (world: World, dispute: Dispute): Dispute => {
  if (holdsFunds(dispute)) throw invalid(`The funds of ${dispute.id} are withdrawn already.`);
  const { amount, currency, id, charge } = dispute;
  dispute.balance_transactions.push(
    moveBalance(world, {
      ...{ type: 'adjustment', category: 'dispute', amount: -amount, fee: disputeFee },
      ...{ currency, source: id, description: `Chargeback withdrawal for ${charge}` },
    }),
  );
  if (dispute.status.startsWith('warning_')) dispute.status = 'needs_response';
  dispute.is_charge_refundable = false;
  world.emit('charge.dispute.funds_withdrawn', dispute);
  return dispute;
};

/** Moves an amount for a dispute, in cents, below 0 from us: a part of it, or once more. Takes no fee. */
export const moveFunds = (world: World, dispute: Dispute, amount: number): Dispute => {
  const category = amount < 0 ? 'dispute' : 'dispute_reversal';
  const { currency, id, charge } = dispute;
  dispute.balance_transactions.push(
    moveBalance(world, {
      ...{ type: 'adjustment', category, amount, fee: 0 },
      ...{ currency, source: id, description: `Chargeback movement for ${charge}` },
    }),
  );
  const name = amount < 0 ? 'withdrawn' : 'reinstated';
  world.emit(`charge.dispute.funds_${name}`, dispute);
  return dispute;
};

/** The issuer takes a payment back. Refuses a charge that did not succeed or has nothing left. */
export const openDispute = (world: World, charge: Charge, order: DisputeOrder = {}): Dispute => {
  const amount = order.amount ?? charge.amount_captured - charge.amount_refunded;
  if (charge.status !== 'succeeded' || amount <= 0 || amount > charge.amount) {
    throw invalid(`There is nothing of ${charge.id} that can be disputed.`);
  }
  const inquiry = order.inquiry ?? false;
  const dispute: Dispute = {
    id: world.newId('du_'),
    object: 'dispute',
    amount,
    balance_transactions: [],
    charge: charge.id,
    created: world.now(),
    currency: charge.currency,
    enhanced_eligibility_types: [],
    evidence: { ...emptyEvidence },
    evidence_details: {
      due_by: world.now() + answerWithinSeconds,
      enhanced_eligibility: {},
      has_evidence: false,
      past_due: false,
      submission_count: 0,
      submission_method: 'manual',
    },
    intended_submission_method: 'manual',
    is_charge_refundable: inquiry,
    livemode: world.livemode,
    metadata: {},
    payment_intent: charge.payment_intent,
    reason: order.reason ?? 'fraudulent',
    status: inquiry ? 'warning_needs_response' : 'needs_response',
  };
  world.state.disputes.set(dispute.id, dispute);
  if (!inquiry) charge.disputed = true;
  world.emit('charge.dispute.created', dispute);
  return inquiry ? dispute : withdrawFunds(world, dispute);
};

/** An inquiry becomes a dispute. */
export const escalateInquiry = (world: World, dispute: Dispute): Dispute => {
  chargeOf(world, dispute).disputed = true;
  return withdrawFunds(world, dispute);
};

/** Ends a dispute. Refuses one that has ended. */
export const closeDispute = (world: World, dispute: Dispute, won: boolean): Dispute => {
  if (['won', 'lost', 'warning_closed'].includes(dispute.status)) {
    throw invalid('This dispute is already closed', { code: 'dispute_already_closed' });
  }
  const inquiry = dispute.status.startsWith('warning_');
  dispute.status = inquiry ? 'warning_closed' : won ? 'won' : 'lost';
  if (won && holdsFunds(dispute)) {
    const { amount, currency, id, charge } = dispute;
    dispute.balance_transactions.push(
      moveBalance(world, {
        ...{ type: 'adjustment', category: 'dispute_reversal', amount, fee: 0 },
        ...{ currency, source: id, description: `Chargeback reversal for ${charge}` },
      }),
    );
    dispute.is_charge_refundable = true;
    world.emit('charge.dispute.funds_reinstated', dispute);
  }
  world.emit('charge.dispute.closed', dispute);
  return dispute;
};

/** Sends what was written to the issuer; Stripe's two test words decide the dispute. */
export const submitEvidence = (world: World, dispute: Dispute, text: string): Dispute => {
  dispute.evidence.uncategorized_text = text;
  dispute.evidence_details.has_evidence = true;
  dispute.evidence_details.submission_count += 1;
  const inquiry = dispute.status.startsWith('warning_');
  dispute.status = inquiry ? 'warning_under_review' : 'under_review';
  world.emit('charge.dispute.updated', dispute);
  if (text === 'winning_evidence') return closeDispute(world, dispute, true);
  return text === 'losing_evidence' ? closeDispute(world, dispute, false) : dispute;
};

/** The issuer believes that a payment is fraud; nothing moves yet. */
export const warnOfFraud = (world: World, charge: Charge, fraudType: string): FraudWarning => {
  const warning: FraudWarning = {
    id: world.newId('issfr_'),
    object: 'radar.early_fraud_warning',
    actionable: !charge.refunded && !charge.disputed,
    charge: charge.id,
    created: world.now(),
    fraud_type: fraudType,
    livemode: world.livemode,
    ...(charge.payment_intent === null ? {} : { payment_intent: charge.payment_intent }),
  };
  world.state.warnings.set(warning.id, warning);
  world.emit('radar.early_fraud_warning.created', warning);
  return warning;
};
