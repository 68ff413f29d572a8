/** What crosses the boundary about the rewards of one's own device: how its gates stand, and what it earned. */
import * as z from 'zod';
import { idSchema } from '../core/ids.ts';
import { moneySchema, moneyToJson } from '../core/money.ts';
import { hourMs, isoOf } from '../core/time.ts';
import { isoSchema, listOf } from '../core/wire.ts';
import { hourIdOf } from '../proofs/gate.ts';
import { type EpochView, epochStatuses } from './epoch.ts';
import { pools } from './pool.ts';
import {
  type RewardGateReason,
  rewardGateReasons,
  rewardGates,
  rewardGateWords,
} from './reward-gate.ts';
import type { RewardReadiness } from './reward-readiness.ts';
import type { StatementRow } from './statement.ts';

const io = (units: bigint) => moneyToJson({ asset: 'io', units });
const score = z.string().regex(/^(0|[1-9][0-9]{0,18})$/);

/** Query of GET /v1/rewards/readiness. */
export const rewardReadinessQuery = z.strictObject({ device_id: idSchema('dev') });

/** Hours of a page of GET /v1/rewards: of each a statement is read. */
const hoursMax = 24;

/** Query of GET /v1/rewards. */
export const listRewardsQuery = z.strictObject({
  device_id: idSchema('dev'),
  /** Hours that are looked at; of some there may be nothing to tell. */
  limit: z.coerce.number().int().min(1).max(hoursMax).default(hoursMax),
  cursor: z.string().max(1024).optional(),
});

const entrySchema = z.strictObject({
  pool: z.enum(pools),
  /** Processors of the pool with a multiplier, and those of them that passed their proofs. */
  processors: z.int().min(0),
  proved: z.int().min(0),
  score,
});

/** GET /v1/rewards/readiness. */
export const rewardReadinessSchema = z
  .strictObject({
    object: z.literal('reward_readiness'),
    device_id: idSchema('dev'),
    public_id: z.string(),
    /** The hour that runs. */
    epoch_id: z.string(),
    closes_at: isoSchema,
    /** Whether every gate is open, of one pool at least, if the device stays up and answers its calls. */
    expected: z.boolean(),
    gates: z.array(
      z.strictObject({
        gate: z.enum(rewardGates),
        required: z.string(),
        actual: z.string(),
        passed: z.boolean(),
        /** Why not, for programs; null: passed. */
        reason_code: z.enum(rewardGateReasons).nullable(),
        says: z.string().nullable(),
        /** What helps. */
        remedy: z.string().nullable(),
      }),
    ),
    stake: z.strictObject({
      /** The least, and the most; 0: none is needed. */
      required: moneySchema,
      active: moneySchema,
    }),
    /** What it brings into each of its pools then: its share is that of its score in the pool's sum. */
    entries: z.array(entrySchema),
  })
  .meta({ id: 'RewardReadiness' });

/** An hour of GET /v1/rewards. */
export const rewardSchema = z
  .strictObject({
    object: z.literal('reward'),
    device_id: idSchema('dev'),
    epoch_id: z.string(),
    starts_at: isoSchema,
    status: z.enum(epochStatuses),
    /** Of all pools. */
    amount: moneySchema,
    /**
     * The amount is kept back, for the device was new: until then, and as long as something speaks for its being
     * another device as well. Null: it is not.
     */
    held: z.strictObject({ until: isoSchema, released: z.boolean() }).nullable(),
    /** What stands in the statement; none where the device was not there. */
    entries: z.array(
      entrySchema.extend({
        amount: moneySchema,
        /** Those that were closed. */
        closed_gates: z.array(
          z.strictObject({
            gate: z.enum(rewardGates),
            reason_code: z.enum(rewardGateReasons),
            says: z.string(),
            remedy: z.string(),
          }),
        ),
      }),
    ),
  })
  .meta({ id: 'Reward' });

export const rewardListSchema = listOf(rewardSchema);

interface ReadinessOf {
  readonly device: { readonly id: `dev_${string}`; readonly publicId: string };
  readonly startMs: number;
  readonly closesAtMs: number;
  readonly activeUnits: bigint;
}

export const rewardReadinessToJson = (
  { device, startMs, closesAtMs, activeUnits }: ReadinessOf,
  { checks, entries, requiredUnits }: RewardReadiness,
): z.input<typeof rewardReadinessSchema> => ({
  object: 'reward_readiness',
  device_id: device.id,
  public_id: device.publicId,
  epoch_id: hourIdOf(startMs),
  closes_at: isoOf(closesAtMs),
  expected: entries.some((entry) => entry.score > 0n),
  gates: checks.map(({ reason, ...check }) => ({ ...check, reason_code: reason })),
  stake: { required: io(requiredUnits), active: io(activeUnits) },
  entries: entries.map(({ pool, processors, proved, score: units }) => ({
    pool,
    processors,
    proved,
    score: units.toString(),
  })),
});

/** What a device got in an hour whose statement is published. */
export interface RewardedHour {
  readonly deviceId: `dev_${string}`;
  readonly epoch: Pick<EpochView, 'id' | 'startMs' | 'status'>;
  readonly rows: readonly StatementRow[];
  /** How long new devices' rewards of the hour are held, and whether these are free; null: they never were held. */
  readonly held: { readonly forMs: number; readonly released: boolean } | null;
}

export const rewardToJson = ({
  deviceId,
  epoch,
  rows,
  held,
}: RewardedHour): z.input<typeof rewardSchema> => {
  const units = rows.reduce((sum, { amount }) => sum + BigInt(amount), 0n);
  const until = epoch.startMs + hourMs + (held?.forMs ?? 0);
  return {
    object: 'reward',
    device_id: deviceId,
    epoch_id: epoch.id,
    starts_at: isoOf(epoch.startMs),
    status: epoch.status,
    amount: io(units),
    held: held && units > 0n ? { until: isoOf(until), released: held.released } : null,
    entries: rows.map((row) => ({
      pool: row.pool as (typeof pools)[number],
      processors: Number(row.processors),
      proved: Number(row.proved),
      score: row.score,
      amount: io(BigInt(row.amount)),
      closed_gates: rewardGates
        .filter((gate) => row[gate] !== 'passed')
        .map((gate) => {
          const reason = row[gate] as RewardGateReason;
          return { gate, reason_code: reason, ...rewardGateWords[reason] };
        }),
    })),
  };
};
