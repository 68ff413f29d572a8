/**
 * Processors' records in the proofs table, in their device's partition. Every change writes the whole
 * record at its next version, conditioned on the version that was read.
 */
import * as z from 'zod';
import type { Database, Item, Write } from '../core/database.ts';
import { storedId, wholeNumber } from '../core/field.ts';
import type { Id } from '../core/ids.ts';
import { processorKey, processorPrefix } from './keys.ts';
import { assertRecord, type ProcessorRecord } from './processor-record.ts';
import { profileSchema } from './schemas.ts';

/** Records that are read at once, and the most such pages: ten thousand records, far more than hardware. */
const pageSize = 100;
const pagesMax = 100;

const measurement = z.object({ gops: wholeNumber, mbps: wholeNumber });
const profile = wholeNumber.pipe(profileSchema);

const stored = z.object({
  processor_id: storedId<Id<'prc'>>(),
  device_id: storedId<Id<'dev'>>(),
  organisation_id: storedId<Id<'org'>>(),
  model: z.string(),
  processor_kind: z.enum(['gpu', 'cpu']),
  counts_from_ms: wholeNumber.optional(),
  runs: z.array(measurement),
  reference: measurement.optional(),
  proved_at_ms: wholeNumber.optional(),
  verified_at_ms: wholeNumber.optional(),
  last_full_pass_at_ms: wholeNumber.optional(),
  hired_since_full_pass_ms: wholeNumber,
  last_call: z.object({ at_ms: wholeNumber, passed: z.boolean() }).optional(),
  last_full_call: z.object({ at_ms: wholeNumber, answered: z.boolean() }).optional(),
  excluded_until_ms: wholeNumber.optional(),
  owes_roll_call: z.boolean(),
  strikes: z.array(wholeNumber),
  challenges: z.array(z.object({ at_ms: wholeNumber, profile, passed: z.boolean() })),
  judged_hour_ms: wholeNumber.optional(),
  last_metrics: z
    .object({
      at_ms: wholeNumber,
      gops: wholeNumber,
      mbps: wholeNumber.nullable(),
      pool_bytes: wholeNumber.nullable(),
    })
    .optional(),
  version: wholeNumber,
});

const parse = (item: Item): ProcessorRecord => {
  const row = stored.parse(item);
  const { last_call: call, last_full_call: full, last_metrics: metrics } = row;
  return assertRecord({
    processorId: row.processor_id,
    deviceId: row.device_id,
    organisationId: row.organisation_id,
    model: row.model,
    kind: row.processor_kind,
    countsFromMs: row.counts_from_ms ?? null,
    calibration: { runs: row.runs, reference: row.reference ?? null },
    provedAtMs: row.proved_at_ms ?? null,
    verifiedAtMs: row.verified_at_ms ?? null,
    lastFullPassAtMs: row.last_full_pass_at_ms ?? null,
    hiredSinceFullPassMs: row.hired_since_full_pass_ms,
    lastCall: call ? { atMs: call.at_ms, passed: call.passed } : null,
    lastFullCall: full ? { atMs: full.at_ms, answered: full.answered } : null,
    excludedUntilMs: row.excluded_until_ms ?? null,
    owesRollCall: row.owes_roll_call,
    strikes: row.strikes,
    challenges: row.challenges.map((one) => ({
      atMs: one.at_ms,
      profile: one.profile,
      passed: one.passed,
    })),
    judgedHourMs: row.judged_hour_ms ?? null,
    lastMetrics: metrics
      ? {
          atMs: metrics.at_ms,
          gops: metrics.gops,
          mbps: metrics.mbps,
          poolBytes: metrics.pool_bytes,
        }
      : null,
    version: row.version,
  });
};

const attributesOf = (record: ProcessorRecord) => {
  const { calibration, lastCall, lastFullCall, lastMetrics } = record;
  return {
    processor_id: record.processorId,
    device_id: record.deviceId,
    organisation_id: record.organisationId,
    model: record.model,
    processor_kind: record.kind,
    counts_from_ms: record.countsFromMs ?? undefined,
    runs: calibration.runs.map(({ gops, mbps }) => ({ gops, mbps })),
    reference: calibration.reference ? { ...calibration.reference } : undefined,
    proved_at_ms: record.provedAtMs ?? undefined,
    verified_at_ms: record.verifiedAtMs ?? undefined,
    last_full_pass_at_ms: record.lastFullPassAtMs ?? undefined,
    hired_since_full_pass_ms: record.hiredSinceFullPassMs,
    last_call: lastCall ? { at_ms: lastCall.atMs, passed: lastCall.passed } : undefined,
    last_full_call: lastFullCall
      ? { at_ms: lastFullCall.atMs, answered: lastFullCall.answered }
      : undefined,
    excluded_until_ms: record.excludedUntilMs ?? undefined,
    owes_roll_call: record.owesRollCall,
    strikes: record.strikes,
    challenges: record.challenges.map((one) => ({
      at_ms: one.atMs,
      profile: one.profile,
      passed: one.passed,
    })),
    judged_hour_ms: record.judgedHourMs ?? undefined,
    last_metrics: lastMetrics
      ? {
          at_ms: lastMetrics.atMs,
          gops: lastMetrics.gops,
          mbps: lastMetrics.mbps,
          pool_bytes: lastMetrics.poolBytes,
        }
      : undefined,
    version: record.version,
  };
};

/**
 * Writes a record that `changedRecord` made: a first one where there is none, a later one at the version
 * before it.
 */
export const putProcessorRecord = (record: ProcessorRecord): Write => ({
  kind: 'put',
  table: 'proofs',
  key: processorKey(record.deviceId, record.processorId),
  attributes: attributesOf(assertRecord(record)),
  condition: record.version === 1 ? { exists: false } : { equals: { version: record.version - 1 } },
});

/** The processor's record; undefined before its first proof has ended. */
export const getProcessorRecord = async (
  database: Database,
  deviceId: string,
  processorId: string,
): Promise<ProcessorRecord | undefined> => {
  const item = await database.get('proofs', processorKey(deviceId, processorId));
  return item && parse(item);
};

/**
 * All records in a device's name, of hardware that it has and that it had, in the order of their ids. The
 * records of what it has now are read by their keys: `getProcessorRecords`.
 */
export const listProcessorRecords = async (
  database: Database,
  deviceId: string,
): Promise<readonly ProcessorRecord[]> => {
  const records: ProcessorRecord[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < pagesMax; page += 1) {
    const found = await database.query('proofs', {
      pk: processorKey(deviceId, '').pk,
      skPrefix: processorPrefix,
      limit: pageSize,
      cursor,
    });
    records.push(...found.items.map(parse));
    cursor = found.next;
    if (cursor === undefined) break;
  }
  return records;
};

/** Records of these processors, in no particular order; those without one are left out. */
export const getProcessorRecords = async (
  database: Database,
  processors: readonly { readonly deviceId: string; readonly id: string }[],
): Promise<readonly ProcessorRecord[]> => {
  const records: ProcessorRecord[] = [];
  for (let start = 0; start < processors.length; start += 100) {
    const part = processors.slice(start, start + 100);
    const keys = part.map(({ deviceId, id }) => processorKey(deviceId, id));
    records.push(...(await database.getMany('proofs', keys)).map(parse));
  }
  return records;
};
