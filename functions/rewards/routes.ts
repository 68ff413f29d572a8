/** The endpoints of rewards: the epochs, which are everybody's, and what one's own devices earn. */
import * as z from 'zod';
import { emptySchema, octetsSchema, pageQuery } from '../../shared/core/wire.ts';
import {
  epochListSchema,
  epochParams,
  epochProofSchema,
  epochSchema,
  proofQuery,
  statementQuery,
} from '../../shared/rewards/epoch-schemas.ts';
import {
  listRewardsQuery,
  rewardListSchema,
  rewardReadinessQuery,
  rewardReadinessSchema,
} from '../../shared/rewards/reward-schemas.ts';
import { type Route, route } from '../kit/route.ts';
import { getEpoch } from './epochs/get-epoch.ts';
import { getEpochProof } from './epochs/get-epoch-proof.ts';
import { getEpochStatement } from './epochs/get-epoch-statement.ts';
import { listEpochs } from './epochs/list-epochs.ts';
import { getRewardReadiness } from './get-reward-readiness.ts';
import { listRewards } from './list-rewards.ts';
import type { RewardsNeeds } from './rewards-needs.ts';

const nothing = { params: emptySchema, query: emptySchema, body: emptySchema } as const;

/** What was published never changes, so everybody may keep it for a year. */
const immutable = 'public, max-age=31536000, immutable';
const oneMinute = 'public, max-age=60';

const epoch = { authentication: 'public', scope: null, params: epochParams, status: 200 } as const;

export const rewardRoutes: readonly Route<RewardsNeeds>[] = [
  route({
    ...nothing,
    name: 'listEpochs',
    method: 'GET',
    path: '/v1/epochs',
    summary: 'Lists the hours of rewards, newest first, beginning with the one that runs.',
    authentication: 'public',
    scope: null,
    query: z.strictObject(pageQuery),
    answer: epochListSchema,
    answerHeaders: () => ({ 'cache-control': oneMinute }),
    status: 200,
    errors: ['token.none'],
    handle: listEpochs,
  }),
  route({
    ...nothing,
    ...epoch,
    name: 'getEpoch',
    method: 'GET',
    path: '/v1/epochs/{epoch_id}',
    summary: 'Shows how far an hour of rewards is, and the root of its statement.',
    answer: epochSchema,
    answerHeaders: ({ status }) => ({
      'cache-control': status === 'completed' ? immutable : oneMinute,
    }),
    errors: ['token.none', 'epoch.not_found'],
    handle: getEpoch,
  }),
  route({
    ...nothing,
    ...epoch,
    name: 'getEpochStatement',
    method: 'GET',
    path: '/v1/epochs/{epoch_id}/statement',
    summary: 'Answers a part of the statement: what every device got, and why.',
    query: statementQuery,
    answer: octetsSchema,
    answerType: 'text/csv; charset=utf-8',
    answerHeaders: () => ({ 'cache-control': immutable }),
    errors: ['token.none', 'epoch.not_found', 'epoch.not_closed', 'epoch.unknown_part'],
    handle: getEpochStatement,
  }),
  route({
    ...nothing,
    ...epoch,
    name: 'getEpochProof',
    method: 'GET',
    path: '/v1/epochs/{epoch_id}/proof',
    summary: 'Proves the rows of a device against the root of the statement.',
    query: proofQuery,
    answer: epochProofSchema,
    answerHeaders: () => ({ 'cache-control': immutable }),
    errors: ['token.none', 'epoch.not_found', 'epoch.not_closed', 'epoch.no_entry'],
    handle: getEpochProof,
  }),
  route({
    ...nothing,
    name: 'getRewardReadiness',
    method: 'GET',
    path: '/v1/rewards/readiness',
    summary: 'Shows how the gates of a device stand in the hour that runs, and what helps.',
    authentication: 'key',
    scope: 'devices:read',
    query: rewardReadinessQuery,
    answer: rewardReadinessSchema,
    status: 200,
    errors: ['token.none', 'device.not_found'],
    handle: getRewardReadiness,
  }),
  route({
    ...nothing,
    name: 'listRewards',
    method: 'GET',
    path: '/v1/rewards',
    summary: 'Lists what a device got in past hours and why, newest first.',
    authentication: 'key',
    scope: 'devices:read',
    query: listRewardsQuery,
    answer: rewardListSchema,
    status: 200,
    errors: ['token.none', 'device.not_found'],
    handle: listRewards,
  }),
];
