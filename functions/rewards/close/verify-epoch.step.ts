/**
 * Step `verify-epoch` of close-epoch: reads back what was written and checks it as a stranger would, and that
 * what is to be posted follows from snapshot and statement: who is paid, how much, and what is held of it. What
 * does not add up is noted with the epoch and fails the execution, which rings; nothing is posted.
 */
import { BugError, present } from '../../../shared/core/assert.ts';
import { WriteRefused } from '../../../shared/core/database.ts';
import { failEpoch } from '../../../shared/rewards/epoch-store.ts';
import type { Manifest } from '../../../shared/rewards/manifest.ts';
import { planPostings } from '../../../shared/rewards/postings.ts';
import { csvTitle, type StatementRow } from '../../../shared/rewards/statement.ts';
import { checkStatement } from '../../../shared/rewards/statement-check.ts';
import { parseStatementCsv } from '../../../shared/rewards/statement-csv.ts';
import { getDocument, getManifest } from '../../../shared/rewards/statement-store.ts';
import { emissionOf } from '../../../shared/token/emission.ts';
import type { RewardsNeeds } from '../rewards-needs.ts';
import { type EpochOutcome, type EpochStepInput, numbersTo, requireEpoch } from './epoch-step.ts';
import { readSnapshot } from './read-snapshot.ts';

export const verifyEpochStep = async (
  needs: RewardsNeeds,
  input: EpochStepInput,
): Promise<EpochOutcome> => {
  const { id, hour, result } = await requireEpoch(needs, input);
  if (result) return { outcome: 'committed', epoch_id: id, items: numbersTo(result.postings) };
  const output_hash = present(input.output_hash, 'no statement was named');
  const fault = await faultOf(needs, { id, hour, outputHash: output_hash });
  if (fault === undefined) return { outcome: 'verified', epoch_id: id, output_hash, items: [] };
  await noteFailure(needs, id, fault);
  throw new BugError(`${id} is not posted: ${fault}`);
};

interface EpochToVerify {
  readonly id: string;
  readonly hour: number;
  readonly outputHash: string;
}

/** What does not add up; undefined: everything does. */
const faultOf = async (
  needs: RewardsNeeds,
  { id, hour, outputHash }: EpochToVerify,
): Promise<string | undefined> => {
  const manifest = await getManifest(needs.statements, id, outputHash);
  const { head } = manifest.statement;
  if (head.epoch !== id || head.hour !== String(hour)) return `its head is of ${head.epoch}`;
  const rows = await readRows(needs, id, manifest);
  if (typeof rows === 'string') return rows;
  const failed = checkStatement(manifest.statement, rows).find(({ passed }) => !passed);
  if (failed) return `${failed.name}: ${failed.found}`;
  const planned = emissionOf(hour)?.units;
  if (needs.token?.mode === 'own' && head.emission !== String(planned)) {
    return `it releases ${head.emission}, and the schedule has ${planned}`;
  }
  return faultOfPostings(needs, id, { manifest, rows });
};

/** All rows, or what is wrong with a part. */
const readRows = async (
  { statements }: RewardsNeeds,
  id: string,
  { parts }: Manifest,
): Promise<readonly StatementRow[] | string> => {
  const rows: StatementRow[] = [];
  for (const [index, part] of parts.entries()) {
    const text = await getDocument(statements, id, part.hash);
    const own = parseStatementCsv(index === 0 ? text : `${csvTitle}\n${text}`);
    if ('fault' in own) return `part ${index}, line ${own.line}: ${own.fault}`;
    if (own.length !== part.rows) return `part ${index} has ${own.length} rows, not ${part.rows}`;
    for (const row of own) rows.push(row);
  }
  return rows;
};

/** Those whose devices earned it are paid what the rows say, and nobody else. */
const faultOfPostings = async (
  needs: RewardsNeeds,
  id: string,
  { manifest, rows }: { readonly manifest: Manifest; readonly rows: readonly StatementRow[] },
): Promise<string | undefined> => {
  const entries = await readSnapshot(needs, id);
  if (entries.length !== rows.length) return `${entries.length} entries are ${rows.length} rows`;
  for (const [index, { public_id, pool, score }] of rows.entries()) {
    const entry = entries[index];
    const isOf = entry?.publicId === public_id && entry.pool === pool;
    if (!(isOf && String(entry.score) === score)) return `the row of ${public_id} is of no entry`;
  }
  const amounts = rows.map(({ amount }) => BigInt(amount));
  const due = planPostings(entries, amounts);
  if (due.length !== manifest.postings.length) return `${due.length} documents are to be posted`;
  for (const [index, { hash }] of manifest.postings.entries()) {
    const text = await getDocument(needs.statements, id, hash);
    if (text !== JSON.stringify(due[index])) return `document ${index} pays otherwise than earned`;
  }
  const posted = due.flatMap(({ receipts }) => receipts.map(({ units }) => BigInt(units)));
  const [paid, earned] = [sumOf(posted), sumOf(amounts)];
  return paid === earned ? undefined : `${paid} would be posted, and ${earned} were earned`;
};

const sumOf = (units: readonly bigint[]): bigint => units.reduce((sum, each) => sum + each, 0n);

/** Another execution may have committed it meanwhile. */
const noteFailure = async (
  { database }: RewardsNeeds,
  id: string,
  fault: string,
): Promise<void> => {
  try {
    await database.write(failEpoch(id, fault));
  } catch (error) {
    if (!(error instanceof WriteRefused)) throw error;
  }
};
