/**
 * PUT /v1/agent/speed-tests/{test_id}/up/{number}: an exchange of a speed test that sends octets. Their
 * number is looked at before anything is computed of them.
 */
import { AppError } from '../../shared/core/errors.ts';
import { sha256Hex } from '../../shared/core/hash.ts';
import { speedPolicyOf } from '../../shared/devices/speed-policy.ts';
import { exchangeSpeed, type SpeedCall, type SpeedNeeds, speedAnswerOf } from './exchange-speed.ts';

export const uploadSpeedTest = async (
  needs: SpeedNeeds,
  call: SpeedCall<{ readonly number: number }, Uint8Array>,
) => {
  const { upPartBytes } = speedPolicyOf(needs.stage);
  if (call.body.length !== upPartBytes) throw new AppError('speed_test.length');
  const { arrivedAtMs } = call;
  const { number } = call.params;
  const sha256 = sha256Hex(call.body);
  const test = await exchangeSpeed(needs, call, { kind: 'up', number, sha256, arrivedAtMs });
  return speedAnswerOf(needs, test);
};
