/** An issuance's transaction as one of our own: the poller of deposits passes it over. */
import type { OwnTransaction } from '../../../shared/ledger/chain/own-transaction.ts';
import type { Issuance } from '../../../shared/token/issuance.ts';

export const ownIssuance = (
  { day }: Issuance,
  signature: string,
  atMs: number,
): OwnTransaction => ({
  ...{ signature, atMs },
  purpose: day === null ? 'genesis' : 'mint',
  subjectId: day === null ? 'genesis' : String(day),
});
