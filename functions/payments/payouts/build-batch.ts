/**
 * Builds a batch's transaction, and tries it on the chain before anybody signs it: what it would change must
 * be what the batch says. Where it would fail, it finds the members for whom it would; a transaction that
 * fails with nobody in it is no member's fault.
 */
import {
  type TransferLifetime,
  tokenAccountOf,
  type UnsignedTransfer,
} from '../../../shared/adapters/solana-message.ts';
import { compileTransfer } from '../../../shared/adapters/solana-transfer.ts';
import { decimalsOf, type Simulation } from '../../../shared/core/chain.ts';
import {
  afterTrial,
  nextGroup,
  searchAmong,
} from '../../../shared/payments/payouts/bad-member-search.ts';
import {
  type Batch,
  batchMemo,
  type Lifetime,
  type Member,
} from '../../../shared/payments/payouts/batch.ts';
import { expectedChanges } from '../../../shared/payments/payouts/batch-effect.ts';
import { askPriorityFee } from '../sending/ask-priority-fee.ts';
import { askFirst } from '../sending/ask-providers.ts';
import { compareEffect } from '../sending/compare-effect.ts';
import { referenceOf } from '../sending/reference.ts';
import { nonceAccountOf, type PayoutNeeds } from './payout-needs.ts';
import type { BadMember } from './screen-members.ts';

export type BuiltBatch =
  | {
      readonly outcome: 'built';
      readonly transfer: UnsignedTransfer;
      readonly lifetime: Lifetime;
    }
  | { readonly outcome: 'bad_members'; readonly bad: readonly BadMember[] }
  /** Balances changed while it was tried. */
  | { readonly outcome: 'disturbed' }
  /** It would fail with anybody, or with nobody, or pay something else than the batch says. */
  | { readonly outcome: 'refused'; readonly error: string };

export const buildBatch = async (
  needs: PayoutNeeds,
  batch: Batch,
  making: readonly Member[],
): Promise<BuiltBatch> => {
  const lifetime = await lifetimeOf(needs, batch);
  if (lifetime === undefined) return { outcome: 'refused', error: 'the nonce account is none' };
  const treasury = await needs.signer.getAddress();
  const mint = await needs.mintOf(batch.token);
  const source = await tokenAccountOf(treasury, mint);
  const microLamportsPerUnit = await askPriorityFee(needs, [treasury, source]);
  const made = new Set(making.map(({ payoutId }) => payoutId));
  const build = (members: readonly Member[]): Promise<UnsignedTransfer> =>
    compileTransfer({
      ...{ format: needs.format, treasury, mint, lifetime },
      decimals: decimalsOf[batch.token],
      memo: batchMemo(batch.id),
      reference: referenceOf(batch.id),
      microLamportsPerUnit,
      payments: members.map((member) => ({ ...member, makesAccount: made.has(member.payoutId) })),
    });
  const trial = async (members: readonly Member[]): Promise<Simulation> => {
    const { wire } = await build(members);
    return askFirst(needs, await needs.solana(), (one) => one.simulate(wire));
  };
  const transfer = await build(batch.members);
  const effect = await compareEffect(needs, {
    wire: transfer.wire,
    changes: expectedChanges(batch, source),
  });
  if (effect.outcome === 'as_told') return { outcome: 'built', transfer, lifetime };
  if (effect.outcome === 'disturbed') return effect;
  if (effect.outcome === 'differs') return { outcome: 'refused', error: effect.says };
  const { error } = effect;
  if ((await trial([])).error !== undefined) return { outcome: 'refused', error };
  const bad = await findBad(batch.members, trial);
  // Each alone passes, so it is all of them together that do not.
  if (bad.length === 0) return { outcome: 'refused', error };
  needs.log.warn('payouts.simulation_failed', { batch_id: batch.id, error, bad: bad.length });
  return {
    outcome: 'bad_members',
    bad: bad.map((member) => ({ member, reason: 'recipient_refuses' })),
  };
};

const findBad = async (
  members: readonly Member[],
  trial: (members: readonly Member[]) => Promise<Simulation>,
): Promise<readonly Member[]> => {
  let search = searchAmong(members);
  for (let group = nextGroup(search); group; group = nextGroup(search)) {
    search = afterTrial(search, (await trial(group)).error === undefined);
  }
  return search.bad;
};

/** Until when it may land; undefined where the configured account is no nonce account. */
const lifetimeOf = async (
  needs: PayoutNeeds,
  { lane }: Batch,
): Promise<TransferLifetime | undefined> => {
  const providers = await needs.solana();
  const account = nonceAccountOf(needs, lane);
  if (account === undefined) {
    const latest = await askFirst(needs, providers, (one) => one.getLatestBlockhash());
    return { kind: 'blockhash', ...latest };
  }
  const value = await askFirst(needs, providers, (one) => one.getNonce(account));
  return value === undefined ? undefined : { kind: 'nonce', account, value };
};
