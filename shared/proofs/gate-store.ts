/**
 * Gates of hours in the proofs table, in shards of each hour: written once, in the transaction that moves
 * the processor's record on, and read by rewards, by readiness and by the search for suspects.
 */
import * as z from 'zod';
import type { Database, Item, Write } from '../core/database.ts';
import { storedId, wholeNumber } from '../core/field.ts';
import type { Id } from '../core/ids.ts';
import { callOutcomes, type Gate, gateReasons, hourIdOf } from './gate.ts';
import { gateKey, gatePartition } from './keys.ts';
import { profileSchema } from './schemas.ts';

/** Gates per page of a shard. */
const pageSize = 500;

const stored = z.object({
  hour_ms: wholeNumber,
  processor_id: storedId<Id<'prc'>>(),
  device_id: storedId<Id<'dev'>>(),
  organisation_id: storedId<Id<'org'>>(),
  passed: z.boolean(),
  reason_code: z.enum(gateReasons).optional(),
  hired: z.boolean().optional(),
  calls: z.array(
    z.object({
      at_ms: wholeNumber,
      source: z.enum(['slot', 'challenge']),
      profile: wholeNumber.pipe(profileSchema),
      roll_call: z.boolean(),
      outcome: z.enum(callOutcomes),
    }),
  ),
});

const parse = (item: Item): Gate => {
  const row = stored.parse(item);
  return {
    hourMs: row.hour_ms,
    processorId: row.processor_id,
    deviceId: row.device_id,
    organisationId: row.organisation_id,
    reason: row.reason_code ?? null,
    hired: row.hired ?? false,
    calls: row.calls.map(({ at_ms, source, profile, roll_call, outcome }) => ({
      atMs: at_ms,
      source,
      profile,
      rollCall: roll_call,
      outcome,
    })),
  };
};

/** Writes the gate of an hour; there is one for ever. */
export const putGate = (gate: Gate): Write => ({
  kind: 'put',
  table: 'proofs',
  key: gateKey(hourIdOf(gate.hourMs), gate.processorId),
  attributes: {
    hour_ms: gate.hourMs,
    processor_id: gate.processorId,
    device_id: gate.deviceId,
    organisation_id: gate.organisationId,
    passed: gate.reason === null,
    reason_code: gate.reason ?? undefined,
    hired: gate.hired ? true : undefined,
    calls: gate.calls.map(({ atMs, source, profile, rollCall, outcome }) => ({
      at_ms: atMs,
      source,
      profile,
      roll_call: rollCall,
      outcome,
    })),
  },
  condition: { exists: false },
});

/** The gate of a processor in the hour that starts at `hourMs`; undefined when it was not judged. */
export const getGate = async (
  database: Database,
  processorId: string,
  hourMs: number,
): Promise<Gate | undefined> => {
  const item = await database.get('proofs', gateKey(hourIdOf(hourMs), processorId));
  return item && parse(item);
};

/** Gates of these processors in the hour, in no particular order; those that were not judged are left out. */
export const getGates = async (
  database: Database,
  processorIds: readonly string[],
  hourMs: number,
): Promise<readonly Gate[]> => {
  const hour = hourIdOf(hourMs);
  const gates: Gate[] = [];
  for (let start = 0; start < processorIds.length; start += 100) {
    const keys = processorIds.slice(start, start + 100).map((id) => gateKey(hour, id));
    gates.push(...(await database.getMany('proofs', keys)).map(parse));
  }
  return gates;
};

/** A page of one shard of an hour's gates, in the order of processor ids. */
export const listGates = async (
  database: Database,
  shard: { readonly hourMs: number; readonly shard: number; readonly cursor?: string | undefined },
): Promise<{ readonly gates: readonly Gate[]; readonly next: string | undefined }> => {
  const pk = gatePartition(hourIdOf(shard.hourMs), shard.shard);
  const found = await database.query('proofs', { pk, limit: pageSize, cursor: shard.cursor });
  return { gates: found.items.map(parse), next: found.next };
};
