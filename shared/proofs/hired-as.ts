/**
 * How a hire changes the proofs of a device. A real customer's device runs micro proofs where the
 * customer consented, and none where not. A hire that costs nothing or that stays in the family exempts
 * from nothing: else a supplier could hire a fake device and never prove it. Pure.
 */
import type { Cluster } from '../clusters/cluster.ts';
import { present } from '../core/assert.ts';
import { getModel } from '../market/catalogue.ts';

/** Called for micro proofs, left alone, or called as if the device were idle. */
export type HiredAs = 'micro' | 'no_consent' | 'idle';

/** A hire below this share of the model's catalogue price counts as idle, in percent. */
const pricePercentMin = 25n;

type HiringCluster = Pick<Cluster, 'proofConsent' | 'assignments' | 'lines'>;

/** How the device is treated while this cluster has it. */
export const hiredAs = (cluster: HiringCluster, deviceId: string): HiredAs => {
  if (!cluster.proofConsent) return 'no_consent';
  const assignment = present(
    cluster.assignments.findLast((one) => one.deviceId === deviceId),
    `${deviceId} serves no line of its cluster`,
  );
  if (assignment.linked) return 'idle';
  const line = present(
    cluster.lines.find(({ lineId }) => lineId === assignment.lineId),
    `${deviceId} serves an unknown line`,
  );
  const usual = getModel(line.model)?.defaultUnitsPerHour ?? 0n;
  const leastUnits = usual * BigInt(line.processors) * pricePercentMin;
  return assignment.rateUnitsPerHour * 100n < leastUnits ? 'idle' : 'micro';
};
