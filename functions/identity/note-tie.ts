/**
 * Notes what an organisation has to do with a wallet or a card, and links it with those that it counts as one
 * with by that. What is known costs one read. Tie and links are one transaction; again is nothing.
 */
import { type Belonging, decideTie, type Tie } from '../../shared/identity/link.ts';
import { getTies, hasLink, putLink, putTies } from '../../shared/identity/link-store.ts';
import { retryRefused } from '../kit/retry.ts';
import { type CommitRuntime, commit } from '../kit/transaction.ts';

export interface NotedTie extends Belonging {
  readonly organisation: string;
  readonly tie: Tie;
  readonly atMs: number;
}

export const noteTie = (needs: CommitRuntime, noted: NotedTie): Promise<void> =>
  retryRefused(needs, async () => {
    const { organisation, tie, kind, atMs } = noted;
    const decision = decideTie(await getTies(needs.database, noted), organisation, tie);
    if (decision.outcome === 'unchanged') return;
    const { ties, links } = decision;
    const known = await Promise.all(links.map((link) => hasLink(needs.database, link)));
    const more = links.filter((_, index) => !known[index]);
    const writes = more.map((link) => putLink({ ...link, by: kind, atMs }));
    await commit(needs, [putTies(ties), ...writes]);
  });
