/** The commands that check a statement and the proof of a share: what each check found, then the verdict. */
import * as z from 'zod';
import { ioText } from '../../../shared/core/io-text.ts';
import { rewardGates } from '../../../shared/rewards/reward-gate.ts';
import {
  type PublishedStatement,
  publishedStatementSchema,
  rewardProofSchema,
} from '../../../shared/rewards/schemas.ts';
import type { StatementRow } from '../../../shared/rewards/statement.ts';
import {
  checkRewardProof,
  checkStatement,
  type StatementCheck,
} from '../../../shared/rewards/statement-check.ts';
import { parseStatementCsv } from '../../../shared/rewards/statement-csv.ts';
import { CliError } from '../cli-error.ts';
import { type Outcome, readDocument, readText } from '../outcome.ts';

interface StatementOptions {
  readonly file: string;
  readonly epoch?: string | undefined;
  readonly device?: string | undefined;
  readonly root?: string | undefined;
  readonly json: boolean;
}

/** A million devices have less than 256 MiB; a text cannot be much longer than 512 MiB. */
const csvBytesMax = 448 * 1024 * 1024;

/** The head and the root, alone or as the `statement` of what GET /v1/epochs/{epoch_id} answers. */
const epochFileSchema = z.preprocess((value) => {
  const isEpoch = typeof value === 'object' && value !== null && 'statement' in value;
  return isEpoch && 'object' in value ? value.statement : value;
}, publishedStatementSchema);

/** The root that is believed: the one that was named, or the document's own. */
const checkRoot = (named: string | undefined, root: string): readonly StatementCheck[] => {
  if (named === undefined) return [];
  if (!/^[0-9a-f]{64}$/.test(named)) {
    throw new CliError('--root takes 64 hexadecimal digits in lower case.');
  }
  const passed = named === root;
  const found = passed ? 'it is the one that was named' : `the document has ${root}`;
  return [{ name: 'named root', passed, found }];
};

const lineOf = ({ name, passed, found }: StatementCheck): string =>
  `  ${passed ? 'confirmed' : 'FALSE'.padEnd(9)}  ${name.padEnd(16)}  ${found}`;

interface Checked {
  readonly title: string;
  readonly head: PublishedStatement['head'];
  readonly checks: readonly StatementCheck[];
  /** The rows that are shown. */
  readonly rows: readonly StatementRow[];
}

const describeRow = (row: StatementRow): string => {
  const closed = rewardGates.filter((gate) => row[gate] !== 'passed');
  const why = closed.map((gate) => `${gate}: ${row[gate]}`).join(', ');
  const earned = `${ioText(BigInt(row.amount), 8)} IO for a score of ${row.score}`;
  return `  ${row.public_id} in the ${row.pool} pool: ${earned}${why === '' ? '' : ` (${why})`}`;
};

const outcomeOf = ({ title, head, checks, rows }: Checked, json: boolean): Outcome => {
  const confirmed = checks.every(({ passed }) => passed);
  const code = confirmed ? 0 : 1;
  if (json) {
    return { text: `${JSON.stringify({ confirmed, head, checks, rows }, null, 2)}\n`, code };
  }
  const verdict = confirmed
    ? 'Confirmed: nothing in it contradicts what was published.'
    : 'Not confirmed: something in it is not so.';
  return {
    text: `${[title, ...checks.map(lineOf), ...rows.map(describeRow), verdict].join('\n')}\n`,
    code,
  };
};

/** `check <statement.csv> --epoch <epoch.json>`. Throws CliError for files that cannot be read. */
export const checkWholeStatement = (options: StatementOptions): Outcome => {
  const { file, epoch, device, json } = options;
  if (epoch === undefined) {
    throw new CliError(
      'check needs --epoch <epoch.json>: the head and the root that were published.',
    );
  }
  const published = readDocument(epoch, 'head and root of a statement', epochFileSchema);
  const named = checkRoot(options.root, published.root);
  const parsed = parseStatementCsv(readText(file, csvBytesMax));
  const { head } = published;
  const title = `The statement of ${head.epoch}, ${ioText(BigInt(head.emission), 8)} IO`;
  if ('fault' in parsed) {
    const found = `line ${parsed.line}: ${parsed.fault}`;
    const checks = [...named, { name: 'form', passed: false, found }];
    return outcomeOf({ title, head, checks, rows: [] }, json);
  }
  const rows = parsed.filter((row) => row.public_id === device);
  if (device !== undefined && rows.length === 0) {
    throw new CliError(`${file} has no row of the device ${device}.`);
  }
  return outcomeOf(
    { title, head, checks: [...named, ...checkStatement(published, parsed)], rows },
    json,
  );
};

/** `share <proof.json>`. Throws CliError for files that cannot be read. */
export const checkShare = ({ file, root, json }: StatementOptions): Outcome => {
  const proof = readDocument(file, 'proof of a share', rewardProofSchema);
  const { statement, entries } = proof;
  const checks = [...checkRoot(root, statement.root), ...checkRewardProof(proof)];
  const title = `A share of ${statement.head.epoch}`;
  return outcomeOf(
    { title, head: statement.head, checks, rows: entries.map(({ row }) => row) },
    json,
  );
};
