/** The obvious ways to write the way from the card provider's event to the ledger wrong; each must die. */
import { edit, type Mutant } from './mutant.ts';

const reconcile = 'functions/payments/cards/reconcile-payment.ts';
const topUps = 'shared/payments/cards/top-up.ts';
const signatures = 'shared/adapters/stripe-webhook.ts';
const edge = 'functions/payments/cards/receive-stripe-event.ts';

/** Takes a check for passed. */
const unchecked = (name: string, file: string, check: string): Mutant => ({
  name,
  edits: [edit(file, check, 'true')],
});

/** Takes an alarm for silent. */
const silent = (name: string, file: string, alarm: string): Mutant => ({
  name,
  edits: [edit(file, alarm, 'false')],
});

/** Hands the event on to where its payment is credited. */
const eventHandedOn = [
  edit(
    'functions/payments/cards/process-provider-event.queue.ts',
    'await reconcilePayment(needs, subject.paymentId);',
    'await reconcilePayment(needs, subject.paymentId, { event: JSON.parse(kept.body) } as never);',
  ),
  edit(
    reconcile,
    'await postCredit(needs, topUp, payment);',
    'await postCredit({ ...needs, event: (news as any).event } as never, topUp, payment);',
  ),
];

export const paymentMutants: readonly Mutant[] = [
  {
    name: 'credits what the event says',
    edits: [
      ...eventHandedOn,
      edit(
        reconcile,
        'units: topUp.units,',
        'units: BigInt((needs as any).event.data.object.amount_received) * 10_000n - topUp.feeUnits,',
      ),
    ],
  },
  {
    name: 'credits per event, not per payment',
    edits: [
      ...eventHandedOn,
      edit(
        reconcile,
        'paymentId: payment.id,\n    organisation,\n    units: topUp.units,',
        'paymentId: (needs as any).event.id, organisation, units: topUp.units,',
      ),
    ],
  },
  unchecked('does not compare the amount', topUps, 'payment.receivedCents === cents'),
  unchecked('credits another currency', topUps, "payment.currency === 'usd'"),
  unchecked('credits a second payment', topUps, 'paymentId === null || paymentId === payment.id'),
  silent('credits before the payment is through', topUps, "payment.status !== 'succeeded'"),
  unchecked('credits the other mode', reconcile, "payment.liveMode === (needs.keyMode === 'live')"),
  silent('does not check the signature', signatures, '!isGenuine'),
  silent('takes old signatures', signatures, 'signedAtMs < arrivedAtMs - toleranceMs'),
  silent('takes signatures of the future', signatures, 'signedAtMs > arrivedAtMs + toleranceMs'),
  silent('takes events of the other mode', edge, "event.liveMode !== (keyMode === 'live')"),
  silent('takes events of other accounts', edge, 'event.account !== null'),
];
