/** GET /v1/ledger/kept-rewards: what is kept of whose rewards until the operator decides. */
import type * as z from 'zod';
import { toList } from '../../shared/core/wire.ts';
import {
  keptRewardToJson,
  type listKeptRewardsQuery,
} from '../../shared/ledger/kept-reward-schemas.ts';
import { listKeptRewards as listKept } from '../../shared/ledger/rewards/reward-store.ts';
import type { Call } from '../kit/route.ts';
import type { Runtime } from '../kit/runtime.ts';

export const listKeptRewards = async (
  needs: Pick<Runtime, 'database'>,
  call: Call<'key', unknown, z.output<typeof listKeptRewardsQuery>, unknown>,
) => {
  const { organisation_id: organisation, limit, cursor } = call.query;
  const { holds, next } = await listKept(needs.database, { organisation, limit, cursor });
  return toList(holds.map(keptRewardToJson), next);
};
