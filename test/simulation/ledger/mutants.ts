/**
 * The obvious ways to write the ledger wrong, as edits of its source. Each must die: by a directed
 * scenario or by the fuzz. Those that cannot die are listed with the second guard that holds instead.
 */

import { edit, type Mutant, rules } from './mutant.ts';
import { cardMutants } from './mutants-cards.ts';
import { chainEquivalents, chainMutants } from './mutants-chain.ts';
import { paymentMutants } from './mutants-payments.ts';
import { rewardEquivalents, rewardMutants } from './mutants-rewards.ts';
import { stakeMutants } from './mutants-stakes.ts';

/** As it stands in the source, template and all. */
const shardForLeg = `shardOf(\`\${account} \${transferId}\`, recordingShards)`;

const legsOf = (legs: string): string =>
  `String((${legs} as { account: string; units: bigint }[] ?? []).map((leg) => leg.account + leg.units))`;

export const mutants: readonly Mutant[] = [
  rules(
    'compares legs on a retry',
    'refusal.ts',
    "refusal.items[index]?.['cause'] !== transfer.cause",
    `${legsOf("refusal.items[index]?.['legs']")} !== ${legsOf('transfer.legs')}`,
  ),
  rules(
    'compares nothing on a retry',
    'refusal.ts',
    "refusal.items[index]?.['cause'] !== transfer.cause",
    'false',
  ),
  rules('voids a cluster that ran', 'hold.ts', 'input.runningAtMs === undefined', 'true'),
  rules('voids a settled hold', 'hold.ts', ' && hold.n === 0, `a void', ', `a void'),
  rules(
    'releases before the final post',
    'settlement.ts',
    'final ? hold.left - customerUnits : 0n',
    'final ? hold.left : 0n',
  ),
  rules(
    'keeps released credit held',
    'settlement.ts',
    'units: -(customerUnits + releasedUnits)',
    'units: -customerUnits',
  ),
  rules(
    'does not close at the end',
    'settlement.ts',
    "state: final ? 'closed' : 'open'",
    "state: 'open'",
  ),
  {
    name: 'gives up the final settlement when somebody took its number',
    edits: [edit('functions/ledger/settle-cluster.ts', 'if (!final) return', 'return')],
  },
  {
    name: 'reads the proven times before the hold',
    edits: [
      edit(
        'functions/ledger/settle-cluster.ts',
        'const hold = await getHold',
        'const nodes = await source.loadNodes(cluster); const hold = await getHold',
      ),
      edit(
        'functions/ledger/settle-cluster.ts',
        '  const nodes = await source.loadNodes(cluster);\n',
        '',
      ),
    ],
  },
  rules(
    'pays no debt from grants',
    'grant.ts',
    'splitCredit(units, debt)',
    '{ paid: 0n, rest: (splitCredit(units, debt), units) }',
  ),
  rules(
    'pays no debt on a release',
    'debt.ts',
    'const { paid } = splitCredit(releasedUnits, debt);',
    'const paid = 0n as bigint;',
  ),
  rules('does not condition the debt', 'debt.ts', 'condition: postedAsRead(debt)', 'condition: {}'),
  rules(
    'does not condition the debt on a release',
    'debt.ts',
    'const touches = [debtAsRead(debt)];',
    'const touches: Touch[] = [];',
  ),
  rules(
    'adds the first hour to lost nodes',
    'settlement.ts',
    'const minimumMs = node.lost ? 0 : missingMs;',
    'const minimumMs = missingMs;',
  ),
  rules(
    'adds the first hour to every end',
    'settlement.ts',
    '!terminatedByCustomer || stoppedAtMs === undefined',
    'stoppedAtMs === undefined',
  ),
  rules(
    'lets the platform pay inside the paid time',
    'settlement.ts',
    'dueUnits(rate, paidMs + beyondMs) - dueUnits(rate, paidMs)',
    'dueUnits(rate, paidMs + beyondMs) - dueUnits(rate, beforeMs)',
  ),
  rules(
    'lets the customer pay beyond the paid time',
    'settlement.ts',
    'const paidMs = node.provenMsInsidePaidUntil + minimumMs;',
    'const paidMs = node.provenMs + minimumMs;',
  ),
  rules(
    'lets the platform pay before the end',
    'settlement.ts',
    'final ? node.provenMs - node.provenMsInsidePaidUntil : 0',
    'node.provenMs - node.provenMsInsidePaidUntil',
  ),
  {
    name: 'rounds lines up',
    edits: [
      edit(
        'shared/ledger/settlement.ts',
        "import { mulDivFloor } from '../core/money.ts';",
        "import { mulDivCeil as mulDivFloor } from '../core/money.ts';",
      ),
    ],
  },
  rules(
    'rounds each slice by itself',
    'settlement.ts',
    'dueUnits(rate, paidMs) - dueUnits(rate, beforeMs)',
    'dueUnits(rate, paidMs - beforeMs)',
  ),
  rules(
    'pays the wrong supplier',
    'settlement.ts',
    'account: earningAccount(\n      charge.supplier,',
    'account: earningAccount(\n      cluster.organisation,',
  ),
  rules(
    'does not condition the class',
    'hold.ts',
    '{ account: hold.account, condition: paymentsAsRead(customer) }',
    '{ account: hold.account, condition: (paymentsAsRead(customer), {}) }',
  ),
  rules(
    'forgets grants after thirty days',
    'hold.ts',
    'granted: customer.grantedAtMs !== undefined',
    'granted: classOf(customer, nowMs) === 30',
  ),
  rules(
    'does not mark grants',
    'grant.ts',
    'set: { granted_at_ms: grantedAtMs }',
    'set: { seen: grantedAtMs }',
  ),
  rules(
    'makes a new id on a retry',
    'grant.ts',
    'id: grantTransferId(grantId)',
    'id: grantTransferId(grantId) + nowMs',
  ),
  rules(
    'matures without regard to the class',
    'maturity.ts',
    'linked ? longestClass : earning.classDays',
    'linked ? longestClass : 1',
  ),
  rules(
    'matures linked suppliers like others',
    'maturity.ts',
    'linked ? longestClass : earning.classDays',
    'earning.classDays',
  ),
  rules(
    "matures granted credit on one's own device",
    'maturity.ts',
    "if (linked && earning.granted) return 'review';",
    '',
  ),
  rules(
    'matures before the day',
    'maturity.ts',
    "day !== 'review' && day <= dayOf(nowMs)",
    "day !== 'review' && day <= dayOf(nowMs) + 1",
  ),
  rules(
    'matures without the version',
    'maturity.ts',
    'condition: { equals: { v: earnings.version } }',
    'condition: {}',
  ),
  rules(
    'keeps swept earnings listed',
    'maturity.ts',
    "remove: ['maturity_pk', 'maturity_sk']",
    'remove: []',
  ),
  rules(
    'does not list earnings',
    'posting.ts',
    "return day === 'review' ? reviewKeys(organisation) : maturityKeys(organisation, day);",
    'return (reviewKeys, maturityKeys, {});',
  ),
  rules(
    'has no overdraft guard',
    'posting.ts',
    '...(available < 0n ? { available: -available } : {}),',
    '',
  ),
  {
    name: "guards neither the settlement's id nor the hold's version",
    edits: [
      edit(
        'shared/ledger/posting.ts',
        'customer_part: transfer.settlement.customerPart,\n    },\n  },\n  condition: { exists: false },',
        'customer_part: transfer.settlement.customerPart,\n    },\n  },\n  condition: {},',
      ),
      edit(
        'shared/ledger/hold.ts',
        'moveHeld(asRead, next, settled(next));',
        '({ ...moveHeld(asRead, next, settled(next)), condition: {} });',
      ),
    ],
  },
  rules(
    "does not guard the settlement's id",
    'posting.ts',
    'customer_part: transfer.settlement.customerPart,\n    },\n  },\n  condition: { exists: false },',
    'customer_part: transfer.settlement.customerPart,\n    },\n  },\n  condition: transfer.settlement ? {} : { exists: false },',
  ),
  rules(
    'books a recording leg to any shard',
    'account.ts',
    shardForLeg,
    'Math.floor(Math.random() * recordingShards)',
  ),
  ...cardMutants,
  ...chainMutants,
  ...paymentMutants,
  ...rewardMutants,
  ...stakeMutants,
];

/** Mutants that change nothing anybody can see, and the guard that holds in their place. */
export const equivalents: readonly (Mutant & { readonly secondGuard: string })[] = [
  {
    ...rules(
      'takes a hold while something is owed',
      'hold.ts',
      'owed > 0n || available < amount',
      'available < amount',
    ),
    secondGuard: 'I17: while something is owed, nothing is available',
  },
  {
    ...rules(
      'guards the hold by its state alone',
      'hold.ts',
      'moveHeld(asRead, next, settled(next));',
      "({ ...moveHeld(asRead, next, settled(next)), condition: { equals: { state: 'open' } } });",
    ),
    secondGuard: "the settlement's id: two settlements of one number cannot both be put",
  },
  {
    name: 'rounds the hold down',
    edits: [
      edit(
        'shared/ledger/hold.ts',
        "import { mulDivCeil } from '../core/money.ts';",
        "import { mulDivFloor as mulDivCeil } from '../core/money.ts';",
      ),
    ],
    secondGuard:
      'each line is rounded down as well, so a hold without the fraction still covers it',
  },
  ...chainEquivalents,
  ...rewardEquivalents,
];
