/**
 * The numbers that the rules of rewards take, per stage and from when on they hold: a change is appended
 * with the time of its first hour, and hours before it keep what they were judged by. Stage `local` waits for
 * nothing and rewards any CPU, so that an hour can be played on one machine. Pure data.
 */
import { present } from '../core/assert.ts';
import { dayMs } from '../core/time.ts';

export interface RewardPolicy {
  /** The first hour that it holds for, in epoch milliseconds. */
  readonly fromMs: number;
  /** Minutes of an hour that a device must be up in for the hour to count: of 60. */
  readonly minutesUpMin: number;
  /** Hours before the rewarded one in which it must have been up as well. */
  readonly hoursUpBefore: number;
  /** Minutes that a device must have been up in all before its first reward. */
  readonly firstWaitMinutes: number;
  /** For so long after its first rewarded hour the rewards of a device are held. */
  readonly heldMs: number;
  /** Least and greatest stake for each processor, at a multiplier up to 1; above that in proportion. */
  readonly stakeUnitsPerProcessor: bigint;
  /** For so long stake that was asked back waits, and counts no more. */
  readonly stakeCooldownMs: number;
  /** What the enterprise pool gets of an hour, in percent; the community pool gets the rest. */
  readonly enterprisePercent: bigint;
  /** What a score is made of. */
  readonly score: {
    /** For all 60 minutes up; for fewer in proportion. */
    readonly up: number;
    /** For each class of the line, 1 to 4. */
    readonly tier: number;
    /** For each hundredth of a processor's multiplier. */
    readonly hardware: number;
    readonly hired: number;
  };
  /** Multiplier of a CPU that the catalogue knows by its architecture alone, in hundredths. */
  readonly anyCpuHundredths: number;
}

const firstPolicy: RewardPolicy = {
  fromMs: 0,
  minutesUpMin: 50,
  hoursUpBefore: 5,
  firstWaitMinutes: 12 * 60,
  heldMs: 3 * dayMs,
  stakeUnitsPerProcessor: 200n * 10n ** 8n,
  stakeCooldownMs: 14 * dayMs,
  enterprisePercent: 95n,
  score: { up: 13_000, tier: 500, hardware: 2_000, hired: 50 },
  anyCpuHundredths: 0,
};

/** Oldest first. */
const policies: readonly RewardPolicy[] = [firstPolicy];

const localPolicy: RewardPolicy = {
  ...firstPolicy,
  hoursUpBefore: 0,
  firstWaitMinutes: 0,
  heldMs: 0,
  stakeCooldownMs: 0,
  anyCpuHundredths: 25,
};

/** The policy by which a stage judges the hour that starts at this time. */
export const rewardPolicyAt = (stage: string, startMs: number): RewardPolicy =>
  stage === 'local'
    ? localPolicy
    : present(
        policies.findLast(({ fromMs }) => fromMs <= startMs),
        'an hour before all policies',
      );
