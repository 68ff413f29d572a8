/** POST /v1/agent/speed-tests/{test_id}/down: an exchange of a speed test that brings octets. */
import type * as z from 'zod';
import { speedPolicyOf } from '../../shared/devices/speed-policy.ts';
import type { speedExchangeSchema } from '../../shared/devices/speed-schemas.ts';
import { octetsOf } from '../../shared/devices/speed-test.ts';
import { exchangeSpeed, type SpeedCall, type SpeedNeeds } from './exchange-speed.ts';

export const downloadSpeedTest = async (
  needs: SpeedNeeds,
  call: SpeedCall<unknown, z.output<typeof speedExchangeSchema>>,
) => {
  const { number, received_sha256: sha256 } = call.body;
  const { arrivedAtMs } = call;
  const test = await exchangeSpeed(needs, call, { kind: 'down', number, sha256, arrivedAtMs });
  return octetsOf(test, number, speedPolicyOf(needs.stage));
};
