/**
 * What a fleet would earn if it stood still for 20 years: the schedule by years, and for each kind of device
 * its share of its pool. A picture for people who plan, not a promise: a real hour is split over whoever passed
 * its gates. Amounts are base units of IO, rounded down.
 */
import { present } from '../core/assert.ts';
import { mulDivFloor } from '../core/money.ts';
import { getModel } from '../market/catalogue.ts';
import { emissionHours, emissionOf } from '../token/emission.ts';
import type { RewardPolicy } from './policy.ts';
import { multiplierOf, type PerPool, type Pool, perPool, poolOf } from './pool.ts';
import { type ScoreTerms, scoreOf } from './score.ts';
import { planPools } from './split.ts';
import { requiredStakeOf } from './stake.ts';

const years = 20;
const hoursPerYear = emissionHours / years;
/** What there was before the first hour: 500M IO. */
const genesisUnits = 500_000_000n * 10n ** 8n;

/** A year of the schedule. */
export interface YearEmission {
  /** 1 to 20. */
  readonly year: number;
  readonly units: bigint;
  readonly cumulativeUnits: bigint;
  /** Of all that there was when the year began, in hundredths of a percent. */
  readonly supplyBasisPoints: number;
}

/** The 20 years, oldest first. */
export const yearlyEmissions = (): readonly YearEmission[] =>
  Array.from({ length: years }, (_, index) => {
    const through = (hour: number): bigint =>
      hour < 0 ? 0n : present(emissionOf(hour), `no hour ${hour}`).cumulativeUnits;
    const before = through(index * hoursPerYear - 1);
    const cumulativeUnits = through((index + 1) * hoursPerYear - 1);
    const units = cumulativeUnits - before;
    const supplyBasisPoints = Number(mulDivFloor(units, 10_000n, genesisUnits + before));
    return { year: index + 1, units, cumulativeUnits, supplyBasisPoints };
  });

/** Devices of one kind. */
export interface FleetLine {
  readonly devices: number;
  /** Of each device. */
  readonly processors: number;
  /** A name of the catalogue. */
  readonly model: string;
}

/** What one device of a line earns. */
export interface LineReward extends FleetLine {
  readonly pool: Pool;
  readonly score: bigint;
  readonly stakeUnits: bigint;
  /** Of one device, 10^12 int8 operations per second; null where the model has no peak. */
  readonly peakTops: number | null;
  /** In the first hour. */
  readonly hourUnits: bigint;
  /** In each of the 20 years. */
  readonly yearUnits: readonly bigint[];
}

interface WeighedLine {
  readonly line: FleetLine;
  readonly pool: Pool;
  readonly score: bigint;
  readonly multiplier: number;
}

const weigh = (
  line: FleetLine,
  terms: Omit<ScoreTerms, 'hundredths'>,
  policy: RewardPolicy,
): WeighedLine => {
  const known = getModel(line.model);
  // A GPU that there is no measure for can prove nothing, and earns nothing.
  const isMeasured = known !== undefined && (known.kind === 'cpu' || known.peakTops !== null);
  const multiplier = isMeasured ? multiplierOf(line.model, policy) : 0;
  const hundredths = multiplier * line.processors;
  const score = hundredths === 0 ? 0n : scoreOf({ ...terms, hundredths }, policy);
  return { line, pool: poolOf(line.model), score, multiplier };
};

/** Pools give by the hour, but over a year to within a base unit for each hour. */
const rewardOf = (
  { line, pool, score, multiplier }: WeighedLine,
  totals: PerPool<bigint>,
  policy: RewardPolicy,
): LineReward => {
  const shareOf = (units: bigint): bigint =>
    score === 0n
      ? 0n
      : mulDivFloor(planPools(units, totals, policy)[pool].units, score, totals[pool]);
  const peak = getModel(line.model)?.peakTops ?? null;
  const multipliers = Array.from({ length: line.processors }, () => multiplier);
  return {
    ...line,
    pool,
    score,
    stakeUnits: multiplier === 0 ? 0n : requiredStakeOf(multipliers, policy),
    peakTops: peak === null ? null : peak * line.processors,
    hourUnits: shareOf(present(emissionOf(0), 'no first hour').units),
    yearUnits: yearlyEmissions().map(({ units }) => shareOf(units)),
  };
};

/** What each line of the fleet earns; every device shows the same of line, uptime and hire. */
export const simulateFleet = (
  fleet: readonly FleetLine[],
  terms: Omit<ScoreTerms, 'hundredths'>,
  policy: RewardPolicy,
): readonly LineReward[] => {
  const weighed = fleet.map((line) => weigh(line, terms, policy));
  const totals = perPool((pool) =>
    weighed
      .filter((one) => one.pool === pool)
      .reduce((sum, { line, score }) => sum + BigInt(line.devices) * score, 0n),
  );
  return weighed.map((one) => rewardOf(one, totals, policy));
};
