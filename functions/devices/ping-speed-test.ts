/** POST /v1/agent/speed-tests/{test_id}/ping: an empty exchange of a speed test. */
import type * as z from 'zod';
import type { speedExchangeSchema } from '../../shared/devices/speed-schemas.ts';
import { exchangeSpeed, type SpeedCall, type SpeedNeeds, speedAnswerOf } from './exchange-speed.ts';

export const pingSpeedTest = async (
  needs: SpeedNeeds,
  call: SpeedCall<unknown, z.output<typeof speedExchangeSchema>>,
) => {
  const { number, received_sha256: sha256 } = call.body;
  const { arrivedAtMs } = call;
  const test = await exchangeSpeed(needs, call, { kind: 'ping', number, sha256, arrivedAtMs });
  return speedAnswerOf(needs, test);
};
