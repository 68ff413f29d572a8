/**
 * The command that prints the reference table: what each model is held to, what it earns, which models
 * are like it to every measurement, and which cards can pose as it with profit. For operators who set
 * multipliers, and for anybody who checks them.
 */
import {
  calibratedModels,
  type Poser,
  type ReportedModel,
  referenceReport,
} from '../../shared/proofs/reference-report.ts';
import { CliError } from './cli-error.ts';
import type { Outcome } from './outcome.ts';

interface ReportOptions {
  /** ISO 8601; absent: with every value that was ever appended. */
  readonly at?: string | undefined;
  readonly json: boolean;
}

/** Posers that are printed per model; the rest is counted. */
const printedMax = 3;

const multiplier = (hundredths: number): string => (hundredths / 100).toFixed(2);

const poserText = ({ model, claims, gain, slowed }: Poser): string => {
  const times = Number.isFinite(gain) ? `x${gain.toFixed(1)}` : 'from nothing';
  return `${model}${claims > 1 ? ` as ${claims}` : ''} (${times}${slowed ? ', slowed' : ''})`;
};

const posersText = (posers: readonly Poser[]): string => {
  const more = posers.length - printedMax;
  const printed = posers.slice(0, printedMax).map(poserText);
  return [...printed, ...(more > 0 ? [`and ${more} more`] : [])].join(', ');
};

const columns = (cells: readonly string[]): string =>
  [
    (cells[0] ?? '').padEnd(13),
    (cells[1] ?? '').padEnd(4),
    ...cells.slice(2, 8).map((cell) => cell.padStart(8)),
    ` ${cells[8] ?? ''}`,
  ].join(' ');

const head = ['model', 'size', 'ref TOPS', 'cap TOPS', 'GB/s', 'GiB', 'mult.', 'per POPS', 'flag'];

const flagOf = ({ aliases, posers }: ReportedModel): string =>
  [
    ...(aliases.length > 0 ? [`like ${aliases.join(', ')}`] : []),
    ...(posers.length > 0 ? [`posed as by ${posersText(posers)}`] : []),
  ].join('; ');

const rowOf = (reported: ReportedModel): string => {
  const { model, multiplierHundredths, measured } = reported;
  const earned = multiplier(multiplierHundredths);
  if (!measured)
    return columns([model, '-', '-', '-', '-', '-', earned, '-', 'no reward: no reference']);
  return columns([
    model,
    measured.sizeClass,
    (measured.refGops / 1000).toFixed(1),
    (measured.capGops / 1000).toFixed(0),
    (measured.mbps / 1000).toFixed(0),
    String(measured.memoryGib),
    earned,
    multiplier(measured.multiplierPerPetaops),
    flagOf(reported),
  ]);
};

const calibratedText = (): string => {
  const names = calibratedModels.map(
    (one) => `${one.model} ${multiplier(one.multiplierHundredths)}`,
  );
  return `Calibrated one by one, so that nothing measured tells their names apart: ${names.join(', ')}.`;
};

const legend =
  'A card is flagged that reaches, at nine tenths of its peak, three quarters of the reference, three fifths\n' +
  'of the bandwidth and 85 % of the memory of one or several claims of the model, and earns more by them.\n' +
  'Like: models that no proof tells apart, within 15 % in speed, bandwidth and memory.';

/** `reference [--at <time>]`. Throws CliError for a time that is none. */
export const reportReference = ({ at, json }: ReportOptions): Outcome => {
  const atMs = at === undefined ? Number.MAX_SAFE_INTEGER : Date.parse(at);
  if (!Number.isSafeInteger(atMs)) throw new CliError(`${at} is no time in ISO 8601.`);
  const report = referenceReport(atMs);
  if (json) return { text: `${JSON.stringify(report, null, 2)}\n`, code: 0 };
  const rows = [columns(head), ...report.map(rowOf)].map((row) => row.trimEnd());
  return { text: `${[...rows, '', legend, calibratedText()].join('\n')}\n`, code: 0 };
};
