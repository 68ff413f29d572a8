/** Hours of rewards that were closed with nobody on the network: all that they emit is unallocated. */
import { commit } from '../../functions/kit/transaction.ts';
import type { PostingNeeds } from '../../functions/ledger/post-fact.ts';
import { postEmission } from '../../functions/ledger/rewards/post-emission.ts';
import { sha256Hex } from '../../shared/core/hash.ts';
import { hourIdOf } from '../../shared/proofs/gate.ts';
import { commitEpoch, completeEpoch, openEpoch } from '../../shared/rewards/epoch-store.ts';
import { emissionOf } from '../../shared/token/emission.ts';
import { startOfHour, type TokenSettings } from '../../shared/token/token-mode.ts';

/** The root that such an hour is published with. */
export const rootOf = (hour: number): string => sha256Hex(`hour ${hour}`);

/** Closes the hours from `from` to before `to`, in their order. */
export const closeHours = async (
  needs: PostingNeeds,
  token: TokenSettings,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<void> => {
  for (let hour = from; hour < to; hour += 1) {
    const startMs = startOfHour(token, hour);
    const nowMs = needs.clock.nowMs();
    const epoch = { id: hourIdOf(startMs), hour, startMs };
    const units = emissionOf(hour)?.units ?? 0n;
    await commit(needs, [openEpoch({ ...epoch, openedAtMs: nowMs })]);
    const result = {
      ...{ inputHash: 'in', outputHash: 'out', root: rootOf(hour), head: {} as never },
      ...{ parts: 1, postings: 0, committedAtMs: nowMs },
    };
    await postEmission(
      needs,
      { epochId: epoch.id, units, source: 'issuance', unallocatedUnits: units },
      [commitEpoch(epoch.id, result)],
    );
    await commit(needs, completeEpoch(epoch, nowMs));
  }
};
