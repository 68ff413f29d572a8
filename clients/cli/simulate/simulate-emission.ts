/** The command that draws the emission over 20 years, and what a fleet would earn by it. */

import { ioText } from '../../../shared/core/io-text.ts';
import { getModel } from '../../../shared/market/catalogue.ts';
import { rewardPolicyAt } from '../../../shared/rewards/policy.ts';
import {
  type FleetLine,
  type LineReward,
  simulateFleet,
  type YearEmission,
  yearlyEmissions,
} from '../../../shared/rewards/simulation.ts';
import { CliError } from '../cli-error.ts';
import type { Outcome } from '../outcome.ts';

interface SimulationOptions {
  readonly devices: readonly string[];
  readonly tier: string;
  readonly minutes: string;
  readonly hired: boolean;
  readonly json: boolean;
}

const linesMax = 100;
const devicesMax = 10_000_000;
const processorsMax = 16;

/** Years whose rewards are printed. */
const shownYears = [1, 2, 5, 10, 20];

const barWidth = 40;

const numberWithin = (text: string, name: string, least: number, most: number): number => {
  const value = /^[0-9]{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new CliError(`${name} is a whole number from ${least} to ${most}, not "${text}".`);
};

const fleetLine = (text: string): FleetLine => {
  const [, devices = '', processors = '', model = ''] =
    /^\s*([0-9]+)\s*x\s*([0-9]+)\s*x\s*(.+?)\s*$/.exec(text) ?? [];
  if (model === '') {
    throw new CliError(`"${text}" is not like "500 x 8 x H100 SXM": devices, processors, model.`);
  }
  if (!getModel(model)) {
    throw new CliError(`The catalogue has no model "${model}"; GET /v1/hardware lists them.`);
  }
  return {
    devices: numberWithin(devices, 'The number of devices', 1, devicesMax),
    processors: numberWithin(processors, 'The number of processors', 1, processorsMax),
    model,
  };
};

/** Columns of text: the first to the left, the others to the right. */
const tableOf = (rows: readonly (readonly string[])[]): readonly string[] => {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
};

const drawEmission = (emissions: readonly YearEmission[]): readonly string[] => {
  const most = emissions[0]?.units ?? 1n;
  const rows = tableOf([
    ['year', 'IO in the year', 'IO until then', 'of supply'],
    ...emissions.map(({ year, units, cumulativeUnits, supplyBasisPoints }) => [
      String(year),
      ioText(units, 2),
      ioText(cumulativeUnits, 2),
      `${(supplyBasisPoints / 100).toFixed(2)} %`,
    ]),
  ]);
  return rows.map((row, index) => {
    const units = emissions[index - 1]?.units ?? 0n;
    return `${row}  ${'#'.repeat(Number((units * BigInt(barWidth)) / most))}`.trimEnd();
  });
};

const nameOf = ({ devices, processors, model }: FleetLine): string =>
  `${devices} x ${processors} x ${model}`;

const yearOf = ({ yearUnits }: LineReward, year: number): bigint => yearUnits[year - 1] ?? 0n;

const perTops = (units: bigint, { peakTops }: LineReward, places: number): string =>
  peakTops === null ? '-' : ioText(units / BigInt(peakTops), places);

const drawFleet = (rewards: readonly LineReward[]): readonly string[] => {
  if (rewards.length === 0) return [];
  const yearNames = shownYears.map((year) => `year ${year}`);
  const perDevice = tableOf([
    ['IO of one device', 'pool', 'score', 'stake', 'first hour', ...yearNames],
    ...rewards.map((reward) => [
      nameOf(reward),
      reward.pool,
      String(reward.score),
      ioText(reward.stakeUnits, 0),
      ioText(reward.hourUnits, 6),
      ...shownYears.map((year) => ioText(yearOf(reward, year), 2)),
    ]),
  ]);
  const perPeak = tableOf([
    ['IO of one peak TOPS', 'TOPS', 'first hour', ...yearNames],
    ...rewards.map((reward) => [
      nameOf(reward),
      reward.peakTops === null ? '-' : String(reward.peakTops),
      perTops(reward.hourUnits, reward, 8),
      ...shownYears.map((year) => perTops(yearOf(reward, year), reward, 4)),
    ]),
  ]);
  return ['', ...perDevice, '', ...perPeak];
};

const toJson = (emissions: readonly YearEmission[], rewards: readonly LineReward[]): string => {
  const document = {
    years: emissions.map(({ year, units, cumulativeUnits, supplyBasisPoints }) => ({
      year,
      emission: String(units),
      cumulative: String(cumulativeUnits),
      supply_basis_points: supplyBasisPoints,
    })),
    fleet: rewards.map((reward) => ({
      devices: reward.devices,
      processors: reward.processors,
      model: reward.model,
      pool: reward.pool,
      score: String(reward.score),
      stake: String(reward.stakeUnits),
      peak_tops: reward.peakTops,
      first_hour: String(reward.hourUnits),
      years: reward.yearUnits.map(String),
    })),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
};

/** `emission`. Throws CliError for options that make no fleet. */
export const simulateEmission = (options: SimulationOptions): Outcome => {
  if (options.devices.length > linesMax) {
    throw new CliError(`A fleet has at most ${linesMax} lines, not ${options.devices.length}.`);
  }
  const policy = rewardPolicyAt('published', 0);
  const terms = {
    tier: numberWithin(options.tier, '--tier', 1, 4),
    minutes: numberWithin(options.minutes, '--minutes', policy.minutesUpMin, 60),
    hired: options.hired,
  };
  const emissions = yearlyEmissions();
  const rewards = simulateFleet(options.devices.map(fleetLine), terms, policy);
  if (options.json) return { text: toJson(emissions, rewards), code: 0 };
  return { text: `${[...drawEmission(emissions), ...drawFleet(rewards)].join('\n')}\n`, code: 0 };
};
