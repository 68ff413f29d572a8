/** The clock of a platform on this machine, which its users may move forward: only stage `local` reads it. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { readClockOffset, writeClockOffset } from '../functions/kit/clock-offset.ts';
import { dynamoDatabase } from '../functions/kit/dynamo-database.ts';
import type { Database } from '../shared/core/database.ts';
import type { Platform } from './platform.ts';

/** The platform's tables, read and written from outside. */
export const databaseOf = (platform: Platform): Database =>
  dynamoDatabase(new DynamoDBClient(platform.aws), (table) => platform.tableNames[table]);

/** Moves the platform's clock forward by so many milliseconds. */
export const moveClock = async (platform: Platform, milliseconds: number): Promise<void> => {
  const database = databaseOf(platform);
  const { offsetMs } = await readClockOffset(database);
  await writeClockOffset(database, { offsetMs: offsetMs + milliseconds });
};
