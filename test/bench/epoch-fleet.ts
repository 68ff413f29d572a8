/**
 * A fleet whose hour is over, written straight into the tables: devices with an RTX 4090 that were up all the
 * time, passed their proofs, have their stake, and belong to so many organisations with a wallet each.
 */
import { BatchWriteItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { encodeItem } from '../../functions/kit/item.ts';
import type { Put, Write } from '../../shared/core/database.ts';
import type { Id } from '../../shared/core/ids.ts';
import type { TableName } from '../../shared/core/tables.ts';
import { dayMs, hourMs } from '../../shared/core/time.ts';
import { putNewDevice } from '../../shared/devices/device-store.ts';
import { firstPresence } from '../../shared/devices/presence.ts';
import { putPresence } from '../../shared/devices/presence-store.ts';
import { putWallet } from '../../shared/identity/wallet-store.ts';
import { putGate } from '../../shared/proofs/gate-store.ts';
import { putJudgedHour } from '../../shared/proofs/judging-store.ts';
import { firstPlace } from '../../shared/proofs/place.ts';
import { putPlace } from '../../shared/proofs/place-store.ts';
import { processorsOf } from '../../shared/proofs/processor.ts';
import { requiredStakeFor } from '../../shared/rewards/device-stake.ts';
import { putFirstReward } from '../../shared/rewards/first-reward-store.ts';
import { rewardPolicyAt } from '../../shared/rewards/policy.ts';
import { putStake } from '../../shared/rewards/stake-store.ts';
import { testId } from '../devices/builders.ts';
import { gpuDevice } from '../proofs/judging.ts';

export interface Fleet {
  readonly devices: number;
  readonly organisations: number;
  /** The hour that is to be closed. */
  readonly startMs: number;
}

/** Where it is written. */
export interface FleetTables {
  readonly client: DynamoDBClient;
  readonly nameOf: (table: TableName) => string;
}

const writesAtOnce = 25;
const lanes = 4;

const deviceWrites = (number: number, { organisations, startMs }: Fleet): readonly Write[] => {
  const organisationId = testId('org', number % organisations);
  const createdAtMs = startMs - 30 * dayMs;
  const device = gpuDevice(number, 1, { organisationId, createdAtMs });
  const [, item] = putNewDevice(device);
  const [processor] = processorsOf(device);
  if (!item || !processor) throw new Error('a device without an item or a processor');
  const activeUnits = requiredStakeFor(device, rewardPolicyAt('prod', startMs));
  const levels = [{ atMs: createdAtMs, activeUnits }];
  const presence = {
    ...firstPresence(null, startMs - 3 * dayMs),
    lastSeenMs: startMs + hourMs + 1,
  };
  const place = { cohort: organisationId, group: `net:${number % 65_536}`, parts: 1 };
  return [
    item,
    putPresence(device.id, undefined, presence),
    putPlace(firstPlace(device.id, place)),
    putGate({
      ...{ hourMs: startMs, processorId: processor.id, deviceId: device.id, organisationId },
      ...{ reason: null, calls: [], hired: number % 10 === 0 },
    }),
    putStake({
      ...{ deviceId: device.id, organisation: organisationId, activeUnits, levels },
      ...{ cooldowns: [], version: 1 },
    }),
    putFirstReward({ deviceId: device.id, organisationId, startMs: startMs - 20 * dayMs }),
  ];
};

const walletWrites = (number: number, { startMs }: Fleet): readonly Write[] => {
  const organisationId = testId('org', number);
  const id = `wal_${organisationId.slice(4)}` as Id<'wal'>;
  const wallet = { id, organisationId, address: `wallet of ${organisationId}`, role: null };
  return putWallet({ ...wallet, payouts: [], createdAtMs: startMs - 30 * dayMs });
};

/** Puts everything without asking what is there, which goes several times as fast. */
const putAll = async ({ client, nameOf }: FleetTables, writes: readonly Write[]): Promise<void> => {
  const items = writes.filter((write): write is Put => write.kind === 'put');
  const work = async (lane: number): Promise<void> => {
    const step = writesAtOnce * lanes;
    for (let from = lane * writesAtOnce; from < items.length; from += step) {
      const RequestItems: Record<
        string,
        { PutRequest: { Item: ReturnType<typeof encodeItem> } }[]
      > = {};
      for (const { table, key, attributes } of items.slice(from, from + writesAtOnce)) {
        const name = nameOf(table);
        RequestItems[name] ??= [];
        RequestItems[name].push({ PutRequest: { Item: encodeItem({ ...attributes, ...key }) } });
      }
      await client.send(new BatchWriteItemCommand({ RequestItems }));
    }
  };
  await Promise.all(Array.from({ length: lanes }, (_, lane) => work(lane)));
};

/** Writes the fleet, and that its hour was judged. */
export const writeFleet = async (tables: FleetTables, fleet: Fleet): Promise<void> => {
  const number = (count: number) => Array.from({ length: count }, (_, index) => index);
  await putAll(tables, [
    ...number(fleet.organisations).flatMap((each) => walletWrites(each, fleet)),
    ...number(fleet.devices).flatMap((each) => deviceWrites(each, fleet)),
    putJudgedHour(fleet.startMs),
  ]);
};
