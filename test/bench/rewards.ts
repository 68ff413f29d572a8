/**
 * `rewards`: what an hour's split costs at a million devices, in time and memory, beside largest remainder in the
 * same run; the sum of all hours; and what stands around the split: the order and the tree of the statement.
 * The split is measured on entries in order, as the snapshot's shards bring them, sums and their check
 * included. One core. Then how long the deployed workflow takes to close an hour on the emulator, and what an
 * hour costs on AWS by measured units and list prices.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { assert } from '../../shared/core/assert.ts';
import { inOrder } from '../../shared/rewards/order.ts';
import { rewardPolicyAt } from '../../shared/rewards/policy.ts';
import { rewardGates } from '../../shared/rewards/reward-gate.ts';
import { splitHour } from '../../shared/rewards/split.ts';
import { type Statement, statementOf, treeOf } from '../../shared/rewards/statement.ts';
import { emissionHours, emissionOf, emissionTotalUnits } from '../../shared/token/emission.ts';
import { type FleetEntry, fleetOf } from '../support/fleet.ts';
import { largestRemainder } from '../support/largest-remainder.ts';
import { type Findings, higherIsBetter, lowerIsBetter, type Row, rounded } from './document.ts';
import { measureEpochClose } from './epoch-close.ts';
import { measureEpochWorks } from './epoch-works.ts';
import { costUsd } from './list-prices.ts';

const devices = 1_000_000;
const pairs = 7;
const hourSums = 5;
const heapRuns = 3;
const epochId = '2026-11-22T18';
const hourUnits = 456_621_004_566n;
const policy = rewardPolicyAt('published', 0);

const millisecondsOf = (work: () => void): number => {
  const sinceMs = performance.now();
  work();
  return performance.now() - sinceMs;
};

/** Both ways one after the other, so that a busy moment of the machine does not fall on one alone. */
const comparePairs = (entries: readonly FleetEntry[]) =>
  Array.from({ length: pairs }, (_, at) => {
    const cpu = process.cpuUsage();
    const prefixMs = millisecondsOf(() => splitHour(hourUnits, entries, policy));
    const { user, system } = process.cpuUsage(cpu);
    const remainderMs = millisecondsOf(() => largestRemainder(hourUnits, entries, policy));
    return {
      what: `split of ${entries.length} devices, pair ${at + 1}`,
      prefix_ms: rounded(prefixMs),
      // Of all threads; on a machine that does other things as well this is the better guide.
      prefix_cpu_ms: rounded((user + system) / 1_000),
      largest_remainder_ms: rounded(remainderMs),
      ratio: rounded(remainderMs / prefixMs),
    };
  });

const sumAllHours = (): void => {
  let sum = 0n;
  for (let hour = 0; hour < emissionHours; hour += 1) sum += emissionOf(hour)?.units ?? 0n;
  assert(sum === emissionTotalUnits, 'the hours do not sum to the total');
};

/** MiB that a process of its own holds after splitting. */
const heapMib = (): number => {
  const child = fileURLToPath(new URL('rewards-heap.ts', import.meta.url));
  return Number(execFileSync(process.execPath, [child, String(devices)], { encoding: 'utf8' }));
};

const statementFor = (entries: readonly FleetEntry[]): Statement => {
  const gates = Object.fromEntries(rewardGates.map((gate) => [gate, null]));
  const rows = entries.map((entry) => ({
    ...entry,
    gates: gates as Parameters<typeof statementOf>[1][number]['gates'],
    processors: 1,
    proved: 1,
  }));
  return statementOf({ epochId, hour: 0 }, rows, splitHour(hourUnits, entries, policy));
};

/** What a close does besides, once and at a tenth of the size, for the rows. */
const aroundTheSplit = (entries: readonly FleetEntry[]): readonly Row[] => {
  const part = entries.slice(0, devices / 10);
  const statement = statementFor(part);
  const works = {
    'hash and sort the entries of 100000 devices': () => inOrder(epochId, part),
    'tree of a statement of 100000 entries': () => treeOf(statement).root(),
  };
  return Object.entries(works).map(([what, work]) => ({ what, ms: rounded(millisecondsOf(work)) }));
};

/** What an hour costs with so many devices, fifty to an organisation. */
const costSizes = [25_000, 1_000_000] as const;

const measureCost = async () => {
  const works = await measureEpochWorks();
  const costs = costSizes.map((count) => {
    const consumed = works.consumed(count);
    const { write = 0, read = 0, gibSecond = 0, stateTransition = 0 } = consumed;
    return {
      what: `an hour of ${count} devices`,
      usd: rounded(costUsd(consumed)),
      usd_per_device_month: rounded((costUsd(consumed) * 720) / count),
      write_units: rounded(write),
      read_units: rounded(read),
      gib_seconds: rounded(gibSecond),
      states: rounded(stateTransition),
      bucket_puts: rounded(consumed.bucketPut ?? 0),
      bucket_mib: rounded((consumed.bucketGibMonth ?? 0) * 1_024),
    };
  });
  const names = ['epoch_cost_usd', 'epoch_cost_1m_usd'];
  const figures = costs.map(({ usd }, index) =>
    lowerIsBetter({ id: names[index] ?? '', unit: 'USD', goal: null, samples: [usd] }),
  );
  return { figures, rows: costs };
};

export const benchRewards = async (): Promise<Findings> => {
  const heaps = Array.from({ length: heapRuns }, heapMib);
  const entries = fleetOf(devices);
  splitHour(hourUnits, entries, policy);
  const compared = comparePairs(entries);
  const cost = await measureCost();
  const closed = await measureEpochClose();
  return {
    figures: [
      lowerIsBetter({
        id: 'split_1m_devices_ms',
        unit: 'ms',
        goal: 600,
        samples: compared.map(({ prefix_ms }) => prefix_ms),
      }),
      lowerIsBetter({
        id: 'split_1m_heap_mib',
        unit: 'MiB',
        goal: 400,
        samples: heaps,
        value: Math.max(...heaps),
      }),
      higherIsBetter({
        id: 'largest_remainder_ratio',
        unit: '',
        goal: null,
        samples: compared.map(({ ratio }) => ratio),
      }),
      lowerIsBetter({
        id: 'all_hours_sum_ms',
        unit: 'ms',
        goal: 1_000,
        samples: Array.from({ length: hourSums }, () => millisecondsOf(sumAllHours)),
      }),
      lowerIsBetter({
        id: 'epoch_close_25k_s',
        unit: 's',
        goal: null,
        samples: [closed.seconds],
      }),
      ...cost.figures,
    ],
    rows: [...compared, ...aroundTheSplit(entries), ...closed.rows, ...cost.rows],
  };
};
