/**
 * Step `follow-mint` of mint-emission: looks at what has become of an issuance's last attempt. Only proof moves
 * it: a finalized transaction, or that it can never land any more.
 */
import { WriteRefused } from '../../../shared/core/database.ts';
import { issuanceSubject, movedIssuance } from '../../../shared/token/issuance.ts';
import { putIssuance } from '../../../shared/token/issuance-store.ts';
import type { MintStepInput, StepOutcome } from '../../kit/step.ts';
import { commit } from '../../kit/transaction.ts';
import { lookAtAttempt } from '../../payments/sending/look-at-attempt.ts';
import { postNetworkFee } from '../../payments/sending/post-network-fee.ts';
import { referenceOf } from '../../payments/sending/reference.ts';
import { getSigned } from './get-signed.ts';
import type { MintNeeds } from './mint-needs.ts';

export const followMintStep = async (
  needs: MintNeeds,
  _input: MintStepInput,
): Promise<StepOutcome> => {
  const found = await getSigned(needs);
  if (found.outcome !== 'signed') return found;
  const { issuance, attempt } = found;
  const reference = referenceOf(issuanceSubject(issuance));
  const { end, finalized } = await lookAtAttempt(needs, attempt, reference);
  if (end === 'pending') return { outcome: 'pending' };
  needs.log.info('mint.attempt_ended', { issuance_id: issuance.id, number: attempt.number, end });
  // A failed transaction has cost its fee all the same.
  if (finalized) await postNetworkFee(needs, finalized);
  const next =
    end === 'landed'
      ? movedIssuance(issuance, 'land', { signature: attempt.signature })
      : movedIssuance(issuance, 'die');
  try {
    await commit(needs, [putIssuance(next)]);
  } catch (error) {
    if (!(error instanceof WriteRefused)) throw error;
    return { outcome: 'moved' };
  }
  return { outcome: next.status };
};
