/**
 * Measures what pieces of work consume: DynamoDB's request units, calls, processor time, log lines.
 * Writes are counted by DynamoDB's own answer (ReturnConsumedCapacity); reads by the size of what was
 * read, because the emulator answers one flat unit for each, however much it reads.
 */
import type { CapacityMeter } from '../../functions/kit/dynamo-database.ts';
import type { Database, Item, Page, Value } from '../../shared/core/database.ts';
import { type Consumption, lambdaFacts } from './list-prices.ts';

/** What one piece of work took, on average. */
export interface Measured {
  readonly writeUnits: number;
  readonly readUnits: number;
  readonly databaseCalls: number;
  /** Milliseconds of this machine's processor. */
  readonly processorMs: number;
  readonly logBytes: number;
}

const mapped = (read: (of: (measured: Measured) => number) => number): Measured => ({
  writeUnits: read(({ writeUnits }) => writeUnits),
  readUnits: read(({ readUnits }) => readUnits),
  databaseCalls: read(({ databaseCalls }) => databaseCalls),
  processorMs: read(({ processorMs }) => processorMs),
  logBytes: read(({ logBytes }) => logBytes),
});

/** The mean of several measurements of the same work. */
export const meanOf = (samples: readonly Measured[]): Measured =>
  mapped((of) => samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length);

/** What each of `count` things adds to work that was measured without and with them. */
export const shareOf = (without: Measured, withThem: Measured, count: number): Measured =>
  mapped((of) => Math.max(0, of(withThem) - of(without)) / count);

const readBlockBytes = 4_096;

/** Bytes of a value as DynamoDB counts them. */
const valueBytes = (value: Value | undefined): number => {
  if (value === undefined) return 0;
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (typeof value === 'bigint' || typeof value === 'number') {
    return Math.ceil(String(value).replace('-', '').length / 2) + 1;
  }
  if (value === null || typeof value === 'boolean') return 1;
  const members = Array.isArray(value)
    ? value.map((each: Value) => valueBytes(each))
    : Object.entries(value).map(([name, each]) => Buffer.byteLength(name) + valueBytes(each));
  return members.reduce((sum, bytes) => sum + 1 + bytes, 3);
};

/** Bytes of an item as DynamoDB counts them, for requests and for storage. */
export const itemBytes = (item: Item): number =>
  Object.entries(item).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + valueBytes(value),
    0,
  );

const blocks = (bytes: number): number => Math.max(1, Math.ceil(bytes / readBlockBytes));
const blocksOfEach = (items: readonly Item[]): number =>
  items.reduce((sum, item) => sum + blocks(itemBytes(item)), 0);
const blocksOfPage = ({ items }: Page): number =>
  blocks(items.reduce((sum, item) => sum + itemBytes(item), 0));

/** Half a unit: what reading a block costs where it need not be the newest. */
const eventually = 0.5;

export interface Meter {
  /** To be given to the database that `database` wraps. */
  readonly onCapacity: CapacityMeter;
  /** Told the bytes of each line that is logged. */
  readonly onLogged: (bytes: number) => void;
  /** A database that counts what passes through it. */
  database(inner: Database): Database;
  /** Runs the work so many times and answers with the mean. */
  measure(times: number, work: () => Promise<unknown>): Promise<Measured>;
}

interface Counters {
  writeUnits: number;
  readUnits: number;
  databaseCalls: number;
  logBytes: number;
}

const countReads = (inner: Database, counters: Counters): Database => {
  const read = async <Found>(
    units: (found: Found) => number,
    send: () => Promise<Found>,
  ): Promise<Found> => {
    const found = await send();
    counters.databaseCalls += 1;
    counters.readUnits += units(found);
    return found;
  };
  const write = <Answer>(send: () => Promise<Answer>): Promise<Answer> => {
    counters.databaseCalls += 1;
    return send();
  };
  return {
    get: (table, key) =>
      read(
        (item) => (item ? blocks(itemBytes(item)) : 1),
        () => inner.get(table, key),
      ),
    // A key without an item is a read of its own.
    getMany: (table, keys) =>
      read(
        (items) => blocksOfEach(items) + keys.length - items.length,
        () => inner.getMany(table, keys),
      ),
    getTogether: (table, keys) =>
      read(
        (items) => 2 * items.reduce((sum, item) => sum + (item ? blocks(itemBytes(item)) : 1), 0),
        () => inner.getTogether(table, keys),
      ),
    query: (table, query) =>
      read(
        (page) => blocksOfPage(page) * (query.index === undefined ? 1 : eventually),
        () => inner.query(table, query),
      ),
    scan: (table, segment) =>
      read(
        (page) => blocksOfPage(page) * eventually,
        () => inner.scan(table, segment),
      ),
    write: (one) => write(() => inner.write(one)),
    transact: (writes, token) => write(() => inner.transact(writes, token)),
  };
};

export const createMeter = (): Meter => {
  const counters: Counters = { writeUnits: 0, readUnits: 0, databaseCalls: 0, logBytes: 0 };
  return {
    onCapacity: (operation, _table, units) => {
      if (operation === 'write') counters.writeUnits += units;
    },
    onLogged: (bytes) => {
      counters.logBytes += bytes;
    },
    database: (inner) => countReads(inner, counters),
    measure: async (times, work) => {
      const before = { ...counters };
      const processorBefore = process.cpuUsage();
      for (let turn = 0; turn < times; turn += 1) await work();
      const { user, system } = process.cpuUsage(processorBefore);
      return {
        writeUnits: (counters.writeUnits - before.writeUnits) / times,
        readUnits: (counters.readUnits - before.readUnits) / times,
        databaseCalls: (counters.databaseCalls - before.databaseCalls) / times,
        processorMs: (user + system) / 1_000 / times,
        logBytes: (counters.logBytes - before.logBytes) / times,
      };
    },
  };
};

/**
 * Milliseconds that Lambda bills: this machine's processor time at the share of a processor that the
 * function has, and the waits for the database one after the other, though some run together.
 */
export const billedMs = (
  { processorMs, databaseCalls }: Measured,
  memoryMib: number = lambdaFacts.memoryMib,
): number =>
  (processorMs * lambdaFacts.wholeProcessorMib) / memoryMib +
  databaseCalls * lambdaFacts.databaseCallMs;

/** What measured work costs that so many invocations with this memory did, as numbers of priced units. */
export const consumedBy = (
  measured: Measured,
  invocations: number,
  memoryMib: number = lambdaFacts.memoryMib,
): Consumption => ({
  write: measured.writeUnits,
  read: measured.readUnits,
  invocation: invocations,
  gibSecond: (billedMs(measured, memoryMib) / 1_000) * (memoryMib / 1_024),
  loggedGib: measured.logBytes / 1024 ** 3,
});
