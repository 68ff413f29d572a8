/**
 * Reads the CSV of a statement strictly: there is one way to write a row, so whatever differs from it by a byte
 * is refused with its line.
 */
import { type Pool, pools } from './pool.ts';
import { rewardGateReasons, rewardGates } from './reward-gate.ts';
import { csvTitle, type StatementRow, statementColumns } from './statement.ts';

/** What is wrong with a text, and in which line, from 1. */
export interface CsvFault {
  readonly line: number;
  readonly fault: string;
}

const publicId = /^[0-9a-z]{1,64}$/;
const wholeNumber = /^(0|[1-9][0-9]{0,20})$/;
const outcomes: ReadonlySet<string> = new Set(['passed', ...rewardGateReasons]);

/** What a cell of each column may hold. */
const isCell: Readonly<Record<string, (text: string) => boolean>> = {
  public_id: (text) => publicId.test(text),
  pool: (text) => pools.includes(text as Pool),
  ...Object.fromEntries(rewardGates.map((gate) => [gate, (text: string) => outcomes.has(text)])),
};

const isCellOf = (column: string, text: string): boolean =>
  (isCell[column] ?? ((number: string) => wholeNumber.test(number)))(text);

const rowOfLine = (line: string): StatementRow | string => {
  const cells = line.split(',');
  if (cells.length !== statementColumns.length) {
    return `${cells.length} cells where ${statementColumns.length} belong`;
  }
  for (const [index, column] of statementColumns.entries()) {
    const text = cells[index] ?? '';
    if (!isCellOf(column, text)) return `${column} cannot be ${JSON.stringify(text.slice(0, 64))}`;
  }
  return Object.fromEntries(
    statementColumns.map((column, index) => [column, cells[index] ?? '']),
  ) as StatementRow;
};

/** The rows of a CSV, or the first fault in it. */
export const parseStatementCsv = (text: string): readonly StatementRow[] | CsvFault => {
  const lines = text.split('\n');
  if (lines[0] !== csvTitle) return { line: 1, fault: `the first line is not ${csvTitle}` };
  if (lines.at(-1) !== '') return { line: lines.length, fault: 'no line feed at the end' };
  const rows: StatementRow[] = [];
  for (const [index, line] of lines.slice(1, -1).entries()) {
    const row = rowOfLine(line);
    if (typeof row === 'string') return { line: index + 2, fault: row };
    rows.push(row);
  }
  return rows;
};

/** The rows of one part of a CSV, of which the first alone has the title. */
export const parsePart = (index: number, text: string): readonly StatementRow[] | CsvFault =>
  parseStatementCsv(index === 0 ? text : `${csvTitle}\n${text}`);

/** The rows of one device out of a text, of which nothing else is looked at. */
export const linesOfDevice = (
  text: string,
  publicId: string,
): readonly StatementRow[] | CsvFault => {
  const lines = text.split('\n').filter((line) => line.startsWith(`${publicId},`));
  return parseStatementCsv([csvTitle, ...lines, ''].join('\n'));
};
