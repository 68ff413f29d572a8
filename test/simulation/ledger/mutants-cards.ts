/** The obvious ways to write card money wrong; each must die as those of the rest of the ledger do. */
import { edit, type Mutant, rules } from './mutant.ts';

const unpaidDebt = '{ account: customerAccount(organisation), units }';

const debtMutants = {
  topUps: edit('shared/ledger/top-up.ts', '...creditLegs(organisation, units, debt)', unpaidDebt),
  won: edit(
    'shared/ledger/card-reversal.ts',
    'const legs = creditLegs(organisation, units, debt);',
    `const legs: Leg[] = [${unpaidDebt}];`,
  ),
  failed: edit(
    'shared/ledger/card-refund.ts',
    '...creditLegs(organisation, amount, debt)',
    '{ account: customerAccount(organisation), units: amount }',
  ),
  foreignFailed: edit(
    'shared/ledger/card-reversal.ts',
    '...creditLegs(organisation, units, debt)',
    unpaidDebt,
  ),
  grants: edit(
    'shared/ledger/grant.ts',
    'splitCredit(units, debt)',
    '{ paid: 0n, rest: (splitCredit(units, debt), units) }',
  ),
  releases: edit(
    'shared/ledger/debt.ts',
    'const { paid } = splitCredit(releasedUnits, debt);',
    'const paid = 0n as bigint;',
  ),
};

const { topUps, ...others } = debtMutants;

export const cardMutants: readonly Mutant[] = [
  { name: 'pays no debt from top-ups', edits: [topUps] },
  { name: 'pays debt from top-ups only', edits: Object.values(others) },
  { name: 'pays no debt from won disputes', edits: [debtMutants.won] },
  { name: 'pays no debt from failed refunds', edits: [debtMutants.failed] },
  { name: 'pays no debt from failed foreign refunds', edits: [debtMutants.foreignFailed] },
  {
    name: 'reverses a won dispute exactly',
    edits: [
      edit(
        'functions/ledger/post-card-reversal.ts',
        'return planDisputeWon({ ...fact, debt,',
        'return planDisputeWon({ ...fact, debt, opened: opened.transfer,',
      ),
      edit(
        'shared/ledger/card-reversal.ts',
        'const legs = creditLegs(organisation, units, debt);',
        "const legs = (input as any).opened.legs.filter((leg: Leg) => leg.account !== 'ext:stripe')" +
          '.map((leg: Leg) => ({ ...leg, units: -leg.units }));',
      ),
    ],
  },
  {
    name: 'credits a won dispute before its withdrawal',
    edits: [
      edit(
        'functions/ledger/post-card-reversal.ts',
        'const opened = await postDisputeOpened(needs, fact);',
        '',
      ),
      edit(
        'functions/ledger/post-card-reversal.ts',
        "assert(unitsOn(opened.transfer, 'ext:stripe') === fact.units, 'another amount came back');",
        '',
      ),
    ],
  },
  rules(
    'does not condition what a dispute takes',
    'card-reversal.ts',
    'condition: availableAsRead(customer)',
    'condition: {}',
  ),
  rules(
    'takes all of a dispute as a debt',
    'debt.ts',
    'const taken = customer.available < units ? customer.available : units;',
    'const taken = 0n as bigint;',
  ),
  rules(
    'forgets that a payment was disputed',
    'card-reversal.ts',
    '{ disputed: true }',
    '{ disputed: false }',
  ),
  rules(
    'lets a disputed payment be refunded again',
    'card-payment.ts',
    'sums.disputed || left < 0n',
    'left < 0n',
  ),
  rules(
    'forgets foreign refunds',
    'card-payment.ts',
    'sums.amount - sums.refunded - sums.refundedByOthers',
    'sums.amount - sums.refunded',
  ),
  rules(
    'lets the fee be refunded',
    'top-up.ts',
    'movePayment(payment, { amount: units })',
    'movePayment(payment, { amount: units + feeUnits })',
  ),
  rules(
    'does not condition the payment',
    'card-payment.ts',
    'condition: asRead.version === 0 ? { exists: false } : { equals: { v: asRead.version } },',
    'condition: {},',
  ),
  rules(
    'refunds to the card without a hold',
    'card-refund.ts',
    'held: [{ account: hold.account, units }],',
    'held: [{ account: hold.account, units: 0n }],',
  ),
  rules(
    'refunds held credit',
    'card-refund.ts',
    'const { available } = customer;',
    'const available = customer.posted;',
  ),
  rules(
    'refunds more than the payment',
    'card-refund.ts',
    'if (refundable < units)',
    'if (refundable < 0n)',
  ),
  rules(
    'keeps the credit of a posted refund held',
    'card-refund.ts',
    'held: [{ account, units: -amount }],',
    'held: [{ account, units: 0n }],',
  ),
  rules(
    "does not guard a refund's hold",
    'card-refund.ts',
    "import { type HeldCredit, moveHeld, openHeld } from './held-credit.ts';",
    `import { moveHeld as guarded, type HeldCredit, openHeld } from './held-credit.ts';
    const moveHeld = (...of: Parameters<typeof guarded>) => ({ ...guarded(...of), condition: {} });`,
  ),
  rules(
    'forgets what a failed refund gave back',
    'card-refund.ts',
    'refunded: payment.refunded - amount',
    'refunded: payment.refunded',
  ),
  {
    name: 'books the fee off by one',
    edits: [
      edit(
        'shared/ledger/top-up.ts',
        'units: -(units + feeUnits)',
        'units: -(units + feeUnits) - 1n',
      ),
      edit(
        'shared/ledger/top-up.ts',
        "{ account: 'rev:provider_fee', units: feeUnits }",
        "{ account: 'rev:provider_fee', units: feeUnits + 1n }",
      ),
    ],
  },
  {
    name: 'takes the fee from the credit',
    edits: [
      edit('shared/ledger/top-up.ts', 'units: -(units + feeUnits)', 'units: -units'),
      edit(
        'shared/ledger/top-up.ts',
        '...creditLegs(organisation, units, debt)',
        '...creditLegs(organisation, units - feeUnits, debt)',
      ),
    ],
  },
  rules(
    'books the fee as our cost',
    'top-up.ts',
    "account: 'rev:provider_fee'",
    "account: 'exp:stripe'",
  ),
  rules(
    'makes a new id when a top-up is told again',
    'top-up.ts',
    'id: topUpId(paymentId),',
    'id: topUpId(paymentId) + nowMs,',
  ),
  rules('does not mark card payments', 'top-up.ts', 'set: stampOf(input)', 'set: { seen: 1n }'),
  rules(
    'does not condition the stamps of a top-up',
    'top-up.ts',
    'condition: paymentsAsRead(customer),',
    'condition: (paymentsAsRead(customer), {}),',
  ),
  rules(
    'turns the stamp of a card back',
    'top-up.ts',
    'card_at_ms: Math.max(nowMs, customer.cardAtMs ?? 0)',
    'card_at_ms: nowMs',
  ),
  rules(
    'lets a secured card shorten the class of an unsecured one',
    'maturity.ts',
    'if (within(payments.cardAtMs, cardWithinMs)) return 14;',
    'if (!within(payments.cardShiftAtMs, cardWithinMs) && within(payments.cardAtMs, cardWithinMs)) return 14;',
  ),
  rules(
    'does not condition a later secured card',
    'balance.ts',
    'card_shift_at_ms: customer.cardShiftAtMs,',
    '',
  ),
  rules(
    'claws back more than is owed',
    'earnings-review.ts',
    'least(order.units, takeable, owedUnits(debt))',
    'least(order.units, takeable, owedUnits(debt) + order.units)',
  ),
  rules(
    'claws back without the version of the earnings',
    'earnings-review.ts',
    '{ account, condition: { equals: { v: earnings.version } }, ...emptied }',
    '{ account, condition: {}, ...emptied }',
  ),
  rules(
    'approves without the version of the earnings',
    'earnings-review.ts',
    'const touches: Touch[] = [{ account, condition: { equals: { v: version } }, ...unlisted }];',
    'const touches: Touch[] = [{ account, ...unlisted }];',
  ),
];
