/**
 * Finds a transaction on the chain that did what an open issuance is for: its record was lost, as in a table
 * restored to an earlier time, or it was taken for dead. The issuance follows it instead of making another.
 */
import {
  getOwnTransaction,
  putOwnTransaction,
} from '../../../shared/ledger/chain/own-transaction-store.ts';
import { putAttempt } from '../../../shared/payments/payouts/batch-store.ts';
import {
  type Issuance,
  issuanceDifference,
  issuanceSubject,
  issuedUnits,
  movedIssuance,
} from '../../../shared/token/issuance.ts';
import { isUnderWay, putIssuance } from '../../../shared/token/issuance-store.ts';
import { commit } from '../../kit/transaction.ts';
import { findOwn } from '../../payments/sending/find-own.ts';
import { referenceOf } from '../../payments/sending/reference.ts';
import type { MintNeeds } from './mint-needs.ts';
import { ownIssuance } from './own-issuance.ts';

/** Whether there was one; then the issuance is `signed` with it. Throws where it cannot be known. */
export const adoptIssued = async (needs: MintNeeds, issuance: Issuance): Promise<boolean> => {
  const found = await findOwn(needs, {
    reference: referenceOf(issuanceSubject(issuance)),
    difference: (transaction) => issuanceDifference(issuance, transaction),
  });
  if (!found) return false;
  const { signature, slot } = found;
  const { id } = issuance;
  needs.log.error('mint.attempt_found', { issuance_id: id, transaction: signature });
  const number = issuance.attempts + 1;
  const atMs = needs.clock.nowMs();
  const own = await getOwnTransaction(needs.database, signature);
  await commit(needs, [
    putIssuance(movedIssuance(issuance, 'sign', { attempts: number })),
    putAttempt({
      ...{ batchId: issuanceSubject(issuance), number, signature, wire: '' },
      units: issuedUnits(issuance),
      // Of no matter: it is finalized.
      lifetime: { kind: 'blockhash', lastValidBlockHeight: slot },
      signedAtMs: atMs,
    }),
    isUnderWay(id),
    ...(own ? [] : [putOwnTransaction(ownIssuance(issuance, signature, atMs))]),
  ]);
  return true;
};
