/**
 * Step `post-mint` of mint-emission: posts what a finalized transaction minted; then the issuance is done, and
 * the next one may begin. A transaction that did anything else than its issuance says is an alarm, and nothing
 * of it is posted. Of genesis the ledger knows nothing: its IO is others' from the start.
 */
import { assert, present } from '../../../shared/core/assert.ts';
import { type Write, WriteRefused } from '../../../shared/core/database.ts';
import {
  afterIssuance,
  type Issuance,
  issuanceDifference,
  issuedUnits,
  movedIssuance,
} from '../../../shared/token/issuance.ts';
import {
  getIssuanceState,
  getOpenIssuance,
  putIssuance,
  putIssuanceState,
} from '../../../shared/token/issuance-store.ts';
import type { MintStepInput, StepOutcome } from '../../kit/step.ts';
import { commit } from '../../kit/transaction.ts';
import { postMint } from '../../ledger/rewards/post-mint.ts';
import { requireFinalized } from '../../payments/sending/require-finalized.ts';
import type { MintNeeds } from './mint-needs.ts';

export const postMintStep = async (
  needs: MintNeeds,
  _input: MintStepInput,
): Promise<StepOutcome> => {
  const issuance = await getOpenIssuance(needs.database);
  if (!issuance) return { outcome: 'nothing' };
  if (issuance.status !== 'landed') return { outcome: issuance.status };
  const signature = present(issuance.signature, `${issuance.id} landed without a transaction`);
  const says = issuanceDifference(issuance, await requireFinalized(needs, signature));
  assert(says === undefined, says ?? '');
  try {
    await post(needs, issuance, signature);
  } catch (error) {
    // Somebody else posted it meanwhile.
    if (!(error instanceof WriteRefused)) throw error;
  }
  needs.log.info('mint.posted', { issuance_id: issuance.id, transaction: signature });
  return { outcome: 'done' };
};

/** Everything that ends an issuance, in one transaction. */
const post = async (needs: MintNeeds, issuance: Issuance, signature: string): Promise<void> => {
  const state = present(await getIssuanceState(needs.database), 'no state of issuances');
  // Somebody else has posted it.
  if (state.openId !== issuance.id) return;
  const doneAtMs = needs.clock.nowMs();
  const ends: readonly Write[] = [
    putIssuance(movedIssuance(issuance, 'post', { doneAtMs })),
    putIssuanceState(afterIssuance(state, issuance)),
  ];
  if (issuance.day === null) return commit(needs, ends);
  await postMint(needs, { day: issuance.day, units: issuedUnits(issuance), signature }, ends);
};
