/** Devices, entries and statements for the tests of rewards. */
import fc from 'fast-check';
import type { DeviceHour, RewardEntry } from '../../shared/rewards/nomination.ts';
import { inOrder } from '../../shared/rewards/order.ts';
import { rewardPolicyAt } from '../../shared/rewards/policy.ts';
import { rewardGates } from '../../shared/rewards/reward-gate.ts';
import { splitHour } from '../../shared/rewards/split.ts';
import { type Statement, statementOf } from '../../shared/rewards/statement.ts';

/** 2026-11-22T18:00:00Z. */
export const hourStartMs = Date.parse('2026-11-22T18:00:00.000Z');
export const epochId = '2026-11-22T18';
export const policy = rewardPolicyAt('prod', hourStartMs);

/** What the first hour of the schedule emits. */
export const firstHourUnits = 456_621_004_566n;

export const publicId = (number: number): string => `dev${String(number).padStart(13, '0')}`;

/** A device with everything in order: an RTX 4090 that was up for a week and proved itself. */
export const aDeviceHour = (number: number, changes: Partial<DeviceHour> = {}): DeviceHour => ({
  publicId: publicId(number),
  status: 'up',
  processors: [{ model: 'RTX 4090', proof: null }],
  tier: 2,
  hasWallet: true,
  stakeUnits: 250n * 10n ** 8n,
  uptime: { minutes: 60, before: [60, 60, 60, 60, 60], minutesBefore: 2_880 },
  firstRewardedMs: hourStartMs - 7 * 86_400_000,
  hired: [null, null, null, null, null, null],
  ...changes,
});

/** Every gate passed. */
export const openGates = Object.fromEntries(
  rewardGates.map((gate) => [gate, null]),
) as RewardEntry['gates'];

/** An entry that brings this score, or none for 0. */
export const anEntry = (number: number, changes: Partial<RewardEntry> = {}): RewardEntry => {
  const score = changes.score ?? 265_000n;
  return {
    publicId: publicId(number),
    pool: 'enterprise',
    gates: score > 0n ? openGates : { ...openGates, proof: 'call_missed' },
    processors: 1,
    proved: score > 0n ? 1 : 0,
    score,
    ...changes,
  };
};

/** Scores as they come, among them none, equal ones, and the largest that a split takes. */
export const anyScore = fc.oneof(
  fc.constantFrom(0n, 1n, 265_000n, 2n ** 53n),
  fc.bigInt({ min: 0n, max: 2n ** 53n }),
  fc.bigInt({ min: 0n, max: 1_000n }),
);

/** Entries of different devices in both pools. */
export const anyEntries = fc
  .array(fc.record({ score: anyScore, pool: fc.constantFrom('enterprise', 'community') }), {
    maxLength: 60,
  })
  .map((made) => made.map((entry, index) => anEntry(index, entry as Partial<RewardEntry>)));

/** What an hour may release: the schedule's amounts, and the smallest. */
export const anyUnits = fc.oneof(
  fc.constantFrom(0n, 1n, 19n, 20n, firstHourUnits, 39_804_774_508n),
  fc.bigInt({ min: 0n, max: 2n ** 50n }),
);

/** The statement of these entries, split as the first hour of the schedule. */
export const aStatement = (entries: readonly RewardEntry[]): Statement => {
  const ordered = inOrder(epochId, entries);
  const split = splitHour(firstHourUnits, ordered, policy);
  return statementOf({ epochId, hour: 0 }, ordered, split);
};
