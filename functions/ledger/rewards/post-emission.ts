/**
 * Releases what an hour gives for rewards, once, with the writes that close the hour in the same transaction;
 * so an hour is closed if and only if its IO is in the pool.
 */
import type { Write } from '../../../shared/core/database.ts';
import { getAccount } from '../../../shared/ledger/ledger-store.ts';
import {
  type EmissionFact,
  emissionCause,
  emissionId,
  planEmission,
} from '../../../shared/ledger/rewards/emission.ts';
import { commitDecision } from '../commit-decision.ts';
import {
  type Beside,
  type Posted,
  type PostingNeeds,
  postOrRefuse,
  readBeside,
} from '../post-fact.ts';

/** The fund holds less; base units. Nothing was written. */
interface FundShort {
  readonly outcome: 'fund_short';
  readonly available: bigint;
}

export type EmissionPosted =
  | Posted
  | FundShort
  /** The hour releases nothing: only what was to be written beside was. */
  | { readonly outcome: 'nothing' };

/** A BugError when the hour released another amount before, or from another source. */
export const postEmission = async (
  needs: PostingNeeds,
  fact: EmissionFact,
  beside: Beside = [],
): Promise<EmissionPosted> => {
  if (fact.units === 0n) return writeAlone(needs, beside);
  const named = { id: emissionId(fact.epochId), cause: emissionCause(fact) };
  return postOrRefuse<FundShort>(needs, named, async () => {
    const fund = await getAccount(needs.database, 'reward:fund');
    const decision = planEmission(fact, { fund, nowMs: needs.clock.nowMs() });
    if (decision.outcome !== 'released') return decision;
    return { ...decision, writes: [...decision.writes, ...(await readBeside(beside))] };
  });
};

const writeAlone = async (needs: PostingNeeds, beside: Beside): Promise<EmissionPosted> => {
  const { answer } = await commitDecision(needs, async () => {
    const writes: readonly Write[] = await readBeside(beside);
    return { writes, transfers: [], answer: { outcome: 'nothing' as const } };
  });
  return answer;
};
