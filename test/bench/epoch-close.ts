/**
 * How long the platform takes to close an hour: the deployed workflow on the emulator, from the schedule that
 * starts it to the hour that is completed. The fleet is written straight into the tables.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { databaseOf, moveClock } from '../../local/clock.ts';
import { findFreePort } from '../../local/emulator/emulator.ts';
import { startPlatform } from '../../local/platform.ts';
import { assert } from '../../shared/core/assert.ts';
import type { TableName } from '../../shared/core/tables.ts';
import { hourMs } from '../../shared/core/time.ts';
import { hourIdOf } from '../../shared/proofs/gate.ts';
import { closedAfterMs } from '../../shared/rewards/epoch.ts';
import { getEpoch } from '../../shared/rewards/epoch-store.ts';
import { type Row, rounded } from './document.ts';
import { writeFleet } from './epoch-fleet.ts';

const fleet = { devices: 25_000, organisations: 500 } as const;
const lookMs = 100;
const looksMax = 6_000;

export interface EpochClose {
  readonly seconds: number;
  readonly rows: readonly Row[];
}

export const measureEpochClose = async (): Promise<EpochClose> => {
  const platform = await startPlatform({ port: await findFreePort() });
  try {
    const database = databaseOf(platform);
    const { scheduled } = await platformHour(platform.apiUrl);
    const client = new DynamoDBClient(platform.aws);
    const nameOf = (table: TableName) => platform.tableNames[table];
    await writeFleet({ client, nameOf }, { ...fleet, startMs: scheduled });
    client.destroy();
    await moveClock(platform, scheduled + hourMs + closedAfterMs - Date.now() + 1_000);
    const sinceMs = performance.now();
    await platform.invoke('rewards-schedules', { task: 'start-epochs' });
    const marks = new Map<string, number>();
    for (let look = 0; look < looksMax; look += 1) {
      const epoch = await getEpoch(database, hourIdOf(scheduled));
      const passed = (performance.now() - sinceMs) / 1_000;
      const mark = epoch?.result && epoch.status === 'processing' ? 'committed' : epoch?.status;
      if (mark && !marks.has(mark)) marks.set(mark, passed);
      if (epoch?.status === 'completed') {
        assert(epoch.result?.head.entries === String(fleet.devices), 'devices are missing');
        break;
      }
      assert(epoch?.status !== 'failed', `the hour failed: ${epoch?.failure}`);
      await pause(lookMs);
    }
    const seconds = marks.get('completed');
    assert(seconds !== undefined, 'the hour was not closed in time');
    return {
      seconds,
      rows: [...marks].map(([mark, passed]) => ({
        what: `closing an hour of ${fleet.devices} devices: ${mark}`,
        s: rounded(passed),
      })),
    };
  } finally {
    await platform.stop();
  }
};

/** The start of the hour that the platform is in: the first one of its emission. */
const platformHour = async (apiUrl: string): Promise<{ readonly scheduled: number }> => {
  const answer = await fetch(`${apiUrl}/v1/epochs?limit=1`);
  const { data } = (await answer.json()) as { data: readonly { starts_at: string }[] };
  return { scheduled: Date.parse(data[0]?.starts_at ?? '') };
};
