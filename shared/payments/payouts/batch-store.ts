/**
 * Batches, their attempts and the lanes in the payments table. Every write of a batch is conditioned on its
 * version, so of two workers one goes on and the other looks again; an attempt is written once and never
 * changed.
 */
import * as z from 'zod';
import type { Token } from '../../core/chain.ts';
import type { Check, Database, Item, Write } from '../../core/database.ts';
import { storedId, units, wholeNumber } from '../../core/field.ts';
import type { Id } from '../../core/ids.ts';
import { type Attempt, type Batch, batchStatuses, type Lifetime } from './batch.ts';
import { attemptKey, batchKey, laneKey, paidHourKey, paidHours, signedKey } from './keys.ts';
import { type Lane, lanes } from './payout.ts';
import type { PaidHour } from './payout-limits.ts';

const storedBatch = z.object({
  id: storedId<Id<'pbt'>>(),
  lane: z.enum(lanes),
  token: z.enum(['usdc', 'io']),
  status: z.enum(batchStatuses),
  members: z.array(
    z.object({
      payout_id: storedId<Id<'pay'>>(),
      organisation: z.string(),
      wallet: z.string(),
      token_account: z.string(),
      units,
      usd_units: units,
    }),
  ),
  attempts: wholeNumber,
  opened_at_ms: wholeNumber,
  v: wholeNumber,
});

const parseBatch = (item: Item): Batch => {
  const row = storedBatch.parse(item);
  return {
    id: row.id,
    lane: row.lane,
    token: row.token,
    status: row.status,
    members: row.members.map((member) => ({
      payoutId: member.payout_id,
      organisation: member.organisation,
      wallet: member.wallet,
      tokenAccount: member.token_account,
      units: member.units,
      usdUnits: member.usd_units,
    })),
    attempts: row.attempts,
    openedAtMs: row.opened_at_ms,
    version: row.v,
  };
};

/** Puts the batch over the version before it; the first one where there is none. */
export const putBatch = (batch: Batch): Write => ({
  kind: 'put',
  table: 'payments',
  key: batchKey(batch.id),
  attributes: {
    id: batch.id,
    lane: batch.lane,
    token: batch.token,
    status: batch.status,
    members: batch.members.map((member) => ({
      payout_id: member.payoutId,
      organisation: member.organisation,
      wallet: member.wallet,
      token_account: member.tokenAccount,
      units: member.units,
      usd_units: member.usdUnits,
    })),
    attempts: batch.attempts,
    opened_at_ms: batch.openedAtMs,
    v: batch.version,
  },
  condition: batch.version === 1 ? { exists: false } : { equals: { v: batch.version - 1 } },
});

export const getBatch = async (database: Database, batchId: string): Promise<Batch | undefined> => {
  const item = await database.get('payments', batchKey(batchId));
  return item && parseBatch(item);
};

const storedAttempt = z.object({
  batch_id: z.string(),
  number: wholeNumber,
  chain_id: z.string(),
  wire: z.string(),
  last_valid_block_height: units.optional(),
  nonce_account: z.string().optional(),
  nonce: z.string().optional(),
  units,
  signed_at_ms: wholeNumber,
});

/** Writes an attempt ahead of its sending, once. */
export const putAttempt = (attempt: Attempt): Write => {
  const { lifetime } = attempt;
  return {
    kind: 'put',
    table: 'payments',
    key: attemptKey(attempt.batchId, attempt.number),
    attributes: {
      batch_id: attempt.batchId,
      number: attempt.number,
      chain_id: attempt.signature,
      wire: attempt.wire,
      ...(lifetime.kind === 'blockhash'
        ? { last_valid_block_height: lifetime.lastValidBlockHeight }
        : { nonce_account: lifetime.account, nonce: lifetime.value }),
      units: attempt.units,
      signed_at_ms: attempt.signedAtMs,
    },
    condition: { exists: false },
  };
};

const lifetimeOf = (row: z.output<typeof storedAttempt>): Lifetime =>
  row.nonce_account !== undefined && row.nonce !== undefined
    ? { kind: 'nonce', account: row.nonce_account, value: row.nonce }
    : { kind: 'blockhash', lastValidBlockHeight: row.last_valid_block_height ?? 0n };

const parseAttempt = (item: Item): Attempt => {
  const row = storedAttempt.parse(item);
  return {
    batchId: row.batch_id,
    number: row.number,
    signature: row.chain_id,
    wire: row.wire,
    lifetime: lifetimeOf(row),
    units: row.units,
    signedAtMs: row.signed_at_ms,
  };
};

/** A batch's attempt, by its number. */
export const getAttempt = async (
  database: Database,
  batchId: string,
  number: number,
): Promise<Attempt | undefined> => {
  const item = await database.get('payments', attemptKey(batchId, number));
  return item && parseAttempt(item);
};

/** A batch's attempts, the first one first; at most 1,000. */
export const listAttempts = async (
  database: Database,
  batchId: string,
): Promise<readonly Attempt[]> => {
  const { pk } = batchKey(batchId);
  const found = await database.query('payments', { pk, skPrefix: 'ATTEMPT#', limit: 1000 });
  return found.items.map(parseAttempt);
};

/** The batch that has the lane; undefined when it is free. */
export const getLaneBatch = async (database: Database, lane: Lane): Promise<Batch | undefined> => {
  const item = await database.get('payments', laneKey(lane));
  const batchId = z.string().optional().parse(item?.['batch_id']);
  return batchId === undefined ? undefined : getBatch(database, batchId);
};

/** Gives the free lane to a batch. */
export const takeLane = (lane: Lane, batchId: string): Write => ({
  kind: 'update',
  table: 'payments',
  key: laneKey(lane),
  set: { batch_id: batchId },
  condition: { missing: ['batch_id'] },
});

/** Frees the lane from its batch. */
export const freeLane = (lane: Lane, batchId: string): Write => ({
  kind: 'update',
  table: 'payments',
  key: laneKey(lane),
  remove: ['batch_id'],
  condition: { equals: { batch_id: batchId } },
});

/** Holds a transaction to the lane being the batch's. */
export const hasLane = (lane: Lane, batchId: string): Check => ({
  kind: 'check',
  table: 'payments',
  key: laneKey(lane),
  condition: { equals: { batch_id: batchId } },
});

/** What is signed of a token and not known to be over. */
export interface SignedUnits {
  readonly token: Token;
  readonly units: bigint;
  /** The newest slot in which something of it landed: custody is never read at an older one. */
  readonly slot: bigint;
  /** 0 while nothing was ever signed. */
  readonly version: number;
}

const storedSigned = z.object({ units, slot: units, v: wholeNumber });

export const getSignedUnits = async (database: Database, token: Token): Promise<SignedUnits> => {
  const item = await database.get('payments', signedKey(token));
  if (!item) return { token, units: 0n, slot: 0n, version: 0 };
  const row = storedSigned.parse(item);
  return { token, units: row.units, slot: row.slot, version: row.v };
};

/** Moves what is signed from what was read. */
export const putSignedUnits = (
  asRead: SignedUnits,
  next: { readonly units: bigint; readonly slot: bigint },
): Write => ({
  kind: 'put',
  table: 'payments',
  key: signedKey(asRead.token),
  attributes: { units: next.units, slot: next.slot, v: asRead.version + 1 },
  condition: asRead.version === 0 ? { exists: false } : { equals: { v: asRead.version } },
});

/** Counts what is signed for the first time; refused when the hour would go above `unitsMax`. */
export const countPaidHour = (order: {
  readonly hour: number;
  readonly units: bigint;
  readonly unitsMax: bigint;
}): Write => ({
  kind: 'update',
  table: 'payments',
  key: paidHourKey(order.hour),
  add: { units: order.units },
  condition: { atMostOrAbsent: { units: order.unitsMax - order.units } },
});

/** What was signed in each hour since `fromHour`; hours without any are left out. At most 1,000. */
export const listPaidHours = async (
  database: Database,
  fromHour: number,
): Promise<readonly PaidHour[]> => {
  const found = await database.query('payments', {
    pk: paidHours,
    skFrom: paidHourKey(fromHour).sk,
    skTo: '~',
    limit: 1000,
  });
  return found.items.map((item) => ({ hour: Number(item.sk), units: units.parse(item['units']) }));
};
