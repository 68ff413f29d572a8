/**
 * What a benchmark answers: figures with their goals, and the rows that they were made from. A goal that
 * was missed is shown, not hidden.
 */
import type { Machine } from './machine.ts';
import { median } from './statistics.ts';

/** One measured number. */
export interface Figure {
  /** As the issue that asks for it names it; the unit stands last in the name. */
  readonly id: string;
  readonly value: number;
  readonly unit: string;
  readonly better: 'lower' | 'higher';
  /** What it should reach; null where only the number is asked for. */
  readonly goal: number | null;
  readonly samples: number;
  readonly min: number;
  readonly max: number;
}

export type Row = Readonly<Record<string, string | number | boolean | null>>;

/** A figure that this machine cannot give, and why. */
export interface NotRun {
  readonly id: string;
  readonly reason: string;
}

/** What a benchmark measured. */
export interface Findings {
  readonly figures: readonly Figure[];
  readonly rows: readonly Row[];
  readonly not_run?: readonly NotRun[];
}

/** The document of one run: findings, and where they were found. */
export interface BenchDocument extends Findings {
  readonly name: string;
  readonly commit: string;
  readonly machine: Machine;
}

/** Digits that a reader can tell apart: three behind the comma, or three that are not zero. */
export const rounded = (value: number): number =>
  Math.abs(value) >= 1 ? Math.round(value * 1_000) / 1_000 : Number(value.toPrecision(3));

interface FigureParts {
  readonly id: string;
  readonly unit: string;
  readonly goal: number | null;
  readonly samples: readonly number[];
  /** The median of the samples unless told. */
  readonly value?: number;
}

const figureOf = (parts: FigureParts, better: Figure['better']): Figure => ({
  id: parts.id,
  value: rounded(parts.value ?? median(parts.samples)),
  unit: parts.unit,
  better,
  goal: parts.goal,
  samples: parts.samples.length,
  min: rounded(Math.min(...parts.samples)),
  max: rounded(Math.max(...parts.samples)),
});

export const lowerIsBetter = (parts: FigureParts): Figure => figureOf(parts, 'lower');

export const higherIsBetter = (parts: FigureParts): Figure => figureOf(parts, 'higher');

const verdictOf = ({ value, goal, better }: Figure): string => {
  if (goal === null) return '';
  const reached = better === 'lower' ? value <= goal : value >= goal;
  return `${reached ? 'reached' : 'MISSED'} (${better === 'lower' ? 'at most' : 'at least'} ${goal})`;
};

/** Rows as columns of text, numbers to the right. */
const tableOf = (rows: readonly Row[]): readonly string[] => {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const cells = rows.map((row) => names.map((name) => String(row[name] ?? '')));
  const isNumber = names.map((name) => rows.some((row) => typeof row[name] === 'number'));
  const widths = names.map((name, column) =>
    Math.max(name.length, ...cells.map((row) => row[column]?.length ?? 0)),
  );
  const line = (texts: readonly string[]) =>
    texts
      .map((text, column) =>
        isNumber[column] ? text.padStart(widths[column] ?? 0) : text.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd();
  return [line(names), ...cells.map(line)];
};

/** The document for people. */
export const documentText = (document: BenchDocument): string => {
  const { name, commit, machine } = document;
  const figures = document.figures.map((figure) => ({
    figure: figure.id,
    value: figure.value,
    unit: figure.unit,
    goal: verdictOf(figure),
    samples: figure.samples,
    min: figure.min,
    max: figure.max,
  }));
  const notRun = (document.not_run ?? []).map(({ id, reason }) => `not run: ${id}: ${reason}`);
  return [
    `${name} at ${commit.slice(0, 12)}`,
    `${machine.cpu}, ${machine.cores} cores, ${machine.memory_mib} MiB, Node ${machine.node}`,
    '',
    ...tableOf(figures),
    ...notRun,
    '',
    ...tableOf(document.rows),
  ].join('\n');
};
