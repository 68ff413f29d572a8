/** The issuance whose signed attempt may land, with that attempt; or what it is instead. */
import { present } from '../../../shared/core/assert.ts';
import type { Database } from '../../../shared/core/database.ts';
import type { Attempt } from '../../../shared/payments/payouts/batch.ts';
import { getAttempt } from '../../../shared/payments/payouts/batch-store.ts';
import { type Issuance, issuanceSubject } from '../../../shared/token/issuance.ts';
import { getOpenIssuance } from '../../../shared/token/issuance-store.ts';

export type SignedIssuance =
  | { readonly outcome: 'signed'; readonly issuance: Issuance; readonly attempt: Attempt }
  | { readonly outcome: 'nothing' | 'open' | 'landed' | 'done' };

/** Its last attempt; a BugError where it has none. */
export const requireAttempt = async (
  { database }: { readonly database: Database },
  issuance: Issuance,
): Promise<Attempt> =>
  present(
    await getAttempt(database, issuanceSubject(issuance), issuance.attempts),
    `${issuance.id} lacks attempt ${issuance.attempts}`,
  );

export const getSigned = async (needs: {
  readonly database: Database;
}): Promise<SignedIssuance> => {
  const issuance = await getOpenIssuance(needs.database);
  if (!issuance) return { outcome: 'nothing' };
  const { status } = issuance;
  if (status !== 'signed') return { outcome: status };
  return { outcome: 'signed', issuance, attempt: await requireAttempt(needs, issuance) };
};
