/**
 * What every database port must do, as one suite: the memory database of the unit tests and DynamoDB
 * both pass it, so that a test on the one says something about the other.
 */

import {
  type Condition,
  type Database,
  type Item,
  type Key,
  type Write,
  WriteRefused,
} from '../../shared/core/database.ts';
import { AppError } from '../../shared/core/errors.ts';
import { sha256Hex } from '../../shared/core/hash.ts';

const at = (pk: string, sk = 'X'): Key => ({ pk, sk });

const put = (key: Key, attributes: Extract<Write, { kind: 'put' }>['attributes'] = {}): Write => ({
  kind: 'put',
  table: 'devices',
  key,
  attributes,
  condition: {},
});

const refusalOf = async (work: Promise<unknown>): Promise<WriteRefused> => {
  const outcome = await work.then(
    () => 'nothing was refused',
    (error: unknown) => error,
  );
  expect(outcome).toBeInstanceOf(WriteRefused);
  return outcome as WriteRefused;
};

/** Every condition with an item that it holds for and those that it must refuse. */
const conditionCases: readonly (readonly [
  string,
  Condition,
  { readonly holds: readonly (Item | undefined)[]; readonly fails: readonly (Item | undefined)[] },
])[] = (() => {
  const item = (attributes: object): Item => ({ ...at('C'), ...attributes });
  const absent = undefined;
  return [
    ['exists', { exists: true }, { holds: [item({})], fails: [absent] }],
    ['exists not', { exists: false }, { holds: [absent], fails: [item({})] }],
    [
      'equals a text',
      { equals: { a: 'x' } },
      { holds: [item({ a: 'x' })], fails: [absent, item({}), item({ a: 'y' }), item({ a: 1 })] },
    ],
    [
      'equals a number',
      { equals: { a: 7 } },
      {
        holds: [item({ a: 7 }), item({ a: 7n })],
        fails: [absent, item({ a: 8 }), item({ a: '7' })],
      },
    ],
    [
      'equals a truth value',
      { equals: { a: false } },
      { holds: [item({ a: false })], fails: [absent, item({}), item({ a: true }), item({ a: 0 })] },
    ],
    [
      'is at least',
      { atLeast: { a: 5 } },
      {
        holds: [item({ a: 5 }), item({ a: 10n ** 27n })],
        fails: [absent, item({}), item({ a: 4 }), item({ a: '5' })],
      },
    ],
    [
      'is at most',
      { atMost: { a: 5n } },
      {
        holds: [item({ a: 5 }), item({ a: -(10n ** 27n) })],
        fails: [absent, item({}), item({ a: 6 }), item({ a: '5' })],
      },
    ],
    [
      'is at most or absent',
      { atMostOrAbsent: { a: 5n, b: 1 } },
      {
        holds: [absent, item({}), item({ a: 5 }), item({ a: 4, b: 1 })],
        fails: [item({ a: 6 }), item({ b: 2 }), item({ a: '5' }), item({ a: 5, b: 2 })],
      },
    ],
    [
      'lacks',
      { missing: ['a'] },
      { holds: [absent, item({}), item({ b: 1 })], fails: [item({ a: 1 }), item({ a: null })] },
    ],
    [
      'all at once',
      { exists: true, equals: { a: 1 }, atLeast: { b: 2 }, missing: ['c'] },
      {
        holds: [item({ a: 1, b: 2 })],
        fails: [item({ a: 1, b: 1 }), item({ a: 1, b: 2, c: 3 }), item({ a: 2, b: 2 })],
      },
    ],
    [
      'any of',
      { anyOf: [{ missing: ['a'] }, { atMost: { a: 3 } }] },
      { holds: [absent, item({}), item({ a: 3 })], fails: [item({ a: 4 })] },
    ],
    [
      'a part and any of',
      { equals: { b: 1 }, anyOf: [{ equals: { a: 1 } }, { equals: { a: 2 }, missing: ['c'] }] },
      {
        holds: [item({ a: 1, b: 1, c: 1 }), item({ a: 2, b: 1 })],
        fails: [item({ a: 1 }), item({ a: 2, b: 1, c: 1 }), item({ a: 3, b: 1 })],
      },
    ],
  ];
})();

/** Runs the suite; every test starts with empty tables. */
export const databaseContract = (
  name: string,
  makeDatabase: () => Promise<Database> | Database,
): void => {
  let database: Database;
  /** A key that no other test uses, for a database that tests share. */
  const unique = (): string => sha256Hex(expect.getState().currentTestName ?? '').slice(0, 12);
  const only = (work: Write) => database.write(work);

  describe(`${name} as a database`, () => {
    beforeAll(async () => {
      database = await makeDatabase();
    });

    describe('conditions', () => {
      for (const [what, condition, { holds, fails }] of conditionCases) {
        it(`lets a write happen exactly when the item ${what}`, async () => {
          const key = at(unique());
          const seed = (item: Item | undefined): Write => {
            if (!item) return { kind: 'delete', table: 'devices', key, condition: {} };
            const { pk: _pk, sk: _sk, ...attributes } = item;
            return put(key, attributes);
          };
          for (const item of holds) {
            await only(seed(item));
            await only({ ...put(key, { written: 1 }), condition });
            expect(await database.get('devices', key)).toEqual({ ...key, written: 1n });
            await only(seed(item));
            await only({ kind: 'delete', table: 'devices', key, condition });
            expect(await database.get('devices', key)).toBeUndefined();
          }
          for (const item of fails) {
            await only(seed(item));
            const before = await database.get('devices', key);
            const refusal = await refusalOf(only({ ...put(key, { written: 1 }), condition }));
            expect(refusal.reasons).toEqual(['condition']);
            expect(refusal.items).toEqual([before]);
            expect(refusal.transient).toBe(false);
            await refusalOf(
              only({ kind: 'update', table: 'devices', key, set: { written: 1 }, condition }),
            );
            expect(await database.get('devices', key)).toEqual(before);
          }
        });
      }
    });

    describe('values', () => {
      it('come back as they were, whole numbers as bigint, undefined as absent', async () => {
        const key = at(unique());
        const attributes = {
          text: 'é',
          empty: '',
          yes: true,
          none: null,
          list: [1, 'a', [2n]],
          map: { inner: { count: 3 }, gone: undefined },
          count: 4,
          gone: undefined,
        };
        await only(put(key, attributes));
        expect(await database.get('devices', key)).toEqual({
          ...key,
          text: 'é',
          empty: '',
          yes: true,
          none: null,
          list: [1n, 'a', [2n]],
          map: { inner: { count: 3n } },
          count: 4n,
        });
      });

      it('are exact up to 10^27 either way', async () => {
        const key = at(unique());
        const large = 10n ** 27n;
        for (const amount of [large, large - 1n, -large, 2n ** 53n + 1n, 0n, -1n]) {
          await only(put(key, { amount }));
          expect((await database.get('devices', key))?.['amount']).toBe(amount);
        }
        await only(put(key, { amount: large - 1n }));
        const after = await only({
          kind: 'update',
          table: 'devices',
          key,
          add: { amount: 1 },
          condition: { atLeast: { amount: large - 1n }, atMost: { amount: large - 1n } },
        });
        expect(after?.['amount']).toBe(large);
      });

      it('are replaced as a whole by a put', async () => {
        const key = at(unique());
        await only(put(key, { a: 1 }));
        await only(put(key, { b: 2 }));
        expect(await database.get('devices', key)).toEqual({ ...key, b: 2n });
      });

      it('are not there before they are written, nor after a delete, which may be repeated', async () => {
        const key = at(unique());
        expect(await database.get('devices', key)).toBeUndefined();
        await only(put(key));
        const end: Write = { kind: 'delete', table: 'devices', key, condition: {} };
        expect(await only(end)).toBeUndefined();
        await only(end);
        expect(await database.get('devices', key)).toBeUndefined();
      });
    });

    describe('updates', () => {
      const update = (key: Key, parts: object): Write =>
        ({ kind: 'update', table: 'devices', key, condition: {}, ...parts }) as Write;

      it('make the item where there is none, and answer it', async () => {
        const key = at(unique());
        const after = await only(update(key, { set: { a: 'x', gone: undefined }, add: { n: 2 } }));
        expect(after).toEqual({ ...key, a: 'x', n: 2n });
        expect(await database.get('devices', key)).toEqual(after);
      });

      it('leave the other attributes alone', async () => {
        const key = at(unique());
        await only(put(key, { a: 1, b: 2, c: 3 }));
        const after = await only(update(key, { set: { a: 9 }, remove: ['b', 'never'] }));
        expect(after).toEqual({ ...key, a: 9n, c: 3n });
      });

      it('add and take away, counting from 0', async () => {
        const key = at(unique());
        await only(update(key, { add: { n: 5n } }));
        const after = await only(update(key, { add: { n: -7 } }));
        expect(after?.['n']).toBe(-2n);
      });

      it('of nothing, or of one attribute twice, are errors', async () => {
        const key = at(unique());
        await expect(only(update(key, { set: { a: undefined } }))).rejects.toThrow();
        await expect(only(update(key, { set: { a: 1 }, remove: ['a'] }))).rejects.toThrow();
      });
    });

    describe('reads of several items', () => {
      it('find what is there, in any order', async () => {
        const pk = unique();
        for (const sk of ['1', '2', '3']) await only(put(at(pk, sk)));
        const found = await database.getMany(
          'devices',
          ['3', '1', 'no'].map((sk) => at(pk, sk)),
        );
        expect(found.map(({ sk }) => sk).sort()).toEqual(['1', '3']);
        expect(await database.getMany('devices', [])).toEqual([]);
      });

      it('at one instant keep the order of the keys and the gaps', async () => {
        const pk = unique();
        for (const sk of ['1', '2']) await only(put(at(pk, sk), { n: Number(sk) }));
        const found = await database.getTogether(
          'devices',
          ['2', 'no', '1'].map((sk) => at(pk, sk)),
        );
        expect(found).toEqual([{ ...at(pk, '2'), n: 2n }, undefined, { ...at(pk, '1'), n: 1n }]);
      });

      it('are of 100 different keys at most', async () => {
        const many = Array.from({ length: 101 }, (_, index) => at(unique(), String(index)));
        await expect(database.getMany('devices', many)).rejects.toThrow();
        await expect(database.getTogether('devices', many)).rejects.toThrow();
        await expect(database.getMany('devices', [at('a'), at('a')])).rejects.toThrow();
        await expect(database.getTogether('devices', [])).rejects.toThrow();
      });
    });

    describe('queries', () => {
      const sorts = ['A#1', 'A#2', 'A#3', 'B#1', 'B#2'];
      const fill = async (pk: string) => {
        for (const sk of [...sorts].reverse()) await only(put(at(pk, sk), { of: sk }));
        await only(put(at(`${pk}#other`, 'A#1')));
      };
      const ask = async (query: object) => {
        const page = await database.query('devices', { pk: unique(), limit: 100, ...query });
        return page.items.map(({ sk }) => sk);
      };

      it('read one partition in order, either way', async () => {
        await fill(unique());
        expect(await ask({})).toEqual(sorts);
        expect(await ask({ descending: true })).toEqual([...sorts].reverse());
        expect(await ask({ pk: 'nobody' })).toEqual([]);
      });

      it('keep to a prefix and to inclusive bounds', async () => {
        await fill(unique());
        expect(await ask({ skPrefix: 'A#' })).toEqual(['A#1', 'A#2', 'A#3']);
        expect(await ask({ skFrom: 'A#3' })).toEqual(['A#3', 'B#1', 'B#2']);
        expect(await ask({ skTo: 'A#2' })).toEqual(['A#1', 'A#2']);
        expect(await ask({ skFrom: 'A#2', skTo: 'B#1' })).toEqual(['A#2', 'A#3', 'B#1']);
        expect(await ask({ skFrom: 'A#2', skTo: 'B#1', descending: true })).toEqual([
          'B#1',
          'A#3',
          'A#2',
        ]);
      });

      it('page through everything once, and say truly where the end is', async () => {
        const pk = unique();
        await fill(pk);
        for (const descending of [false, true]) {
          for (const limit of [1, 2, 3, 5, 6]) {
            const seen: string[] = [];
            let cursor: string | undefined;
            let pages = 0;
            do {
              const page = await database.query('devices', { pk, limit, descending, cursor });
              seen.push(...page.items.map(({ sk }) => sk));
              cursor = page.next;
              pages += 1;
            } while (cursor !== undefined && pages < 10);
            expect(seen).toEqual(descending ? [...sorts].reverse() : sorts);
            expect(pages).toBe(Math.ceil(sorts.length / limit));
          }
        }
      });

      it('go on after a cursor whose item has gone', async () => {
        const pk = unique();
        await fill(pk);
        const first = await database.query('devices', { pk, limit: 2 });
        await only({ kind: 'delete', table: 'devices', key: at(pk, 'A#2'), condition: {} });
        const second = await database.query('devices', { pk, limit: 9, cursor: first.next });
        expect(second.items.map(({ sk }) => sk)).toEqual(['A#3', 'B#1', 'B#2']);
      });

      it('refuse a cursor of another partition, of other bounds, or of nobody', async () => {
        const pk = unique();
        await fill(pk);
        const { next } = await database.query('devices', { pk, limit: 1 });
        const text = (key: object) => Buffer.from(JSON.stringify(key)).toString('base64url');
        const foreign = [
          { pk: `${pk}#other`, limit: 1, cursor: next },
          { pk, limit: 1, skPrefix: 'B#', cursor: next },
          { pk, limit: 1, skFrom: 'B#1', cursor: next },
          { pk, limit: 1, cursor: 'nonsense' },
          { pk, limit: 1, cursor: text([]) },
          { pk, limit: 1, cursor: text({ pk }) },
          { pk, limit: 1, cursor: text({ pk, sk: '' }) },
          { pk, limit: 1, cursor: text({ pk, sk: 'A#1', more: 'x' }) },
          { index: 'by_owner', pk, limit: 1, cursor: next },
        ];
        for (const query of foreign) {
          const outcome = await database.query('devices', query).catch((error: unknown) => error);
          expect(outcome).toBeInstanceOf(AppError);
          expect((outcome as AppError).code).toBe('request.malformed');
        }
      });

      it('are of 1 to 1000 items and of an index that exists', async () => {
        const query = (parts: object) => database.query('devices', { pk: 'x', limit: 1, ...parts });
        await expect(query({ limit: 0 })).rejects.toThrow('1 to 1000');
        await expect(query({ limit: 1001 })).rejects.toThrow('1 to 1000');
        await expect(query({ index: 'by_nothing' })).rejects.toThrow('no index');
      });
    });

    describe('indexes', () => {
      it('list the items that have both attributes, in their order, page by page', async () => {
        const owner = unique();
        await only(put(at(`${owner}1`), { owner, owner_sk: 'DEV#2' }));
        await only(put(at(`${owner}2`), { owner, owner_sk: 'DEV#1', extra: 5 }));
        await only(put(at(`${owner}3`), { owner }));
        await only(put(at(`${owner}4`), { owner_sk: 'DEV#3' }));
        await only(put(at(`${owner}5`), { owner, owner_sk: 'SITE#1' }));
        const ask = (query: object) =>
          database.query('devices', { index: 'by_owner', pk: owner, limit: 10, ...query });
        const devices = await ask({ skPrefix: 'DEV#' });
        expect(devices.items.map((item) => item['owner_sk'])).toEqual(['DEV#1', 'DEV#2']);
        expect(devices.items[0]).toMatchObject({ pk: `${owner}2`, extra: 5n });
        const first = await ask({ limit: 2, descending: true });
        const second = await ask({ limit: 2, descending: true, cursor: first.next });
        expect([...first.items, ...second.items].map((item) => item['owner_sk'])).toEqual([
          'SITE#1',
          'DEV#2',
          'DEV#1',
        ]);
        expect(second.next).toBeUndefined();
      });

      it('page through items of one sort key without losing or repeating one', async () => {
        const owner = unique();
        const pks = ['a', 'b', 'c', 'd', 'e'].map((letter) => `${owner}${letter}`);
        for (const pk of pks) await only(put(at(pk), { owner, owner_sk: 'SAME' }));
        const seen: string[] = [];
        let cursor: string | undefined;
        do {
          const page = await database.query('devices', {
            index: 'by_owner',
            pk: owner,
            limit: 2,
            cursor,
          });
          seen.push(...page.items.map(({ pk }) => pk));
          cursor = page.next;
        } while (cursor !== undefined && seen.length < 20);
        expect(seen.sort()).toEqual(pks);
      });

      it('drop an item whose attribute is removed', async () => {
        const owner = unique();
        await only(put(at(owner), { owner, owner_sk: 'DEV#1' }));
        await only({
          kind: 'update',
          table: 'devices',
          key: at(owner),
          remove: ['owner'],
          condition: {},
        });
        const page = await database.query('devices', { index: 'by_owner', pk: owner, limit: 5 });
        expect(page.items).toEqual([]);
      });

      it('give the keys alone where only the keys are projected', async () => {
        const maturity = unique();
        const attributes = { maturity_pk: maturity, maturity_sk: '1', amount: 5 };
        await only({ ...put(at(maturity), attributes), table: 'ledger' });
        const page = await database.query('ledger', {
          index: 'by_maturity',
          pk: maturity,
          limit: 5,
        });
        expect(page.items).toEqual([{ ...at(maturity), maturity_pk: maturity, maturity_sk: '1' }]);
      });

      it('refuse an attribute that is no text', async () => {
        await expect(only(put(at(unique()), { owner: null, owner_sk: 'x' }))).rejects.toThrow();
        await expect(only(put(at(unique()), { owner: 'x', owner_sk: 5 }))).rejects.toThrow();
      });
    });

    describe('transactions', () => {
      let tokens = 0;
      const token = () => {
        tokens += 1;
        return sha256Hex(`${unique()} ${tokens}`).slice(0, 36);
      };

      it('write everything, across tables', async () => {
        const pk = unique();
        await only(put(at(pk, 'old'), { n: 1 }));
        await only(put(at(pk, 'gone')));
        await database.transact(
          [
            put(at(pk, 'new'), { a: 1 }),
            { kind: 'update', table: 'devices', key: at(pk, 'old'), add: { n: 1 }, condition: {} },
            { kind: 'delete', table: 'devices', key: at(pk, 'gone'), condition: { exists: true } },
            { kind: 'check', table: 'devices', key: at(pk, 'never'), condition: { exists: false } },
            { ...put(at(pk, 'new')), table: 'ledger' },
          ],
          token(),
        );
        const page = await database.query('devices', { pk, limit: 10 });
        expect(page.items).toEqual([
          { ...at(pk, 'new'), a: 1n },
          { ...at(pk, 'old'), n: 2n },
        ]);
        expect(await database.get('ledger', at(pk, 'new'))).toEqual(at(pk, 'new'));
      });

      it('write nothing when one condition fails, and say which with its item', async () => {
        const pk = unique();
        await only(put(at(pk, 'there'), { n: 1 }));
        const refusal = await refusalOf(
          database.transact(
            [
              put(at(pk, 'first')),
              { ...put(at(pk, 'there')), condition: { exists: false } },
              { kind: 'check', table: 'devices', key: at(pk, 'none'), condition: { exists: true } },
            ],
            token(),
          ),
        );
        expect(refusal.reasons).toEqual(['none', 'condition', 'condition']);
        expect(refusal.items).toEqual([undefined, { ...at(pk, 'there'), n: 1n }, undefined]);
        expect([0, 1, 2].map((place) => refusal.failedAt(place))).toEqual([false, true, true]);
        expect(await database.get('devices', at(pk, 'first'))).toBeUndefined();
      });

      it('happen once per token', async () => {
        const pk = unique();
        const writes: readonly Write[] = [
          { kind: 'update', table: 'devices', key: at(pk), add: { n: 1 }, condition: {} },
        ];
        const same = token();
        await database.transact(writes, same);
        await database.transact(writes, same);
        expect((await database.get('devices', at(pk)))?.['n']).toBe(1n);
        await database.transact(writes, token());
        expect((await database.get('devices', at(pk)))?.['n']).toBe(2n);
      });

      it('may be tried again with the token of a refused one', async () => {
        const pk = unique();
        const writes: readonly Write[] = [{ ...put(at(pk)), condition: { equals: { n: 1 } } }];
        const same = token();
        await refusalOf(database.transact(writes, same));
        await only(put(at(pk), { n: 1 }));
        await database.transact(writes, same);
        expect(await database.get('devices', at(pk))).toEqual(at(pk));
      });

      it('take a hundred writes', async () => {
        const pk = unique();
        const writes = Array.from({ length: 100 }, (_, index) => put(at(pk, String(index))));
        await database.transact(writes, token());
        expect((await database.query('devices', { pk, limit: 200 })).items).toHaveLength(100);
      });
    });

    describe('scans', () => {
      it('meet every item once over all segments', async () => {
        const pk = unique();
        const sorts = Array.from({ length: 25 }, (_, index) => String(index).padStart(2, '0'));
        for (const sk of sorts) await only({ ...put(at(`${pk}${sk}`, sk)), table: 'presence' });
        const seen: string[] = [];
        for (let index = 0; index < 4; index += 1) {
          let cursor: string | undefined;
          do {
            const page = await database.scan('presence', { index, count: 4, cursor });
            seen.push(...page.items.filter((item) => item.pk.startsWith(pk)).map(({ sk }) => sk));
            cursor = page.next;
          } while (cursor !== undefined);
        }
        expect(seen.sort()).toEqual(sorts);
      });
    });
  });
};
