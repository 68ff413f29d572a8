/** DynamoDB, as the emulator has it, keeps the same contract as the memory database of the unit tests. */
import { databaseContract } from './database-contract.ts';
import { type EmulatedDatabase, startDatabase } from './emulator-tables.ts';

let emulated: EmulatedDatabase | undefined;

afterAll(async () => {
  await emulated?.stop();
});

databaseContract('DynamoDB', async () => {
  emulated = await startDatabase();
  return emulated.database;
});
