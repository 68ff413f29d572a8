/** What crosses the boundary of the endpoints of deposits, their claims, and suspense. */
import * as z from 'zod';
import type { Token } from '../../core/chain.ts';
import { idSchema } from '../../core/ids.ts';
import { type MoneyJson, moneySchema, moneyToJson, usd } from '../../core/money.ts';
import { solanaAddressSchema, solanaSignatureSchema } from '../../core/solana-address.ts';
import { isoOf } from '../../core/time.ts';
import { isoSchema, listOf } from '../../core/wire.ts';
import { tokenSchema, walletProof } from '../../identity/wallet-schemas.ts';
import { type Arrival, suspenseReasons } from './arrival.ts';
import { type DepositRequest, depositStatuses, payUrl, statusOf } from './deposit-request.ts';

/** How amounts of a token are written: a USDC is a dollar. */
const currencyOf = { usdc: 'usd', io: 'io' } as const satisfies Record<Token, string>;

export const createDepositSchema = z
  .strictObject({
    token: tokenSchema,
    /** What is to be sent, `usd` for USDC (at par), `io` for IO. Without it any amount pays. */
    amount: z
      .strictObject({
        amount: z.string().regex(/^[1-9][0-9]{0,17}$/, 'a whole number of base units above 0'),
        currency: z.enum(['usd', 'io']),
      })
      .optional(),
    /** Stakes the IO on this device instead of crediting it; needs no price. */
    stake_device_id: idSchema('dev').optional(),
  })
  .refine(({ token, amount }) => amount === undefined || amount.currency === currencyOf[token], {
    path: ['amount', 'currency'],
    message: 'usd for USDC, io for IO',
  })
  .refine(({ token, stake_device_id: device }) => device === undefined || token === 'io', {
    path: ['token'],
    message: 'only IO is staked',
  })
  .meta({ id: 'CreateDeposit' });

const tokenMoney = (token: Token, units: bigint): MoneyJson =>
  moneyToJson({ asset: currencyOf[token], units });

export const depositSchema = z
  .strictObject({
    id: idSchema('dep'),
    object: z.literal('deposit'),
    token: tokenSchema,
    /**
     * `seen`: confirmed on the chain, credited when it is final. `late`: complete after `expires_at`. All
     * that comes is credited in every status, `expired` included.
     */
    status: z.enum(depositStatuses),
    /** What was asked for; null: any amount. */
    expected: moneySchema.nullable(),
    /** A Solana Pay link, for a wallet or a QR code. */
    url: z.string(),
    /** The wallet to send to, for those who do it by hand. */
    wallet: solanaAddressSchema,
    mint: solanaAddressSchema,
    /** One of the two has to be in the transaction, unless it comes from a wallet that you registered. */
    reference: solanaAddressSchema,
    memo: z.string(),
    /** Where it is staked; null: it is credited. */
    stake: z
      .strictObject({
        device_id: idSchema('dev'),
        staked: moneySchema,
        /** What the device does not take any more: it stands with your rewards. */
        kept: moneySchema,
      })
      .nullable(),
    /** The price that holds for IO which is on the chain before `expires_at`. */
    price: z
      .strictObject({
        nano_usd_per_io: z.string(),
        price_id: z.string(),
        /** It holds for so much. */
        amount: moneySchema,
      })
      .nullable(),
    received: moneySchema,
    /** The credit for it, what paid a debt included. */
    credit: moneySchema,
    fee: moneySchema,
    /** The newest twenty. */
    payments: z.array(
      z.strictObject({
        transaction: solanaSignatureSchema,
        amount: moneySchema,
        credit: moneySchema,
        fee: moneySchema,
        arrived_at: isoSchema,
      }),
    ),
    /** Confirmed, and not final yet: it may still be undone. */
    seen: z.strictObject({ transaction: solanaSignatureSchema, amount: moneySchema }).nullable(),
    created_at: isoSchema,
    expires_at: isoSchema,
  })
  .meta({ id: 'Deposit' });

export const depositListSchema = listOf(depositSchema);

export const depositToJson = (
  request: DepositRequest,
  nowMs: number,
): z.input<typeof depositSchema> => {
  const { token, expectedUnits, lock, seen } = request;
  const status = statusOf(request, nowMs);
  return {
    id: request.id,
    object: 'deposit',
    token,
    status,
    expected: expectedUnits === null ? null : tokenMoney(token, expectedUnits),
    url: payUrl(request),
    wallet: request.payTo.wallet,
    mint: request.payTo.mint,
    reference: request.reference,
    memo: request.id,
    stake: request.stakeDeviceId && {
      device_id: request.stakeDeviceId,
      staked: tokenMoney('io', request.stakedUnits),
      kept: tokenMoney('io', request.receivedUnits - request.stakedUnits),
    },
    price: lock && {
      nano_usd_per_io: lock.price.nanoUsdPerIo.toString(),
      price_id: lock.price.id,
      amount: tokenMoney('io', lock.units),
    },
    received: tokenMoney(token, request.receivedUnits),
    credit: moneyToJson(usd(request.creditUnits)),
    fee: moneyToJson(usd(request.feeUnits)),
    payments: request.payments.map((each) => ({
      transaction: each.signature,
      amount: tokenMoney(token, each.units),
      credit: moneyToJson(usd(each.creditUnits)),
      fee: moneyToJson(usd(each.feeUnits)),
      arrived_at: isoOf(each.atMs),
    })),
    seen:
      seen !== null && seen.untilMs > nowMs
        ? { transaction: seen.signature, amount: tokenMoney(token, seen.units) }
        : null,
    created_at: isoOf(request.createdAtMs),
    expires_at: isoOf(request.expiresAtMs),
  };
};

export const createDepositClaimSchema = z
  .strictObject({
    /** The transaction that brought the deposit. */
    transaction: solanaSignatureSchema,
    /** Of a wallet message with the purpose `deposit_claim`. */
    ...walletProof,
  })
  .meta({ id: 'CreateDepositClaim' });

export const depositClaimSchema = z
  .strictObject({
    object: z.literal('deposit_claim'),
    transaction: solanaSignatureSchema,
    /** What it brought from the wallet that signed. */
    deposits: z.array(
      z.strictObject({
        token: tokenSchema,
        amount: moneySchema,
        /** `accepted`: credited within minutes. */
        status: z.enum(['accepted', 'credited']),
        credit: moneySchema.nullable(),
        fee: moneySchema.nullable(),
        claimed_at: isoSchema,
      }),
    ),
  })
  .meta({ id: 'DepositClaim' });

/** Of arrivals that were claimed; all others are left out. */
export const claimToJson = (
  transaction: string,
  arrivals: readonly Arrival[],
): z.input<typeof depositClaimSchema> => ({
  object: 'deposit_claim',
  transaction,
  deposits: arrivals.flatMap(({ token, state }) => {
    if (state.status !== 'claimed' && state.status !== 'in_suspense') return [];
    if (state.claim === null) return [];
    const credit = state.status === 'claimed' ? state.credit : undefined;
    return [
      {
        token,
        amount: tokenMoney(token, state.units),
        status: credit ? ('credited' as const) : ('accepted' as const),
        credit: credit ? moneyToJson(usd(credit.creditUnits)) : null,
        fee: credit ? moneyToJson(usd(credit.feeUnits)) : null,
        claimed_at: isoOf(state.claim.atMs),
      },
    ];
  }),
});

export const assignSuspenseSchema = z
  .strictObject({
    transaction: solanaSignatureSchema,
    token: tokenSchema,
    /** Whose it is. */
    organisation_id: idSchema('org').optional(),
    /** Or your own name of a funding: money that the platform had sent to its treasury itself. */
    funding_id: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'up to 64 letters, digits, dots and dashes')
      .optional(),
    /** With `funding_id`: IO for rewards, which hours release where the token is somebody else's. */
    for_rewards: z.boolean().default(false),
    /** Why it is this organisation's, or the platform's. */
    reason: z.string().min(1).max(500),
  })
  .refine(
    ({ organisation_id: organisation, funding_id: funding }) =>
      (organisation === undefined) !== (funding === undefined),
    { path: ['organisation_id'], message: 'exactly one of organisation_id and funding_id' },
  )
  .refine(
    ({ funding_id: funding, token, for_rewards: forRewards }) =>
      !forRewards || (funding !== undefined && token === 'io'),
    { path: ['for_rewards'], message: 'rewards are funded in io, under a funding_id' },
  )
  .meta({ id: 'AssignSuspense' });

export const suspendedSchema = z
  .strictObject({
    object: z.literal('suspended_deposit'),
    transaction: solanaSignatureSchema,
    token: tokenSchema,
    amount: moneySchema,
    reason: z.enum(suspenseReasons),
    /** The wallets that it came from. */
    senders: z.array(z.string()),
    arrived_at: isoSchema,
  })
  .meta({ id: 'SuspendedDeposit' });

export const suspendedListSchema = listOf(suspendedSchema);

/** Of arrivals in suspense; all others are left out. */
export const suspendedToJson = ({
  signature,
  token,
  state,
}: Arrival): z.input<typeof suspendedSchema>[] =>
  state.status !== 'in_suspense'
    ? []
    : [
        {
          object: 'suspended_deposit',
          transaction: signature,
          token,
          amount: tokenMoney(token, state.units),
          reason: state.reason,
          senders: [...state.senders],
          arrived_at: isoOf(state.atMs),
        },
      ];
