/** What is counted, and what it costs: the figures in dollars rest on these rules. */
import type { Item } from '../../shared/core/database.ts';
import { MemoryDatabase } from '../support/memory-database.ts';
import { costUsd } from './list-prices.ts';
import { billedMs, createMeter, itemBytes, shareOf } from './meter.ts';

const key = { pk: 'p', sk: 's' };
/** An item of so many bytes beside its key, which has 6. */
const put = (database: MemoryDatabase, bytes: number, sk = 's') =>
  database.write({
    kind: 'put',
    table: 'devices',
    key: { pk: 'p', sk },
    attributes: { a: 'x'.repeat(bytes - 1) },
    condition: {},
  });

describe('the size of an item', () => {
  it('counts names and values as DynamoDB does', () => {
    const item: Item = {
      ...key,
      text: 'grün',
      big: 12_345n,
      yes: true,
      list: [1n],
      map: { a: 'b' },
    };
    // pk p, sk s; text 4 + 5; big 3 + 4; yes 3 + 1; list 4 + 3 + 1 + 2; map 3 + 3 + 1 + 1 + 1.
    expect(itemBytes(item)).toBe(6 + 9 + 7 + 4 + 10 + 9);
  });
});

describe('the meter', () => {
  it('charges reads by blocks of 4 KiB, half where they need not be the newest', async () => {
    const meter = createMeter();
    const inner = new MemoryDatabase();
    await put(inner, 4_090);
    await put(inner, 4_091, 't');
    const database = meter.database(inner);
    const units = async (work: () => Promise<unknown>) => (await meter.measure(2, work)).readUnits;
    expect(await units(() => database.get('devices', key))).toBe(1);
    expect(await units(() => database.get('devices', { pk: 'p', sk: 't' }))).toBe(2);
    expect(await units(() => database.get('devices', { pk: 'nobody', sk: 's' }))).toBe(1);
    const keys = [key, { pk: 'nobody', sk: 's' }];
    expect(await units(() => database.getMany('devices', keys))).toBe(2);
    expect(await units(() => database.getTogether('devices', keys))).toBe(4);
    expect(await units(() => database.query('devices', { pk: 'p', limit: 9 }))).toBe(3);
    expect(await units(() => database.scan('devices', { index: 0, count: 1 }))).toBe(1.5);
  });

  it("takes writes from the database's own answer, per time", async () => {
    const meter = createMeter();
    const measured = await meter.measure(4, async () => {
      meter.onCapacity('write', 'devices', 2);
      meter.onCapacity('get', 'devices', 7);
      meter.onLogged(100);
    });
    expect(measured).toMatchObject({ writeUnits: 2, readUnits: 0, logBytes: 100 });
  });
});

describe('a price', () => {
  const nothing = { writeUnits: 0, readUnits: 0, databaseCalls: 0, processorMs: 0, logBytes: 0 };

  it('is what the list says for a million units', () => {
    expect(costUsd({ write: 1_000_000, read: 2_000_000 })).toBeCloseTo(0.875, 12);
    expect(costUsd({ connectionMinute: 43_200 })).toBeCloseTo(0.0108, 12);
  });

  it('bills processor time at the share that a function has, and waits in full', () => {
    const measured = { ...nothing, processorMs: 512, databaseCalls: 3 };
    expect(billedMs(measured)).toBeCloseTo(1_769 + 15, 9);
  });

  it('of one among many is what it adds, never less than nothing', () => {
    const share = shareOf(
      { ...nothing, readUnits: 8, processorMs: 9 },
      { ...nothing, readUnits: 108, processorMs: 5 },
      50,
    );
    expect([share.readUnits, share.processorMs]).toEqual([2, 0]);
  });
});
