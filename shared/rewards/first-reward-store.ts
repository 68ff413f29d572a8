/** When devices were rewarded first, in the rewards table: written once, and listed by their organisation. */
import * as z from 'zod';
import type { Database, Write } from '../core/database.ts';
import { storedId, wholeNumber } from '../core/field.ts';
import type { Id } from '../core/ids.ts';
import { firstRewardKey, firstRewardPlace } from './keys.ts';

const stored = z.object({ device_id: storedId<Id<'dev'>>(), start_ms: wholeNumber });

/** A device's first rewarded hour. */
export interface FirstReward {
  readonly deviceId: string;
  readonly organisationId: string;
  /** Its start. */
  readonly startMs: number;
}

/** Notes the hour; holds where none is noted, or this very one. */
export const putFirstReward = ({ deviceId, organisationId, startMs }: FirstReward): Write => ({
  kind: 'put',
  table: 'rewards',
  key: firstRewardKey(deviceId),
  attributes: {
    device_id: deviceId,
    start_ms: startMs,
    owner: organisationId,
    owner_sk: firstRewardPlace(startMs, deviceId),
  },
  condition: { anyOf: [{ exists: false }, { equals: { start_ms: startMs } }] },
});

/** The start of the first rewarded hour by device; devices that were never rewarded are left out. */
export const getFirstRewards = async (
  database: Database,
  deviceIds: readonly string[],
): Promise<ReadonlyMap<string, number>> => {
  const found = new Map<string, number>();
  for (let start = 0; start < deviceIds.length; start += 100) {
    const keys = deviceIds.slice(start, start + 100).map(firstRewardKey);
    for (const item of await database.getMany('rewards', keys)) {
      const row = stored.parse(item);
      found.set(row.device_id, row.start_ms);
    }
  }
  return found;
};

/** Devices of the organisation whose first rewarded hour started in [fromMs, untilMs]; a page of 100. */
export const listFirstRewards = async (
  database: Database,
  organisationId: string,
  { fromMs, untilMs }: { readonly fromMs: number; readonly untilMs: number },
  cursor?: string,
): Promise<{ readonly deviceIds: readonly Id<'dev'>[]; readonly next: string | undefined }> => {
  const page = await database.query('rewards', {
    index: 'by_owner',
    pk: organisationId,
    skFrom: firstRewardPlace(Math.max(0, fromMs)),
    skTo: `${firstRewardPlace(untilMs)}~`,
    limit: 100,
    cursor,
  });
  const deviceIds = page.items.map((item) => stored.parse(item).device_id);
  return { deviceIds, next: page.next };
};
