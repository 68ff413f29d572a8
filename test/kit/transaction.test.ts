/** commit: all or nothing, once, through contention and lost answers. */
import { type CommitRuntime, commit, writesMax } from '../../functions/kit/transaction.ts';
import { type Write, WriteRefused } from '../../shared/core/database.ts';
import { AppError } from '../../shared/core/errors.ts';
import { type Fault, MemoryDatabase } from '../support/memory-database.ts';
import { seededRandomness } from '../support/runtime.ts';

const addOne = (pk = 'counter'): Write => ({
  kind: 'update',
  table: 'ledger',
  key: { pk, sk: 'X' },
  add: { n: 1 },
  condition: {},
});

const setup = (faults: readonly Fault[] = []) => {
  const database = new MemoryDatabase();
  const left = [...faults];
  database.faultOf = () => left.shift() ?? 'none';
  const pauses: number[] = [];
  const tokens: string[] = [];
  const transact = database.transact.bind(database);
  database.transact = (writes, token) => {
    tokens.push(token);
    return transact(writes, token);
  };
  const runtime: CommitRuntime = {
    database,
    randomness: seededRandomness('commit'),
    pause: async (milliseconds) => {
      pauses.push(milliseconds);
    },
  };
  const count = async () => (await database.get('ledger', { pk: 'counter', sk: 'X' }))?.['n'];
  return { runtime, pauses, tokens, count };
};

describe('commit', () => {
  it('has one effect when conflicts and lost requests go before', async () => {
    const { runtime, count, pauses, tokens } = setup(['conflict', 'lost_request', 'conflict']);
    await commit(runtime, [addOne()]);
    expect(await count()).toBe(1n);
    expect(pauses).toHaveLength(3);
    expect(new Set(tokens).size).toBe(1);
  });

  it('has one effect when the answer is lost, for the repeat carries the same token', async () => {
    const { runtime, count, tokens } = setup(['lost_answer']);
    await commit(runtime, [addOne()]);
    expect(await count()).toBe(1n);
    expect(tokens).toHaveLength(2);
    expect(tokens[0]).toMatch(/^[0-9A-Z]{32}$/);
  });

  it('has two effects when asked twice, for each call has a token of its own', async () => {
    const { runtime, count } = setup();
    await commit(runtime, [addOne()]);
    await commit(runtime, [addOne()]);
    expect(await count()).toBe(2n);
  });

  it('gives up after six tries with a refusal that tells when to come again', async () => {
    const { runtime, count, tokens, pauses } = setup(Array.from({ length: 9 }, () => 'conflict'));
    const error = await commit(runtime, [addOne()]).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AppError);
    expect(error).toMatchObject({
      code: 'platform.unavailable',
      options: { retryAfterSeconds: 1 },
    });
    expect(tokens).toHaveLength(6);
    expect(pauses.every((pause, index) => pause <= 20 * 2 ** (index + 1))).toBe(true);
    expect(await count()).toBeUndefined();
  });

  it('never repeats what a condition refused', async () => {
    const { runtime, tokens } = setup();
    const refused = { ...addOne('other'), condition: { exists: true } };
    const error = await commit(runtime, [addOne(), refused]).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(WriteRefused);
    expect((error as WriteRefused).reasons).toEqual(['none', 'condition']);
    expect(tokens).toHaveLength(1);
  });

  it('lets a bug through at once', async () => {
    const { runtime, tokens } = setup();
    runtime.database.transact = async () => {
      tokens.push('x');
      throw new RangeError('a bug');
    };
    await expect(commit(runtime, [addOne()])).rejects.toThrow(RangeError);
    expect(tokens).toHaveLength(1);
  });

  it('refuses nothing to write, too much to write, and an item twice', async () => {
    const { runtime } = setup();
    const many = Array.from({ length: writesMax + 1 }, (_, index) => addOne(String(index)));
    await expect(commit(runtime, [])).rejects.toThrow('a transaction of 0');
    await expect(commit(runtime, many)).rejects.toThrow('a transaction of 101');
    await expect(commit(runtime, [addOne(), addOne()])).rejects.toThrow('twice');
    await commit(runtime, many.slice(1));
  });
});
