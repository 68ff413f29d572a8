/**
 * Step `commit-epoch` of close-epoch: fixes what the hour came to and releases its IO, in one transaction. From
 * here on nothing is computed again: what is left is to post what the manifest names.
 */
import { present } from '../../../shared/core/assert.ts';
import { sha256Hex } from '../../../shared/core/hash.ts';
import type { EpochResult } from '../../../shared/rewards/epoch.ts';
import { commitEpoch, getEpoch } from '../../../shared/rewards/epoch-store.ts';
import type { Manifest } from '../../../shared/rewards/manifest.ts';
import { listSnapshotShards } from '../../../shared/rewards/snapshot-store.ts';
import { getManifest } from '../../../shared/rewards/statement-store.ts';
import { postEmission } from '../../ledger/rewards/post-emission.ts';
import type { RewardsNeeds } from '../rewards-needs.ts';
import { type EpochOutcome, type EpochStepInput, numbersTo, requireEpoch } from './epoch-step.ts';

export const commitEpochStep = async (
  needs: RewardsNeeds,
  input: EpochStepInput,
): Promise<EpochOutcome> => {
  const epoch = await requireEpoch(needs, input);
  const { id } = epoch;
  const committed = ({ postings }: EpochResult) => ({
    outcome: 'committed',
    epoch_id: id,
    items: numbersTo(postings),
  });
  if (epoch.result) return committed(epoch.result);
  const outputHash = present(input.output_hash, 'no statement was named');
  const manifest = await getManifest(needs.statements, id, outputHash);
  const result = await resultOf(needs, id, { manifest, outputHash });
  const { head } = result;
  const fact = {
    epochId: id,
    units: BigInt(head.emission),
    source: needs.token?.mode === 'existing' ? ('fund' as const) : ('issuance' as const),
    unallocatedUnits: BigInt(head.enterprise_unallocated) + BigInt(head.community_unallocated),
  };
  try {
    const posted = await postEmission(needs, fact, [commitEpoch(id, result)]);
    // The fund was spent meanwhile: there is less to split.
    if (posted.outcome === 'fund_short') return { outcome: 'short', epoch_id: id, items: [] };
  } catch (error) {
    const now = await getEpoch(needs.database, id);
    if (!now?.result) throw error;
  }
  // Somebody else may have been first, with another split where the fund has changed.
  const { result: stored } = await requireEpoch(needs, input);
  return committed(present(stored, `${id} was committed without a result`));
};

const resultOf = async (
  { database, clock }: RewardsNeeds,
  id: string,
  { manifest, outputHash }: { readonly manifest: Manifest; readonly outputHash: string },
): Promise<EpochResult> => {
  const { head, root } = manifest.statement;
  const shards = await listSnapshotShards(database, id);
  const inputs = [head.hour, head.emission, ...shards.map(({ hash }) => hash)];
  return {
    inputHash: sha256Hex(inputs.join('\n')),
    outputHash,
    root,
    head,
    parts: manifest.parts.length,
    postings: manifest.postings.length,
    committedAtMs: clock.nowMs(),
  };
};
