/** What crosses the boundary of the endpoints of stakes. */
import * as z from 'zod';
import { idSchema } from '../core/ids.ts';
import { moneySchema, moneyToJson, positiveMoneySchema } from '../core/money.ts';
import { hourMs, hourOf, isoOf } from '../core/time.ts';
import { isoSchema, listOf } from '../core/wire.ts';
import { type DeviceStake, roomOf } from './device-stake.ts';
import { stakeDuring } from './stake.ts';

const positiveIoSchema = positiveMoneySchema(['io']);

export const createStakeSchema = z
  .strictObject({
    device_id: idSchema('dev'),
    /** Of your free rewards; at most what the device lacks. */
    amount: positiveIoSchema,
  })
  .meta({ id: 'CreateStake' });

export const unstakeSchema = z
  .strictObject({
    /** All that is staked, unless told. */
    amount: positiveIoSchema.optional(),
  })
  .meta({ id: 'Unstake' });

export const stakeSchema = z
  .strictObject({
    object: z.literal('stake'),
    device_id: idSchema('dev'),
    /** What the device needs to earn block rewards; it takes no more. 0: it earns none, and takes none. */
    required: moneySchema,
    /** What is staked now, without what cools down. */
    active: moneySchema,
    /** What may still be staked. */
    room: moneySchema,
    /** The least that was active since the hour began: so much counts for the hour that runs. */
    counts_this_hour: moneySchema,
    /** What was unstaked and waits; it counts no more. Oldest first. */
    cooling_down: z.array(
      z.strictObject({
        id: idSchema('ust'),
        amount: moneySchema,
        started_at: isoSchema,
        /** The first hourly run after it gives it back to your rewards, unless very many come back at once. */
        ends_at: isoSchema,
      }),
    ),
  })
  .meta({ id: 'Stake' });

export const stakeListSchema = listOf(stakeSchema);

const ioMoney = (units: bigint) => moneyToJson({ asset: 'io', units });

/** `requiredUnits` as of now. */
export const stakeToJson = (
  stake: DeviceStake,
  requiredUnits: bigint,
  nowMs: number,
): z.input<typeof stakeSchema> => ({
  object: 'stake',
  device_id: stake.deviceId,
  required: ioMoney(requiredUnits),
  active: ioMoney(stake.activeUnits),
  room: ioMoney(roomOf(stake, requiredUnits)),
  counts_this_hour: ioMoney(stakeDuring(stake.levels, hourOf(nowMs) * hourMs)),
  cooling_down: stake.cooldowns.map(({ unstakeId, units, startedAtMs, endsAtMs }) => ({
    id: unstakeId,
    amount: ioMoney(units),
    started_at: isoOf(startedAtMs),
    ends_at: isoOf(endsAtMs),
  })),
});
