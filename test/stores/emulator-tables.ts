/** Every table of the platform on an emulator, made from the one list of tables. */
import {
  type AttributeDefinition,
  CreateTableCommand,
  DynamoDBClient,
  type KeySchemaElement,
} from '@aws-sdk/client-dynamodb';
import { type CapacityMeter, dynamoDatabase } from '../../functions/kit/dynamo-database.ts';
import {
  emulatorCredentials,
  emulatorRegion,
  findFreePort,
  startEmulator,
} from '../../local/emulator/emulator.ts';
import type { Database } from '../../shared/core/database.ts';
import { type TableName, tableShape, tables } from '../../shared/core/tables.ts';

export interface EmulatedDatabase {
  readonly database: Database;
  /** For what the port does not offer; tables have their own names. */
  readonly client: DynamoDBClient;
  stop(): Promise<void>;
}

const keySchema = (pk: string, sk: string): KeySchemaElement[] => [
  { AttributeName: pk, KeyType: 'HASH' },
  { AttributeName: sk, KeyType: 'RANGE' },
];

const createTable = async (client: DynamoDBClient, table: TableName): Promise<void> => {
  const indexes = Object.entries(tableShape(table).indexes);
  const attributes = new Set(['pk', 'sk', ...indexes.flatMap(([, { pk, sk }]) => [pk, sk])]);
  await client.send(
    new CreateTableCommand({
      TableName: table,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: keySchema('pk', 'sk'),
      AttributeDefinitions: [...attributes].map(
        (name): AttributeDefinition => ({ AttributeName: name, AttributeType: 'S' }),
      ),
      ...(indexes.length === 0
        ? {}
        : {
            GlobalSecondaryIndexes: indexes.map(([IndexName, { pk, sk, projection }]) => ({
              IndexName,
              KeySchema: keySchema(pk, sk),
              Projection: { ProjectionType: projection },
            })),
          }),
    }),
  );
};

/**
 * Starts an emulator of its own on a free port, with all tables and nothing in them. `meter` is told
 * what each call consumed.
 */
export const startDatabase = async (meter?: CapacityMeter): Promise<EmulatedDatabase> => {
  const emulator = await startEmulator({ port: await findFreePort() });
  const client = new DynamoDBClient({
    endpoint: emulator.endpoint,
    region: emulatorRegion,
    credentials: emulatorCredentials,
  });
  await Promise.all(
    (Object.keys(tables) as TableName[]).map((table) => createTable(client, table)),
  );
  return {
    client,
    database: dynamoDatabase(client, (table) => table, meter),
    stop: async () => {
      client.destroy();
      await emulator.stop();
    },
  };
};
