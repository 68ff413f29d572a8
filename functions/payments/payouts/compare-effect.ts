/**
 * Holds a transaction to its batch before anybody signs it: a trial must change each recipient's token account
 * and the treasury's by what the batch says, and by nothing else. What comes or leaves in the meantime is no
 * fault of the transaction: then it is tried again.
 */
import type { SolanaPort } from '../../../shared/adapters/solana-port.ts';
import type { TokenAccountState } from '../../../shared/core/chain.ts';
import type { Batch } from '../../../shared/payments/payouts/batch.ts';
import { expectedChanges, firstDifference } from '../../../shared/payments/payouts/batch-effect.ts';
import { askFirst } from './ask-providers.ts';
import type { PayoutNeeds } from './payout-needs.ts';

export type Effect =
  | { readonly outcome: 'as_told' }
  /** It would fail. */
  | { readonly outcome: 'fails'; readonly error: string }
  /** It would pay something else. */
  | { readonly outcome: 'differs'; readonly says: string }
  /** An account changed between two looks at it, which says nothing of the transaction. */
  | { readonly outcome: 'disturbed' };

interface Order {
  readonly batch: Batch;
  readonly wire: Uint8Array;
  /** The treasury's account of the batch's token. */
  readonly source: string;
}

export const compareEffect = async (needs: PayoutNeeds, order: Order): Promise<Effect> =>
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

const compareOnce = async (
  provider: SolanaPort,
  { batch, wire, source }: Order,
): Promise<Effect> => {
  const changes = expectedChanges(batch, source);
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
