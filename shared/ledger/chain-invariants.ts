/**
 * The invariants of money on chain over everything that the ledger holds: arrivals and their claims (I7),
 * fees and conversions as their rules say (I13), payouts posted whole from their holds by one transaction of
 * ours each (I5, I15). Pure.
 */
import { readAccount } from './account.ts';
import { depositId, ioHalf, splitUsdc } from './chain/deposit.ts';
import { depositResultOf } from './chain/deposit-result.ts';
import type { OwnTransaction } from './chain/own-transaction.ts';
import {
  type PayoutHold,
  type PayoutIoHold,
  payoutFee,
  payoutIoId,
  payoutTransferId,
} from './chain/payout-hold.ts';
import type { SaleHold } from './chain/rebalancing.ts';
import { microsOfIo } from './io-price.ts';
import { type Transfer, unitsOn } from './transfer.ts';

export interface ChainContents {
  readonly transfers: readonly Transfer[];
  readonly payoutHolds: readonly PayoutHold[];
  readonly payoutIoHolds: readonly PayoutIoHold[];
  readonly saleHolds: readonly SaleHold[];
  readonly ownTransactions: readonly OwnTransaction[];
}

type ById = ReadonlyMap<string, Transfer>;

/** Everything about money on chain that is broken. */
export const checkChain = (contents: ChainContents): readonly string[] => {
  const byId: ById = new Map(contents.transfers.map((transfer) => [transfer.id, transfer]));
  const own = new Set(contents.ownTransactions.map(({ signature }) => signature));
  return [
    ...contents.transfers.flatMap((transfer) => checkTransfer(transfer, byId, own)),
    ...contents.payoutHolds.flatMap((hold) => checkPayout(hold, byId, contents)),
    ...contents.payoutIoHolds.flatMap((hold) => checkPayoutIo(hold, byId, contents)),
    ...contents.saleHolds.flatMap((hold) => checkSale(hold, byId)),
    ...checkPostedPayouts(contents, own),
  ];
};

const checkTransfer = (
  transfer: Transfer,
  byId: ById,
  own: ReadonlySet<string>,
): readonly string[] => {
  const { id, code } = transfer;
  const isHalf = transfer.asset === 'io' && id.endsWith(':io');
  if (isHalf && code !== 'treasury_funding' && code !== 'unattributed_deposit') {
    return byId.has(id.slice(0, -':io'.length)) ? [] : [`I12: ${id} is half of a fact`];
  }
  switch (code) {
    case 'usdc_deposit':
      return [...checkArrival(transfer, own), ...checkFee(transfer, 'ext:usdc')];
    case 'io_deposit':
      return [...checkArrival(transfer, own), ...checkConversion(transfer, 'ext:io', byId)];
    case 'stake_deposit':
    case 'unattributed_deposit':
      return checkArrival(transfer, own);
    case 'deposit_claim':
      return checkClaim(transfer, byId);
    case 'treasury_funding':
    case 'reward_funding':
      return checkFunding(transfer, byId, own);
    default:
      return [];
  }
};

/** I7: an arrival names itself, and is none of our own transactions. */
const checkArrival = ({ id, external }: Transfer, own: ReadonlySet<string>): readonly string[] => {
  const [, signature = '', tokenAccount = ''] = id.split(':');
  const broken = external === id ? [] : [`I7: ${id} names no outside fact`];
  if (id !== depositId({ signature, tokenAccount })) broken.push(`I7: ${id} is no arrival`);
  if (own.has(signature)) broken.push(`I7: ${id} is a transaction of our own`);
  return broken;
};

/** I13: credit and fee of USDC are what the rule makes of what came. */
const checkFee = (transfer: Transfer, from: 'ext:usdc' | 'suspense:usdc'): readonly string[] => {
  const expected = splitUsdc(-unitsOn(transfer, from));
  const { creditUnits, feeUnits } = depositResultOf(transfer);
  if (creditUnits === expected.creditUnits && feeUnits === expected.feeUnits) return [];
  return [`I13: ${transfer.id} credits ${creditUnits} and charges ${feeUnits}`];
};

/** I13: IO is credited at the price that stands beside it, whole, and without a fee. */
const checkConversion = (
  transfer: Transfer,
  from: 'ext:io' | 'suspense:io',
  byId: ById,
): readonly string[] => {
  const { id, io } = transfer;
  const half = byId.get(ioHalf(id));
  const units = half ? -unitsOn(half, from) : 0n;
  const { creditUnits } = depositResultOf(transfer);
  if (!io || !half || io.units !== units || unitsOn(half, 'fx:io') !== units) {
    return [`I12: ${id} converts ${units} IO, and says something else`];
  }
  const worth = microsOfIo(units, io);
  return worth === creditUnits ? [] : [`I13: ${id} credits ${creditUnits} for ${worth}`];
};

/** What is claimed waited, whole; the dollars of a claim in USDC stand in suspense themselves. */
const checkClaim = (transfer: Transfer, byId: ById): readonly string[] => {
  const { id } = transfer;
  const arrived = byId.get(id.replace(/^claim:/, 'sol:'));
  const inUsdc = unitsOn(transfer, 'suspense:usdc') !== 0n;
  const half = byId.get(ioHalf(id));
  const account = inUsdc ? 'suspense:usdc' : 'suspense:io';
  const taken = -unitsOn(inUsdc || !half ? transfer : half, account);
  const waited = arrived ? unitsOn(arrived, account) : 0n;
  if (taken === 0n || taken !== waited) return [`I7: ${id} claims ${taken} where ${waited} waited`];
  if (inUsdc) return checkFee(transfer, 'suspense:usdc');
  return checkConversion(transfer, 'suspense:io', byId);
};

/**
 * I7: what the platform had sent itself, or was given for rewards, arrived, or waited, whole, and all of it is
 * where it belongs.
 */
const checkFunding = (
  transfer: Transfer,
  byId: ById,
  own: ReadonlySet<string>,
): readonly string[] => {
  const { id, asset, code } = transfer;
  if (id.startsWith('sol:')) return checkArrival(transfer, own);
  // What came from a provider of cards has rules of its own.
  if (!id.startsWith('claim:')) return [];
  const arrived = byId.get(id.replace(/^claim:/, 'sol:'));
  const account = asset === 'usd' ? 'suspense:usdc' : 'suspense:io';
  const taken = -unitsOn(transfer, account);
  const waited = arrived ? unitsOn(arrived, account) : 0n;
  if (taken === 0n || taken !== waited) return [`I7: ${id} claims ${taken} where ${waited} waited`];
  const ours = code === 'reward_funding' ? 'reward:fund' : 'fx:io';
  const kept = unitsOn(transfer, asset === 'usd' ? 'ext:bank' : ours);
  return kept === taken ? [] : [`I7: ${id} keeps ${kept} of ${taken} for the platform`];
};

/** I5, I13: what a payout takes of its source is posted whole by its transfer, with the fee of its rule, or not at all. */
const checkPayout = (
  hold: PayoutHold,
  byId: ById,
  { payoutIoHolds }: ChainContents,
): readonly string[] => {
  const { id, payoutId, account, source, token, amount, feeUnits } = hold;
  const broken = checkPosted(hold, byId.get(payoutTransferId(payoutId)));
  if (feeUnits !== payoutFee(token, amount)) broken.push(`I13: ${id} has a fee of ${feeUnits}`);
  const transfer = byId.get(payoutTransferId(payoutId));
  if (transfer && unitsOn(transfer, 'rev:payout_fee') !== feeUnits) {
    broken.push(`I13: ${transfer.id} charges another fee than its hold`);
  }
  if (transfer && readAccount(account).organisation !== hold.organisation) {
    broken.push(`I5: ${id} is of somebody else`);
  }
  const ioHold = payoutIoHolds.find((each) => each.payoutId === payoutId);
  if (source === 'rewards') {
    if (token !== 'io' || ioHold) broken.push(`I5: ${id} of rewards takes IO of ours`);
    return broken;
  }
  if (token === 'io' && transfer && ioHold?.state !== 'closed') {
    broken.push(`I5: ${id} is posted without its IO`);
  }
  return broken;
};

/** I5: IO is posted whole by its own half, and is never held for a payout that is over. */
const checkPayoutIo = (
  hold: PayoutIoHold,
  byId: ById,
  { payoutHolds }: ChainContents,
): readonly string[] => {
  const { id, payoutId, state } = hold;
  const of = payoutHolds.find((each) => each.payoutId === payoutId);
  const transfer = byId.get(payoutIoId(payoutId));
  const taken = transfer ? -unitsOn(transfer, 'fx:io') : 0n;
  const broken: string[] = [];
  if (taken !== hold.posted) broken.push(`I5: ${id} posted ${hold.posted}, its transfer ${taken}`);
  if ((state === 'closed') !== (transfer !== undefined)) broken.push(`I5: ${id} is ${state}`);
  if (state === 'open' && of?.state !== 'open') broken.push(`I5: ${id} outlives its payout`);
  return broken;
};

const checkSale = (hold: SaleHold, byId: ById): readonly string[] =>
  checkPosted(hold, byId.get(ioHalf(hold.id)));

const checkPosted = (hold: PayoutHold | SaleHold, transfer: Transfer | undefined): string[] => {
  const taken = transfer ? -unitsOn(transfer, hold.account) : 0n;
  const expected = hold.state === 'closed' ? hold.amount : 0n;
  if (taken === expected && hold.posted === expected) return [];
  return [`I5: ${hold.id} is ${hold.state} with ${hold.posted} posted, its transfer ${taken}`];
};

/** I15: what was paid out had a hold, and one transaction that we had written down. */
const checkPostedPayouts = (
  { transfers, payoutHolds }: ChainContents,
  own: ReadonlySet<string>,
): readonly string[] => {
  const held = new Set(payoutHolds.map(({ payoutId }) => payoutTransferId(payoutId)));
  const paid = transfers.filter(({ code, asset }) =>
    code === 'io_payout' ? asset === 'usd' : code === 'usdc_payout' || code === 'reward_payout',
  );
  return paid.flatMap(({ id, external = '' }) => {
    const broken = held.has(id) ? [] : [`I15: ${id} has no hold`];
    const [signature = ''] = external.split(':');
    if (!own.has(signature)) broken.push(`I15: ${id} was paid by a transaction that is not ours`);
    return broken;
  });
};
