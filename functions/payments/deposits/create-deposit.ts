/**
 * POST /v1/deposits: asks to be paid on Solana, and answers what a wallet needs for it. For IO the price of now
 * is promised for a quarter of an hour; what is to be staked needs none. Nothing is asked of the chain: it is
 * looked at when it changes.
 */
import type * as z from 'zod';
import { present } from '../../../shared/core/assert.ts';
import { AppError } from '../../../shared/core/errors.ts';
import { dustBelow } from '../../../shared/payments/deposits/attribution.ts';
import { newDepositRequest } from '../../../shared/payments/deposits/deposit-request.ts';
import {
  getDepositRequest,
  putNewDepositRequest,
} from '../../../shared/payments/deposits/deposit-request-store.ts';
import {
  type createDepositSchema,
  depositToJson,
} from '../../../shared/payments/deposits/deposit-schemas.ts';
import { lockPrice, type PriceLock } from '../../../shared/payments/prices/price-lock.ts';
import { requireTokenSettings } from '../../../shared/token/token-mode.ts';
import type { Call } from '../../kit/route.ts';
import { commit } from '../../kit/transaction.ts';
import { requireStakeable } from '../../rewards/stakes/require-stakeable.ts';
import { getUsdcPeg, requireIoPrice } from '../prices/token-prices.ts';
import type { DepositNeeds } from './deposit-needs.ts';

type Body = z.output<typeof createDepositSchema>;

/** With any amount asked for, the price holds for as much as one price may. */
const anyIoUnits = 10n ** 18n;

type CreateNeeds = Pick<
  DepositNeeds,
  'database' | 'clock' | 'randomness' | 'pause' | 'stage' | 'watched' | 'token'
>;

export const createDeposit = async (
  needs: CreateNeeds,
  call: Call<'key', unknown, unknown, Body>,
) => {
  const { token, amount, stake_device_id: stakeDeviceId = null } = call.body;
  if (token === 'io') requireTokenSettings(needs.token);
  const expectedUnits = amount === undefined ? null : BigInt(amount.amount);
  if (expectedUnits !== null && expectedUnits < dustBelow[token]) {
    throw new AppError('deposit.amount_too_small', {
      extra: { minimum: dustBelow[token].toString() },
    });
  }
  const id = call.newId('dep');
  // An attempt that died after it was made is told the same again.
  const made = await getDepositRequest(needs.database, id);
  if (made !== undefined) return depositToJson(made, call.nowMs);
  if (stakeDeviceId !== null) {
    const order = { deviceId: stakeDeviceId, units: expectedUnits ?? 1n, nowMs: call.nowMs };
    await requireStakeable(needs, call.caller, order);
  }
  const accounts = await needs.watched();
  const { mint, owner } = present(
    accounts.find((each) => each.token === token),
    `no account takes ${token}`,
  );
  const request = newDepositRequest({
    id,
    organisation: call.caller.organisationId,
    token,
    expectedUnits,
    payTo: { wallet: owner, mint },
    stakeDeviceId,
    lock: await lockFor(needs, call.body, call.nowMs),
    createdAtMs: call.nowMs,
  });
  if (token === 'usdc' && (await getUsdcPeg(needs)) !== 'at_par') {
    throw new AppError('deposit.usdc_paused');
  }
  await commit(needs, putNewDepositRequest(request));
  return depositToJson(request, call.nowMs);
};

/** The price that is promised; none where nothing is to be counted in dollars. */
const lockFor = async (
  needs: CreateNeeds,
  { token, amount, stake_device_id: stakeDeviceId }: Body,
  nowMs: number,
): Promise<PriceLock | null> => {
  if (token === 'usdc' || stakeDeviceId !== undefined) return null;
  const units = amount === undefined ? anyIoUnits : BigInt(amount.amount);
  return lockPrice(await requireIoPrice(needs), units, nowMs);
};
