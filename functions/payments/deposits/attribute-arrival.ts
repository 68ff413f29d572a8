/** Looks up what the clues in a transaction name, and at which price IO is counted. */
import type { ChainTransaction, Token } from '../../../shared/core/chain.ts';
import type { Write } from '../../../shared/core/database.ts';
import { getWalletOwner } from '../../../shared/identity/wallet-store.ts';
import type { Attribution } from '../../../shared/payments/deposits/arrival.ts';
import { attribute, requestIdsIn } from '../../../shared/payments/deposits/attribution.ts';
import { type DepositRequest, useLock } from '../../../shared/payments/deposits/deposit-request.ts';
import {
  findByReference,
  findDepositRequests,
  putDepositRequest,
} from '../../../shared/payments/deposits/deposit-request-store.ts';
import { lockedPart, priceOfArrival } from '../../../shared/payments/prices/price-lock.ts';
import type { DepositNeeds } from './deposit-needs.ts';
import type { DepositPrices } from './deposit-prices.ts';

export interface Came {
  readonly token: Token;
  readonly units: bigint;
  readonly senders: readonly string[];
  readonly atMs: number;
}

export interface AttributedArrival {
  readonly attribution: Attribution;
  /** To be made together with the attribution: a promised price is used once. */
  readonly writes: readonly Write[];
}

/** Undefined: it is IO, and there is no price that could be trusted; later there will be. */
export const attributeArrival = async (
  { database }: Pick<DepositNeeds, 'database'>,
  prices: DepositPrices,
  { keys, memos }: Pick<ChainTransaction, 'keys' | 'memos'>,
  came: Came,
): Promise<AttributedArrival | undefined> => {
  const { token, units, senders } = came;
  const byReference = await findByReference(database, keys);
  const byMemo = await findDepositRequests(database, requestIdsIn(memos));
  const bySender = await Promise.all(senders.map((wallet) => getWalletOwner(database, wallet)));
  const attributed = attribute(token, units, { byReference, byMemo, bySender });
  if (attributed.kind !== 'credit') return { attribution: attributed, writes: [] };
  if (token === 'usdc') {
    return { attribution: { ...attributed, price: prices.io ?? null }, writes: [] };
  }
  const request = [...byReference, ...byMemo].find(({ id }) => id === attributed.requestId);
  const priced = priceIo(request, came, prices.io);
  return priced && { attribution: { ...attributed, price: priced.price }, writes: priced.writes };
};

const priceIo = (
  request: DepositRequest | undefined,
  { units, atMs }: Came,
  current: DepositPrices['io'],
) => {
  const lock = request?.lock ?? undefined;
  const arrival = { units, arrivedAtMs: atMs, usedUnits: request?.lockUsedUnits ?? 0n };
  const price = priceOfArrival(lock, arrival, current);
  if (price === undefined) return undefined;
  const used = lockedPart(lock, arrival);
  const writes = request && used > 0n ? [putDepositRequest(useLock(request, used))] : [];
  return { price, writes };
};
