/** The endpoints of deposits on Solana, their claims, and suspense. None of them asks the chain. */
import * as z from 'zod';
import { idSchema } from '../../shared/core/ids.ts';
import { emptySchema, pageQuery } from '../../shared/core/wire.ts';
import {
  assignSuspenseSchema,
  createDepositClaimSchema,
  createDepositSchema,
  depositClaimSchema,
  depositListSchema,
  depositSchema,
  suspendedListSchema,
  suspendedSchema,
} from '../../shared/payments/deposits/deposit-schemas.ts';
import { type Route, route } from '../kit/route.ts';
import type { Runtime } from '../kit/runtime.ts';
import { assignSuspense } from './deposits/assign-suspense.ts';
import { createDeposit } from './deposits/create-deposit.ts';
import { createDepositClaim } from './deposits/create-deposit-claim.ts';
import type { DepositNeeds } from './deposits/deposit-needs.ts';
import { getDeposit } from './deposits/get-deposit.ts';
import { listDeposits } from './deposits/list-deposits.ts';
import { listSuspense } from './deposits/list-suspense.ts';

export type DepositEndpointNeeds = Runtime & Pick<DepositNeeds, 'watched'>;

export const depositRoutes: readonly Route<DepositEndpointNeeds>[] = [
  route({
    name: 'createDeposit',
    method: 'POST',
    path: '/v1/deposits',
    summary: 'Asks to be paid in USDC or IO, and answers a Solana Pay link.',
    authentication: 'key',
    scope: 'payments:write',
    idempotencyKeyRequired: true,
    params: emptySchema,
    query: emptySchema,
    body: createDepositSchema,
    answer: depositSchema,
    status: 201,
    errors: [
      'deposit.amount_too_small',
      'deposit.usdc_paused',
      'device.not_found',
      'solana.not_configured',
      'stake.above_maximum',
      'stake.not_needed',
      'token.none',
      'token_price.unavailable',
    ],
    handle: createDeposit,
  }),
  route({
    name: 'listDeposits',
    method: 'GET',
    path: '/v1/deposits',
    summary: "Lists the organisation's deposits on Solana, newest first.",
    authentication: 'key',
    scope: 'payments:read',
    params: emptySchema,
    query: z.strictObject(pageQuery),
    body: emptySchema,
    answer: depositListSchema,
    status: 200,
    errors: [],
    handle: listDeposits,
  }),
  route({
    name: 'getDeposit',
    method: 'GET',
    path: '/v1/deposits/{deposit_id}',
    summary: 'Shows one deposit: what came for it, and what was credited.',
    authentication: 'key',
    scope: 'payments:read',
    params: z.strictObject({ deposit_id: idSchema('dep') }),
    query: emptySchema,
    body: emptySchema,
    answer: depositSchema,
    status: 200,
    errors: ['deposit.not_found'],
    handle: getDeposit,
  }),
  route({
    name: 'createDepositClaim',
    method: 'POST',
    path: '/v1/deposit-claims',
    summary: 'Claims a deposit that named nobody, by a signature of the wallet that sent it.',
    authentication: 'key',
    scope: 'payments:write',
    params: emptySchema,
    query: emptySchema,
    body: createDepositClaimSchema,
    answer: depositClaimSchema,
    status: 201,
    errors: [
      'deposit_claim.not_found',
      'deposit_claim.not_sender',
      'deposit_claim.no_single_sender',
      'deposit_claim.taken',
      'token_price.unavailable',
      'wallet.message_not_found',
      'wallet.message_spent',
      'wallet.message_expired',
      'wallet.signature_invalid',
    ],
    handle: createDepositClaim,
  }),
  route({
    name: 'listSuspense',
    method: 'GET',
    path: '/v1/suspense',
    summary: 'Lists deposits that are nobody’s yet, newest first. For the operator.',
    authentication: 'key',
    scope: 'suspense:write',
    params: emptySchema,
    query: z.strictObject(pageQuery),
    body: emptySchema,
    answer: suspendedListSchema,
    status: 200,
    errors: [],
    handle: listSuspense,
  }),
  route({
    name: 'assignSuspense',
    method: 'POST',
    path: '/v1/suspense/assign',
    summary:
      'Says whose a deposit in suspense is, or that it is the platform’s own, or for rewards. For the operator.',
    authentication: 'key',
    scope: 'suspense:write',
    params: emptySchema,
    query: emptySchema,
    body: assignSuspenseSchema,
    answer: suspendedSchema,
    status: 200,
    errors: [
      'suspense.not_found',
      'suspense.no_reward_fund',
      'deposit_claim.taken',
      'identity.not_found',
      'token_price.unavailable',
    ],
    handle: assignSuspense,
  }),
];
