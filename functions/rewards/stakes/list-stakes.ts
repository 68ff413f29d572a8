/** GET /v1/stakes: the devices on which something was ever staked, newest first. */
import { present } from '../../../shared/core/assert.ts';
import { toList } from '../../../shared/core/wire.ts';
import { getDevices } from '../../../shared/devices/device-store.ts';
import { stakeToJson } from '../../../shared/rewards/stake-schemas.ts';
import { listStakes } from '../../../shared/rewards/stake-store.ts';
import { requireTokenSettings } from '../../../shared/token/token-mode.ts';
import type { Call, PageQuery } from '../../kit/route.ts';
import type { Runtime } from '../../kit/runtime.ts';
import { requiredUnitsOf } from './load-stake.ts';

export const listOwnStakes = async (
  needs: Pick<Runtime, 'database' | 'stage' | 'token'>,
  { caller, query, nowMs }: Call<'key', unknown, PageQuery, unknown>,
) => {
  requireTokenSettings(needs.token);
  const { stakes, next } = await listStakes(needs.database, caller.organisationId, query);
  const devices = await getDevices(
    needs.database,
    stakes.map(({ deviceId }) => deviceId),
  );
  const shown = stakes.map((stake) => {
    const device = devices.find(({ id }) => id === stake.deviceId);
    const known = present(device, `${stake.deviceId} has a stake and is gone`);
    return stakeToJson(stake, requiredUnitsOf(needs, known, nowMs), nowMs);
  });
  return toList(shown, next);
};
