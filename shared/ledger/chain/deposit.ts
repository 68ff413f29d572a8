/**
 * What arrived on one of our token accounts, by the balance that one transaction changed there. It is
 * credited (debt first), or staked, or waits in suspense until somebody's claim is accepted, or is the
 * platform's own. Invariants: one arrival is one fact, whatever became of it; the fee of USDC is on top, so
 * credit + fee is what arrived, to the unit; IO is credited at a price record's price, and never beyond the
 * limit of our position; what a stake has no room for is the organisation's own IO. Pure.
 */
import { assert } from '../../core/assert.ts';
import type { Token } from '../../core/chain.ts';
import type { Condition, Write } from '../../core/database.ts';
import { mulDivFloor } from '../../core/money.ts';
import { type AccountName, stakeAccount, supplierIoAccount } from '../account.ts';
import type { Balance } from '../balance.ts';
import { creditLegs, debtAsRead } from '../debt.ts';
import { type IoPrice, ioBehind, ioDetailOf, microsOfIo } from '../io-price.ts';
import { type Touch, writesOf } from '../posting.ts';
import { causeOf, type Leg, mergeLegs, type Transfer } from '../transfer.ts';

/** The facilitation fee of USDC, in hundredths of a percent of the credit, on top of it. */
const facilitationBps = 200n;
const bpsOfWhole = 10_000n;

/** What one transaction brought to one of our token accounts. */
export interface Arrival {
  readonly signature: string;
  /** Our own token account. */
  readonly tokenAccount: string;
  readonly token: Token;
  /** Base units above 0, by the account's balance before and after. */
  readonly units: bigint;
}

export interface CreditEnding {
  readonly kind: 'credit';
  readonly organisation: string;
  /** Required for IO. With USDC it only says how much IO stands behind the payment. */
  readonly price?: IoPrice | undefined;
}

/** IO that stays IO: a stake for a device, and what is above it joins the organisation's rewards. */
export interface StakeEnding {
  readonly kind: 'stake';
  readonly organisation: string;
  readonly deviceId: string;
  /** What the stake has room for now: 0 to all that arrived. A retry's may differ: that of the commit counts. */
  readonly stakeUnits: bigint;
}

export type DepositEnding =
  | CreditEnding
  | StakeEnding
  | { readonly kind: 'suspense'; readonly reason: string }
  /** The platform's own money, under the name that the operator gave its funding. */
  | { readonly kind: 'treasury'; readonly fundingId: string };

export interface DepositFact extends Arrival {
  readonly ending: DepositEnding;
}

/** Our position in IO as read, and how far a deposit may raise it; base units. */
export interface Position {
  readonly position: Balance;
  readonly positionLimit: bigint;
}

interface Read extends Position {
  /** `debt` of the organisation that is credited as read; undefined where none is. */
  readonly debt: Balance | undefined;
  readonly nowMs: number;
}

export interface DepositPlan {
  readonly transfer: Transfer;
  /** The IO half of a credit in IO. */
  readonly others: readonly Transfer[];
  readonly writes: Write[];
}

/** The id of an arrival's transfer; the IO half of a credit stands beside it. */
export const depositId = (arrival: Pick<Arrival, 'signature' | 'tokenAccount'>): string =>
  `sol:${arrival.signature}:${arrival.tokenAccount}`;
/** The id of the IO half of a fact in two assets. */
export const ioHalf = (transferId: string): string => `${transferId}:io`;

/** Where units of this token are kept outside, and where they wait for an owner. */
export const outsideOf = { usdc: 'ext:usdc', io: 'ext:io' } as const;
export const suspenseOf = { usdc: 'suspense:usdc', io: 'suspense:io' } as const;
export const assetOfToken = { usdc: 'usd', io: 'io' } as const;

/** How much of a deposit of USDC is credit and how much is the fee on top; micro-dollars. */
export const splitUsdc = (
  units: bigint,
): { readonly creditUnits: bigint; readonly feeUnits: bigint } => {
  const creditUnits = mulDivFloor(units, bpsOfWhole, bpsOfWhole + facilitationBps);
  return { creditUnits, feeUnits: units - creditUnits };
};

/**
 * Proposes what the arrival becomes. A credit of IO beyond the position's limit, and any credit that comes
 * to nothing, becomes suspense instead. Conditions: debt as read, and the position within its limit.
 */
export const planDeposit = (fact: DepositFact, read: Read): DepositPlan => {
  const { ending, units, token } = fact;
  assert(units > 0n, `${depositId(fact)} brought nothing`);
  const cause = depositCause(fact);
  const base = { id: depositId(fact), cause, external: depositId(fact), atMs: read.nowMs };
  if (ending.kind === 'treasury') {
    return single({
      ...base,
      asset: assetOfToken[token],
      code: 'treasury_funding',
      legs: treasuryLegs(token, units, outsideOf[token]),
    });
  }
  if (ending.kind === 'stake') {
    return single({ ...base, asset: 'io', code: 'stake_deposit', legs: stakeLegs(fact, ending) });
  }
  const refused = ending.kind === 'suspense' ? ending.reason : creditRefusal(fact, ending, read);
  if (ending.kind === 'suspense' || refused !== undefined) {
    return single({
      ...base,
      asset: assetOfToken[token],
      code: 'unattributed_deposit',
      legs: [
        { account: outsideOf[token], units: -units },
        { account: suspenseOf[token], units },
      ],
      ...(refused === undefined ? {} : { reason: refused }),
    });
  }
  const code = token === 'io' ? 'io_deposit' : 'usdc_deposit';
  return planCredit({ fact, ending, read, from: outsideOf[token], base: { ...base, code } });
};

/** Why an attributed arrival is not credited; undefined when it is. */
export const creditRefusal = (
  { token, units }: Arrival,
  { price }: CreditEnding,
  { position, positionLimit }: Position,
): 'worth_nothing' | 'position_limit' | undefined => {
  if (creditOf(token, units, price).creditUnits === 0n) return 'worth_nothing';
  if (token === 'usdc') return undefined;
  return position.posted + units > positionLimit ? 'position_limit' : undefined;
};

/** The inputs that the id names. The price of a retry may differ: that of the commit counts. */
const depositCause = ({ token, units, ending }: DepositFact): string => {
  switch (ending.kind) {
    case 'credit':
      return causeOf({ token, units, organisation: ending.organisation });
    case 'suspense':
      return causeOf({ token, units, organisation: 'none' });
    case 'stake':
      return causeOf({ token, units, organisation: ending.organisation, device: ending.deviceId });
    case 'treasury':
      return causeOf({ token, units, funding: ending.fundingId });
  }
};

/** Credit and fee of an arrival at this price; IO has no fee. Micro-dollars. */
const creditOf = (token: Token, units: bigint, price: IoPrice | undefined) => {
  if (token === 'usdc') return splitUsdc(units);
  assert(price !== undefined, 'IO without a price');
  return { creditUnits: microsOfIo(units, price), feeUnits: 0n };
};

/** The legs, transfers and writes of a credit, from where the units are: outside, or in suspense. */
export const planCredit = (credit: {
  readonly fact: Arrival;
  readonly ending: CreditEnding;
  readonly read: Read;
  readonly from: AccountName;
  readonly base: Pick<Transfer, 'id' | 'cause' | 'code' | 'atMs' | 'external'>;
}): DepositPlan => {
  const { fact, ending, read, from, base } = credit;
  const { token, units } = fact;
  const { organisation, price } = ending;
  const { debt } = read;
  assert(debt !== undefined, `${base.id} credits without the debt`);
  const { creditUnits, feeUnits } = creditOf(token, units, price);
  const inUsdc: readonly Leg[] = [
    { account: from, units: -units },
    { account: 'rev:facilitation', units: feeUnits },
  ];
  const inIo: readonly Leg[] = [{ account: 'fx:usd', units: -creditUnits }];
  const io =
    token === 'io' && price ? { io: ioDetailOf(units, price) } : ioBehind(creditUnits, price);
  const transfer: Transfer = {
    ...base,
    asset: 'usd',
    legs: mergeLegs([
      ...(token === 'io' ? inIo : inUsdc),
      ...creditLegs(organisation, creditUnits, debt),
    ]),
    ...io,
  };
  if (token === 'usdc') {
    const writes = writesOf({ transfers: [transfer], touches: [debtAsRead(debt)] });
    return { transfer, others: [], writes };
  }
  const { external: _, ...half } = base;
  const other: Transfer = {
    ...half,
    id: ioHalf(base.id),
    asset: 'io',
    legs: [
      { account: from, units: -units },
      { account: 'fx:io', units },
    ],
    ...io,
  };
  const touches = [debtAsRead(debt), withinLimit(read.positionLimit - units)];
  return { transfer, others: [other], writes: writesOf({ transfers: [transfer, other], touches }) };
};

/** The position is at most this before the deposit. */
const withinLimit = (units: bigint): Touch => {
  const condition: Condition = { atMostOrAbsent: { posted: units } };
  return { account: 'fx:io', condition };
};

/** The platform's own money, from where it is: dollars that left our bank, IO that joins the position. */
export const treasuryLegs = (token: Token, units: bigint, from: AccountName): readonly Leg[] => [
  { account: from, units: -units },
  { account: token === 'usdc' ? 'ext:bank' : 'fx:io', units },
];

const stakeLegs = ({ token, units }: Arrival, ending: StakeEnding): readonly Leg[] => {
  const { organisation, deviceId, stakeUnits } = ending;
  assert(token === 'io', 'a stake of another token than IO');
  assert(stakeUnits >= 0n && stakeUnits <= units, 'a stake of more than arrived');
  return mergeLegs([
    { account: outsideOf[token], units: -units },
    { account: stakeAccount(organisation, deviceId), units: stakeUnits },
    { account: supplierIoAccount(organisation), units: units - stakeUnits },
  ]);
};

const single = (transfer: Transfer): DepositPlan => ({
  transfer,
  others: [],
  writes: writesOf({ transfers: [transfer] }),
});
