/**
 * Cuts what an hour posts into documents of a bounded size, each of which one call works off: receipts of
 * organisations, and devices that were rewarded first. Pure.
 */
import { present } from '../core/assert.ts';
import { receiptsOf } from './receivers.ts';
import type { SnapshotEntry } from './snapshot.ts';

/** A transfer each: some seconds for all of them. */
const receiptsMax = 250;
/** A hundred to a transaction. */
const firstsMax = 5_000;

/** A document as it is kept; amounts in decimal. */
export interface PostingsDocument {
  readonly receipts: readonly {
    readonly organisation_id: string;
    readonly units: string;
    readonly held_units: string;
  }[];
  readonly firsts: readonly { readonly device_id: string; readonly organisation_id: string }[];
}

/**
 * The documents of entries and their shares, in base units of IO, one for each; none where nobody receives
 * anything. An hour in which a device gets nothing is not its first, whatever its score.
 */
export const planPostings = (
  entries: readonly SnapshotEntry[],
  shares: ArrayLike<bigint>,
): readonly PostingsDocument[] => {
  const shareOf = (index: number) => present(shares[index], 'an entry without a share');
  const receipts = receiptsOf(
    entries.map(({ organisationId, held }, index) => ({
      units: shareOf(index),
      organisationId,
      coStaker: null,
      held,
    })),
  );
  // A device of both pools stands twice among the entries.
  const firsts = new Map(
    entries
      .filter(({ first }, index) => first && shareOf(index) > 0n)
      .map((entry) => [entry.deviceId, entry.organisationId]),
  );
  const devices = [...firsts].map(([device_id, organisation_id]) => ({
    device_id,
    organisation_id,
  }));
  const texts = receipts.map(({ organisationId, units, heldUnits }) => ({
    organisation_id: organisationId,
    units: units.toString(),
    held_units: heldUnits.toString(),
  }));
  const count = Math.max(
    Math.ceil(texts.length / receiptsMax),
    Math.ceil(devices.length / firstsMax),
  );
  return Array.from({ length: count }, (_, index) => ({
    receipts: texts.slice(index * receiptsMax, (index + 1) * receiptsMax),
    firsts: devices.slice(index * firstsMax, (index + 1) * firstsMax),
  }));
};
