/** The obvious ways to write money on chain wrong; each must die as those of the rest of the ledger do. */
import { edit, type Mutant, rules } from './mutant.ts';

const chain = (name: string, file: string, find: string, replace: string): Mutant =>
  rules(name, `chain/${file}`, find, replace);

export const chainMutants: readonly Mutant[] = [
  chain(
    'pays no debt from deposits',
    'deposit.ts',
    '...creditLegs(organisation, creditUnits, debt),',
    `{ account: \`cust:\${(creditLegs(organisation, creditUnits, debt), organisation)}\` as 'cust:a', units: creditUnits },`,
  ),
  {
    name: 'does not condition the debt of a deposit',
    edits: [
      edit(
        'shared/ledger/chain/deposit.ts',
        'touches: [debtAsRead(debt)] });',
        'touches: (debtAsRead(debt), []) });',
      ),
      edit(
        'shared/ledger/chain/deposit.ts',
        'const touches = [debtAsRead(debt), withinLimit',
        'const touches = [withinLimit',
      ),
    ],
  },
  chain(
    'credits one unit too much of USDC',
    'deposit.ts',
    'mulDivFloor(units, bpsOfWhole, bpsOfWhole + facilitationBps);',
    'mulDivFloor(units, bpsOfWhole, bpsOfWhole + facilitationBps) + 1n;',
  ),
  chain(
    'takes the fee from the deposit, not on top',
    'deposit.ts',
    'mulDivFloor(units, bpsOfWhole, bpsOfWhole + facilitationBps);',
    'mulDivFloor(units, bpsOfWhole - facilitationBps, bpsOfWhole);',
  ),
  chain(
    'books the fee of deposits as that of payouts',
    'deposit.ts',
    "{ account: 'rev:facilitation', units: feeUnits }",
    "{ account: 'rev:payout_fee', units: feeUnits }",
  ),
  rules(
    'rounds the worth of IO up',
    'io-price.ts',
    'mulDivFloor(units, nanosOf(price), scale);',
    'mulDivFloor(units, nanosOf(price), scale) + 1n;',
  ),
  rules(
    'rounds the IO of a payout up',
    'io-price.ts',
    'mulDivFloor(micros, scale, nanosOf(price));',
    'mulDivFloor(micros, scale, nanosOf(price)) + 1n;',
  ),
  chain(
    'compares prices when a deposit is told again',
    'deposit.ts',
    'causeOf({ token, units, organisation: ending.organisation })',
    "causeOf({ token, units, organisation: ending.organisation, price: ending.price?.id ?? '' })",
  ),
  chain(
    'does not compare whose a deposit is',
    'deposit.ts',
    'causeOf({ token, units, organisation: ending.organisation })',
    "causeOf({ token, units, organisation: 'none' })",
  ),
  chain(
    'makes a new id when a deposit is told again',
    'deposit.ts',
    'const base = { id: depositId(fact), cause,',
    'const base = { id: depositId(fact) + read.nowMs, cause,',
  ),
  chain(
    'does not condition the limit of our position',
    'deposit.ts',
    'atMostOrAbsent: { posted: units }',
    '',
  ),
  {
    name: 'has no limit of our position',
    edits: [
      edit(
        'shared/ledger/chain/deposit.ts',
        "position.posted + units > positionLimit ? 'position_limit' : undefined",
        "position.posted > positionLimit + units * 1000000n ? 'position_limit' : undefined",
      ),
      edit('shared/ledger/chain/deposit.ts', 'atMostOrAbsent: { posted: units }', ''),
    ],
  },
  {
    name: 'claims what does not wait',
    edits: [
      edit(
        'functions/ledger/chain/claim-suspense.ts',
        'if (!arrived || unitsOn(arrived, suspenseOf[claim.token]) === 0n) {',
        'if ((unitsOn, suspenseOf, !arrived)) {',
      ),
      edit(
        'shared/ledger/chain/suspense-claim.ts',
        'unitsOn(arrived, from) === units',
        '(unitsOn, true)',
      ),
    ],
  },
  chain(
    'lets two claimants have it',
    'suspense-claim.ts',
    `\`claim:\${arrival.signature}:\${arrival.tokenAccount}\``,
    `\`claim:\${arrival.signature}:\${arrival.tokenAccount}\${(arrival as any).organisation}\``,
  ),
  chain(
    'does not compare who claims',
    'suspense-claim.ts',
    'causeOf({ token, units, organisation })',
    'causeOf({ token, units, organisation: organisation.slice(0, 0) })',
  ),
  chain(
    'does not compare which funding it was',
    'suspense-claim.ts',
    'funding: fundingId',
    'funding: fundingId.slice(0, 0)',
  ),
  chain(
    'funds the treasury and leaves it in suspense too',
    'suspense-claim.ts',
    'treasuryLegs(token, units, from)',
    `treasuryLegs(token, units, \`ext:\${token}\`)`,
  ),
  chain(
    'books IO of our own as if it came from the bank',
    'deposit.ts',
    "token === 'usdc' ? 'ext:bank' : 'fx:io', units }",
    "token === 'usdc' ? 'ext:bank' : 'suspense:io', units }",
  ),
  {
    name: 'looks for room before it looks whether it was claimed',
    edits: [
      edit(
        'functions/ledger/chain/claim-suspense.ts',
        'if (stored) {\n    assert(',
        'if (stored && positionLimit < 0n) {\n    assert(',
      ),
    ],
  },
  chain(
    'pays out without a hold',
    'payout-hold.ts',
    'held: [{ account, units }],',
    'held: [{ account, units: 0n }],',
  ),
  chain(
    'pays IO out without a hold of it',
    'payout-hold.ts',
    "held: heldBy('fx:io', needed - left),",
    'held: [],',
  ),
  chain(
    'takes more IO than there is',
    'payout-hold.ts',
    'if (needed - left > available)',
    'if (needed - left < 0n && available < 0n)',
  ),
  chain(
    'keeps the dollars of a posted payout held',
    'payout.ts',
    'const held = [{ account, units: -amount }];',
    'const held = [{ account, units: -amount + amount }];',
  ),
  chain(
    'keeps the IO of a posted payout held',
    'payout.ts',
    "held: [...held, { account: 'fx:io', units: -units }],",
    'held,',
  ),
  chain(
    'keeps the IO of a payout that was given back',
    'payout-hold.ts',
    ", ...heldBy('fx:io', -(openIo?.left ?? 0n))],",
    '],',
  ),
  chain(
    "does not guard a payout's hold",
    'payout-hold.ts',
    '  moveHeld(asRead, next);',
    '  ({ ...moveHeld(asRead, next), condition: {} });',
  ),
  chain(
    "does not guard a payout's hold of IO",
    'payout-hold.ts',
    'condition: { equals: { v: asRead.version, state: asRead.state } },',
    'condition: {},',
  ),
  chain(
    'holds IO for a payout that is over',
    'payout-hold.ts',
    'condition: openAsRead(hold),',
    'condition: {},',
  ),
  chain(
    'forgets what a price held before',
    'payout-hold.ts',
    'released: (ioHold?.released ?? 0n) + left,',
    'released: ioHold?.released ?? 0n,',
  ),
  chain(
    'rounds the fee of a payout down',
    'payout-hold.ts',
    'mulDivCeil(units, payoutFeeBps, bpsOfWhole);',
    'mulDivCeil(units, payoutFeeBps, bpsOfWhole) - (units % 50n === 0n ? 0n : 1n);',
  ),
  chain(
    'charges a fee on IO',
    'payout-hold.ts',
    "token === 'io' ? 0n : mulDivCeil",
    "token === ('none' as Token) ? 0n : mulDivCeil",
  ),
  chain(
    'does not compare the transaction of a payout',
    'payout.ts',
    'causeOf({ payout: payoutId, token, signature, units })',
    'causeOf({ payout: payoutId, token, units })',
  ),
  chain(
    'converts the whole payout at another price',
    'payout.ts',
    "{ account: 'fx:usd', units: amount },",
    "{ account: 'fx:usd', units: amount - 1n }, { account: 'rev:payout_fee', units: 1n },",
  ),
  chain(
    'pays rewards out of the earnings',
    'payout-hold.ts',
    "source === 'earnings' ? supplierAccount",
    "source !== ('none' as string) ? supplierAccount",
  ),
  chain(
    'pays rewards out of our own IO',
    'payout.ts',
    `        { account, units: -amount },
        { account: 'ext:io', units },`,
    `        { account: 'fx:io', units: -amount },
        { account: 'ext:io', units },`,
  ),
  chain(
    'does not compare the transaction of a payout of rewards',
    'payout.ts',
    'causeOf({ payout: payoutId, token, signature, units })',
    "causeOf({ payout: payoutId, token, signature: hold.source === 'rewards' ? '' : signature, units })",
  ),
  {
    name: 'gives back a payout that was posted',
    edits: [
      edit(
        'shared/ledger/chain/payout-hold.ts',
        `assert(hold.state === 'open', \`\${hold.id} is \${hold.state} and cannot be given back\`);`,
        '',
      ),
    ],
  },
  chain(
    'sells IO without a hold',
    'rebalancing.ts',
    "held: [{ account: 'fx:io', units: ioUnits }],",
    "held: [{ account: 'fx:io', units: 0n }],",
  ),
  chain(
    'sells more IO than is free',
    'rebalancing.ts',
    'if (available < ioUnits)',
    'if (available < 0n)',
  ),
  chain(
    'posts an exchange that nobody wrote down',
    'rebalancing.ts',
    "condition: { equals: { purpose: 'rebalancing', subject_id: rebalancingId } },",
    'condition: {},',
  ),
  chain(
    'forgets our own transactions',
    'own-transaction-store.ts',
    'return item && parseOwnTransaction(item);',
    'return item && item.pk === signature ? parseOwnTransaction(item) : undefined;',
  ),
  rules(
    'counts the IO of a payment twice',
    'io-demand-store.ts',
    'condition: { exists: false },',
    'condition: {},',
  ),
  rules(
    'counts the IO half of a payment',
    'io-demand.ts',
    "if (asset !== 'usd' || !paymentCodes.includes(code))",
    'if ((asset, !paymentCodes.includes(code)))',
  ),
];

/** Those that nobody can see, and the guard that holds in their place. */
export const chainEquivalents: readonly (Mutant & { readonly secondGuard: string })[] = [
  {
    ...chain(
      'posts a payout of any amount',
      'payout.ts',
      'assert(units === amount - feeUnits,',
      'assert(units > 0n,',
    ),
    secondGuard: 'a transfer whose legs do not sum to zero is an alarm',
  },
  {
    ...chain(
      'posts a payout of any amount of IO',
      'payout.ts',
      'assert(units === reserved,',
      'assert(units > 0n,',
    ),
    secondGuard: 'a hold whose amounts do not add up is an alarm',
  },
  {
    ...chain(
      'posts a payout of any amount of rewards',
      'payout.ts',
      'assert(units === amount,',
      'assert(units > 0n,',
    ),
    secondGuard: 'a transfer whose legs do not sum to zero is an alarm',
  },
  {
    ...chain(
      'posts a payout that was given back',
      'payout.ts',
      "assert(hold.state !== 'void',",
      'assert(hold,',
    ),
    secondGuard: 'a hold whose amounts do not add up is an alarm, and its state is conditioned',
  },
];
