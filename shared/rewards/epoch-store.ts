/**
 * Epochs in the rewards table. An epoch is opened once, its result is written once, and how far all are closed
 * moves in the write that completes one: each write holds only where the one before it has happened.
 */
import * as z from 'zod';
import type { Database, Item, Write } from '../core/database.ts';
import { wholeNumber } from '../core/field.ts';
import { hourMs } from '../core/time.ts';
import type { Epoch, EpochResult } from './epoch.ts';
import { closingKey, epochKey, epochsPartition } from './keys.ts';
import type { StatementHead } from './statement.ts';

const stored = z.object({
  id: z.string(),
  hour: wholeNumber,
  start_ms: wholeNumber,
  status: z.enum(['processing', 'completed', 'failed']),
  opened_at_ms: wholeNumber,
  failure: z.string().optional(),
  completed_at_ms: wholeNumber.optional(),
  result: z
    .object({
      input_hash: z.string(),
      output_hash: z.string(),
      root: z.string(),
      head: z.record(z.string(), z.string()),
      parts: wholeNumber,
      postings: wholeNumber,
      committed_at_ms: wholeNumber,
    })
    .optional(),
});

const parse = (item: Item): Epoch => {
  const row = stored.parse(item);
  const { result } = row;
  return {
    id: row.id,
    hour: row.hour,
    startMs: row.start_ms,
    status: row.status,
    openedAtMs: row.opened_at_ms,
    failure: row.failure ?? null,
    completedAtMs: row.completed_at_ms ?? null,
    result: result
      ? {
          inputHash: result.input_hash,
          outputHash: result.output_hash,
          root: result.root,
          head: result.head as StatementHead,
          parts: result.parts,
          postings: result.postings,
          committedAtMs: result.committed_at_ms,
        }
      : null,
  };
};

/** Begins the closing of an epoch; there is one for each hour. */
export const openEpoch = (epoch: Pick<Epoch, 'id' | 'hour' | 'startMs' | 'openedAtMs'>): Write => ({
  kind: 'put',
  table: 'rewards',
  key: epochKey(epoch.id),
  attributes: {
    id: epoch.id,
    hour: epoch.hour,
    start_ms: epoch.startMs,
    status: 'processing',
    opened_at_ms: epoch.openedAtMs,
  },
  condition: { exists: false },
});

/** Fixes what the epoch came to, once. */
export const commitEpoch = (epochId: string, result: EpochResult): Write => ({
  kind: 'update',
  table: 'rewards',
  key: epochKey(epochId),
  set: {
    status: 'processing',
    result: {
      input_hash: result.inputHash,
      output_hash: result.outputHash,
      root: result.root,
      head: result.head,
      parts: result.parts,
      postings: result.postings,
      committed_at_ms: result.committedAtMs,
    },
  },
  remove: ['failure'],
  condition: { exists: true, missing: ['result'] },
});

/** Notes that what was to be committed did not add up. */
export const failEpoch = (epochId: string, failure: string): Write => ({
  kind: 'update',
  table: 'rewards',
  key: epochKey(epochId),
  set: { status: 'failed', failure },
  condition: { exists: true, missing: ['result'] },
});

/** Completes the epoch, and moves how far all are closed; holds behind the hour before it alone. */
export const completeEpoch = (
  { id, hour, startMs }: Pick<Epoch, 'id' | 'hour' | 'startMs'>,
  nowMs: number,
): readonly Write[] => [
  {
    kind: 'update',
    table: 'rewards',
    key: epochKey(id),
    set: { status: 'completed', completed_at_ms: nowMs },
    condition: { equals: { status: 'processing' } },
  },
  {
    kind: 'put',
    table: 'rewards',
    key: closingKey,
    attributes: { hour_ms: startMs },
    condition: hour === 0 ? { exists: false } : { equals: { hour_ms: startMs - hourMs } },
  },
];

/** The start of the last hour that is completed, with all before it; undefined: none is. */
export const getClosedHour = async (database: Database): Promise<number | undefined> => {
  const item = await database.get('rewards', closingKey);
  return item && Number(item['hour_ms']);
};

/** The epoch; undefined until its closing began. */
export const getEpoch = async (database: Database, epochId: string): Promise<Epoch | undefined> => {
  const item = await database.get('rewards', epochKey(epochId));
  return item && parse(item);
};

/** Those of these at most 100 epochs whose closing began, in no particular order. */
export const getEpochs = async (
  database: Database,
  epochIds: readonly string[],
): Promise<readonly Epoch[]> => {
  if (epochIds.length === 0) return [];
  return (await database.getMany('rewards', epochIds.map(epochKey))).map(parse);
};

/** Epochs whose closing began, newest first. `limit`: 1 to 100. */
export const listEpochs = async (
  database: Database,
  page: { readonly limit: number; readonly cursor?: string | undefined },
): Promise<{ readonly epochs: readonly Epoch[]; readonly next: string | undefined }> => {
  const found = await database.query('rewards', { pk: epochsPartition, descending: true, ...page });
  return { epochs: found.items.map(parse), next: found.next };
};
