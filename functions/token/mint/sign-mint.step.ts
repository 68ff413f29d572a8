/**
 * Step `sign-mint` of mint-emission: makes an issuance's next attempt. It looks for one on the chain first, and
 * holds the mint and the transaction to what they must be. The attempt is written before anybody can send it;
 * a signature that is not written is forgotten and harms nobody.
 */
import { present } from '../../../shared/core/assert.ts';
import { WriteRefused } from '../../../shared/core/database.ts';
import { putOwnTransaction } from '../../../shared/ledger/chain/own-transaction-store.ts';
import type { Attempt } from '../../../shared/payments/payouts/batch.ts';
import { putAttempt } from '../../../shared/payments/payouts/batch-store.ts';
import { payoutsRun } from '../../../shared/payments/payouts/payout-controls-store.ts';
import {
  type Issuance,
  issuanceSubject,
  issuedUnits,
  movedIssuance,
} from '../../../shared/token/issuance.ts';
import {
  getIssuanceState,
  getOpenIssuance,
  isUnderWay,
  putIssuance,
} from '../../../shared/token/issuance-store.ts';
import type { MintStepInput, StepOutcome } from '../../kit/step.ts';
import { commit } from '../../kit/transaction.ts';
import { arePayoutsHeld } from '../../payments/payouts/payouts-held.ts';
import { signTransfer } from '../../payments/sending/sign-transfer.ts';
import { adoptIssued } from './adopt-issued.ts';
import { buildMint } from './build-mint.ts';
import type { MintNeeds } from './mint-needs.ts';
import { ownIssuance } from './own-issuance.ts';

/** An issuance that died so often is looked at by a person. */
const attemptsMax = 40;

export const signMintStep = async (
  needs: MintNeeds,
  _input: MintStepInput,
): Promise<StepOutcome> => {
  const issuance = await getOpenIssuance(needs.database);
  if (!issuance) return { outcome: 'nothing' };
  if (issuance.status !== 'open') return { outcome: issuance.status };
  const held = (why: string): StepOutcome => {
    needs.log.error('mint.held', { why, issuance_id: issuance.id });
    return { outcome: 'held' };
  };
  try {
    if (await adoptIssued(needs, issuance)) return { outcome: 'signed' };
    // Whoever stops payouts stops all that the key signs.
    if (await arePayoutsHeld(needs)) return held('payouts are stopped, or the treasury is blocked');
    if (issuance.attempts >= attemptsMax) return held('too many attempts');
    const state = present(await getIssuanceState(needs.database), 'no state of issuances');
    const built = await buildMint(needs, issuance, state);
    if (built.outcome === 'held') return held(built.why);
    const signed = await signTransfer(needs, built);
    if (signed === 'too_old') return { outcome: 'again' };
    await writeAhead(needs, issuance, {
      batchId: issuanceSubject(issuance),
      number: issuance.attempts + 1,
      units: issuedUnits(issuance),
      ...{ signature: signed.signature, wire: signed.wire, lifetime: built.lifetime },
      signedAtMs: needs.clock.nowMs(),
    });
    return { outcome: 'signed' };
  } catch (error) {
    // Somebody else went on with it, or stopped payouts: the next look sees it.
    if (!(error instanceof WriteRefused)) throw error;
    return { outcome: 'again' };
  }
};

/** Everything that a signed transaction changes, before it is sent. */
const writeAhead = async (
  needs: MintNeeds,
  issuance: Issuance,
  attempt: Attempt,
): Promise<void> => {
  const { signature, number, signedAtMs } = attempt;
  await commit(needs, [
    putIssuance(movedIssuance(issuance, 'sign', { attempts: number })),
    putAttempt(attempt),
    isUnderWay(issuance.id),
    payoutsRun(),
    putOwnTransaction(ownIssuance(issuance, signature, signedAtMs)),
  ]);
  const named = { issuance_id: issuance.id, number, transaction: signature };
  needs.log.info('mint.signed', named);
};
