/**
 * Compares the ledger with the chain's own books: every arrival became what it should, to the unit and at a
 * price that there was; custody, fees and conversions add up; every payout that landed is posted and no
 * other; the IO behind payments is what they say. Amounts are counted here again, not by the ledger's code.
 */
import type { Database } from '../../../shared/core/database.ts';
import type { LedgerContents } from '../../../shared/ledger/invariants.ts';
import { getDemand } from '../../../shared/ledger/io-demand-store.ts';
import { monthOf } from '../../../shared/ledger/statement.ts';
import type { Transfer } from '../../../shared/ledger/transfer.ts';
import { accountOf, type ChainDesk, type DeskArrival, payoutFeeOf } from './chain-desk.ts';

/** What the chain's books say the ledger must show. */
export interface ChainCounts {
  /** Micro-dollars credited to each organisation, its debt's part included. */
  readonly credited: ReadonlyMap<string, bigint>;
  /** Micro-dollars of matured earnings that left. */
  readonly paidOut: ReadonlyMap<string, bigint>;
  /** Base units of IO of rewards that left. */
  readonly rewardsPaid: ReadonlyMap<string, bigint>;
  readonly wrong: readonly string[];
}

/** The most credit whose 2 % on top, rounded up, is still paid for. */
const creditOfUsdc = (gross: bigint): bigint => {
  let credit = (gross * 100n) / 102n + 2n;
  while (credit + (credit * 2n + 99n) / 100n > gross) credit -= 1n;
  return credit;
};

/** `ownIo` is what rewards and stakes brought to our custody beside; base units of IO. */
export const countChain = (
  desk: ChainDesk,
  contents: LedgerContents,
  ownIo: bigint,
): ChainCounts => {
  const wrong: string[] = [];
  const credited = new Map<string, bigint>();
  const paidOut = new Map<string, bigint>();
  const rewardsPaid = new Map<string, bigint>();
  const byId = new Map(contents.transfers.map((transfer) => [transfer.id, transfer]));
  const expected = { facilitation: 0n, payoutFee: 0n, suspenseUsdc: 0n, suspenseIo: 0n, fx: 0n };
  for (const arrival of desk.arrivals) {
    const { units, token } = arrival;
    const outcome = outcomeOf(arrival, byId);
    if (!outcome) {
      wrong.push(`${arrival.signature} is not in the ledger`);
      continue;
    }
    if (outcome.organisation === undefined) {
      if (token === 'usdc') expected.suspenseUsdc += units;
      else expected.suspenseIo += units;
      continue;
    }
    const { organisation, transfer } = outcome;
    const credit = worthOf(desk, arrival, transfer);
    if (credit === undefined) wrong.push(`${transfer.id} has a price that there never was`);
    const due = credit ?? 0n;
    if (creditTo(transfer, organisation) !== due) wrong.push(`${transfer.id} credits not ${due}`);
    credited.set(organisation, (credited.get(organisation) ?? 0n) + due);
    if (token === 'usdc') expected.facilitation += units - due;
    else expected.fx -= due;
  }
  for (const { payoutId, organisation, source, token, units, state } of desk.payouts) {
    const isPosted = byId.has(`pay:${payoutId}`);
    if (isPosted !== (state === 'paid')) wrong.push(`I15: ${payoutId} is ${state}, not as posted`);
    if (state !== 'paid') continue;
    if (source === 'rewards') {
      rewardsPaid.set(organisation, (rewardsPaid.get(organisation) ?? 0n) + units);
      continue;
    }
    paidOut.set(organisation, (paidOut.get(organisation) ?? 0n) + units);
    if (token === 'usdc') expected.payoutFee += payoutFeeOf(units);
    else expected.fx += units;
  }
  const { usdc, io, lamports, exchanged, given, rewardsPaid: leftIo } = desk.totals;
  wrong.push(
    ...differences(contents, {
      'ext:usdc': -usdc,
      'ext:io': -(io + given + ownIo - leftIo),
      'ext:sol': lamports,
      'exp:chain': -lamports,
      'rev:facilitation': expected.facilitation,
      'rev:payout_fee': expected.payoutFee,
      'suspense:usdc': expected.suspenseUsdc,
      'suspense:io': expected.suspenseIo,
      'fx:usd': expected.fx + exchanged,
      'fx:io': io - expected.suspenseIo,
    }),
  );
  const open = [...contents.payoutHolds, ...contents.payoutIoHolds, ...contents.saleHolds];
  wrong.push(
    ...open.filter(({ state }) => state === 'open').map(({ id }) => `${id} is still open`),
  );
  return { credited, paidOut, rewardsPaid, wrong };
};

/** Who has it in the end, by which transfer; nobody while it waits. */
const outcomeOf = (
  { signature, token, organisation, claimant }: DeskArrival,
  byId: ReadonlyMap<string, Transfer>,
) => {
  const name = `${signature}:${accountOf(token)}`;
  const arrived = byId.get(`sol:${name}`);
  const claim = byId.get(`claim:${name}`);
  if (!arrived) return undefined;
  if (claim) return { organisation: claimant, transfer: claim };
  const waits = arrived.code === 'unattributed_deposit';
  return { organisation: waits ? undefined : organisation, transfer: arrived };
};

/** Micro-dollars; undefined at a price that never was. */
const worthOf = (desk: ChainDesk, { token, units }: DeskArrival, { io }: Transfer) => {
  if (token === 'usdc') return creditOfUsdc(units);
  const nano = desk.prices.get(io?.priceId ?? '');
  return nano === undefined ? undefined : (units * nano) / 100_000_000_000n;
};

const creditTo = ({ legs }: Transfer, organisation: string): bigint =>
  legs
    .filter(({ account }) => [`cust:${organisation}`, `debt:${organisation}`].includes(account))
    .reduce((sum, { units }) => sum + units, 0n);

const differences = (
  { balances }: LedgerContents,
  expected: Readonly<Record<string, bigint>>,
): readonly string[] =>
  Object.entries(expected).flatMap(([account, units]) => {
    const posted = balances
      .filter((balance) => balance.account === account)
      .reduce((sum, balance) => sum + balance.posted, 0n);
    return posted === units ? [] : [`I9: ${account} has ${posted}, the chain says ${units}`];
  });

/** The month's sums against the payments themselves; call when all of them were delivered. */
export const compareDemand = async (
  database: Database,
  desk: ChainDesk,
  { transfers }: LedgerContents,
): Promise<readonly string[]> => {
  const payments = transfers.filter(
    ({ id, asset }) => asset === 'usd' && /^(stripe:pi:|sol:(?!fee:)|claim:)/.test(id),
  );
  const credits = payments.filter(({ legs }) =>
    legs.some(({ account }) => /^(cust|debt):/.test(account)),
  );
  const expected = { io: 0n, priced: 0, unpriced: 0 };
  for (const { io, legs, id } of credits) {
    if (!io) {
      expected.unpriced += 1;
      continue;
    }
    const nano = desk.prices.get(io.priceId) ?? 1n;
    const credit = legs
      .filter(({ account }) => /^(cust|debt):/.test(account))
      .reduce((sum, { units }) => sum + units, 0n);
    const isIo = id.includes(`:${accountOf('io')}`);
    expected.io += isIo ? io.units : (credit * 100_000_000_000n) / nano;
    expected.priced += 1;
  }
  const months = new Set(credits.map(({ atMs }) => monthOf(atMs)));
  const found = { io: 0n, priced: 0, unpriced: 0 };
  for (const month of months) {
    const { ioUnits, pricedPayments, unpricedPayments } = await getDemand(database, month);
    found.io += ioUnits;
    found.priced += pricedPayments;
    found.unpriced += unpricedPayments;
  }
  const same = (['io', 'priced', 'unpriced'] as const).every(
    (name) => found[name] === expected[name],
  );
  return same ? [] : [`the IO behind payments is ${found.io}, not ${expected.io}, or their number`];
};
