/** Step `send-mint` of mint-emission: sends the bytes of an issuance's last attempt to every provider. */
import type { MintStepInput, StepOutcome } from '../../kit/step.ts';
import { sendAttempt } from '../../payments/sending/send-attempt.ts';
import { getSigned } from './get-signed.ts';
import type { MintNeeds } from './mint-needs.ts';

export const sendMintStep = async (
  needs: MintNeeds,
  _input: MintStepInput,
): Promise<StepOutcome> => {
  const found = await getSigned(needs);
  if (found.outcome !== 'signed') return found;
  const providers = await sendAttempt(needs, found.attempt);
  needs.log.info('mint.sent', { issuance_id: found.issuance.id, providers });
  return { outcome: 'sent' };
};
