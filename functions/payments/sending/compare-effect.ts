/**
 * Holds a transaction to what it is for before anybody signs it: a trial must change each token account, the
 * treasury's too, by what was asked for, and by nothing else. What comes or leaves in the meantime is no
 * fault of the transaction: then it is tried again.
 */
import type { SolanaPort } from '../../../shared/adapters/solana-port.ts';
import type { TokenAccountState } from '../../../shared/core/chain.ts';
import { firstDifference } from '../../../shared/payments/payouts/batch-effect.ts';
import { askFirst } from './ask-providers.ts';
import type { SendingNeeds } from './sending-needs.ts';

export type Effect =
  | { readonly outcome: 'as_told' }
  /** It would fail. */
  | { readonly outcome: 'fails'; readonly error: string }
  /** It would pay something else. */
  | { readonly outcome: 'differs'; readonly says: string }
  /** An account changed between two looks at it, which says nothing of the transaction. */
  | { readonly outcome: 'disturbed' };

interface Order {
  readonly wire: Uint8Array;
  /** By how much it must change each token account: base units. */
  readonly changes: ReadonlyMap<string, bigint>;
}

export const compareEffect = async (needs: SendingNeeds, order: Order): Promise<Effect> =>
  // All by one provider: two need not stand at the same slot.
  askFirst(needs, await needs.solana(), (provider) => compareAt(provider, order));

/** Trials that others may disturb before it is left to another execution. */
const trialsMax = 3;

const compareAt = async (provider: SolanaPort, order: Order): Promise<Effect> => {
  for (let trials = 1; trials < trialsMax; trials += 1) {
    const effect = await compareOnce(provider, order);
    if (effect.outcome !== 'disturbed') return effect;
  }
  return compareOnce(provider, order);
};

const compareOnce = async (provider: SolanaPort, { wire, changes }: Order): Promise<Effect> => {
  const watched = [...changes.keys()];
  const look = async () =>
    unitsOf((await provider.listTokenAccounts(watched, undefined, 'confirmed')).accounts);
  const before = await look();
  const { error, accounts } = await provider.simulate(wire, watched);
  if (error !== undefined) return { outcome: 'fails', error };
  const after = unitsOf(accounts);
  const says = firstDifference(changes, before, after);
  if (says === undefined) return { outcome: 'as_told' };
  const again = await look();
  // What came before the trial is in what it began with.
  if (firstDifference(changes, again, after) === undefined) return { outcome: 'as_told' };
  const isSame = before.every((units, at) => units === again[at]);
  return isSame ? { outcome: 'differs', says } : { outcome: 'disturbed' };
};

const unitsOf = (accounts: readonly (TokenAccountState | undefined)[]): readonly bigint[] =>
  accounts.map((account) => account?.units ?? 0n);
