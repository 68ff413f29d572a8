/**
 * Notes the wallets that paid for an organisation: where it hires from whoever holds one of them, the money goes in
 * a circle. Says nothing of what that holder hires from it, for anybody may pay for it. Again is nothing.
 */
import { noteTie } from '../../identity/note-tie.ts';
import type { CommitRuntime } from '../../kit/transaction.ts';

export const noteSenders = async (
  needs: CommitRuntime,
  { senders, atMs }: { readonly senders: readonly string[]; readonly atMs: number },
  organisation: string,
): Promise<void> => {
  for (const value of senders) {
    await noteTie(needs, { kind: 'wallet', value, organisation, tie: 'user', atMs });
  }
};
