/** The endpoints of stakes: what stands behind a supplier's devices. */
import * as z from 'zod';
import { idSchema } from '../../shared/core/ids.ts';
import { emptySchema, pageQuery } from '../../shared/core/wire.ts';
import {
  createStakeSchema,
  stakeListSchema,
  stakeSchema,
  unstakeSchema,
} from '../../shared/rewards/stake-schemas.ts';
import { type Route, route } from '../kit/route.ts';
import type { Runtime } from '../kit/runtime.ts';
import { createStake } from './stakes/create-stake.ts';
import { getOwnStake } from './stakes/get-stake.ts';
import { listOwnStakes } from './stakes/list-stakes.ts';
import { unstake } from './stakes/unstake.ts';

const oneDevice = z.strictObject({ device_id: idSchema('dev') });

export const stakeRoutes: readonly Route<Runtime>[] = [
  route({
    name: 'createStake',
    method: 'POST',
    path: '/v1/stakes',
    summary: 'Stakes free rewards on a device, up to what it needs.',
    authentication: 'key',
    scope: 'stakes:write',
    idempotencyKeyRequired: true,
    params: emptySchema,
    query: emptySchema,
    body: createStakeSchema,
    answer: stakeSchema,
    status: 201,
    errors: [
      'device.not_found',
      'stake.above_maximum',
      'stake.balance_short',
      'stake.not_needed',
      'token.none',
    ],
    handle: createStake,
  }),
  route({
    name: 'listStakes',
    method: 'GET',
    path: '/v1/stakes',
    summary: "Lists what is staked on the organisation's devices, newest device first.",
    authentication: 'key',
    scope: 'stakes:read',
    params: emptySchema,
    query: z.strictObject(pageQuery),
    body: emptySchema,
    answer: stakeListSchema,
    status: 200,
    errors: ['token.none'],
    handle: listOwnStakes,
  }),
  route({
    name: 'getStake',
    method: 'GET',
    path: '/v1/stakes/{device_id}',
    summary: 'Shows what a device needs, what is staked on it, and what cools down.',
    authentication: 'key',
    scope: 'stakes:read',
    params: oneDevice,
    query: emptySchema,
    body: emptySchema,
    answer: stakeSchema,
    status: 200,
    errors: ['device.not_found', 'token.none'],
    handle: getOwnStake,
  }),
  route({
    name: 'unstake',
    method: 'POST',
    path: '/v1/stakes/{device_id}/unstake',
    summary:
      'Asks stake back, all of it unless told; it waits for its cooldown and counts no more.',
    authentication: 'key',
    scope: 'stakes:write',
    idempotencyKeyRequired: true,
    params: oneDevice,
    query: emptySchema,
    body: unstakeSchema,
    answer: stakeSchema,
    status: 200,
    errors: [
      'device.not_found',
      'stake.device_hired',
      'stake.more_than_active',
      'stake.too_many_cooldowns',
      'token.none',
    ],
    handle: unstake,
  }),
];
