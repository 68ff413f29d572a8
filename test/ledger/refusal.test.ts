/** What a refused transaction means (L12): one row per combination of reasons. */
import { BugError } from '../../shared/core/assert.ts';
import { type Item, type RefusalReason, WriteRefused } from '../../shared/core/database.ts';
import { emptyBalance } from '../../shared/ledger/balance.ts';
import { planGrant } from '../../shared/ledger/grant.ts';
import { readRefusal } from '../../shared/ledger/refusal.ts';
import { startMs } from '../support/runtime.ts';

const { transfer, writes } = planGrant({
  grantId: 'grt_1',
  organisation: 'org_a',
  units: 5n,
  reason: 'welcome',
  nowMs: startMs,
  customer: emptyBalance('cust:org_a'),
  debt: emptyBalance('debt:org_a'),
});
const [T, cust] = [0, writes.findIndex(({ key }) => key.pk.startsWith('A#cust:'))];

const refusal = (reasons: Readonly<Record<number, RefusalReason>>, stored?: Item) =>
  new WriteRefused(
    writes.map((_, index) => reasons[index] ?? 'none'),
    writes.map((_, index) => (index === T ? stored : undefined)),
  );

const item = (cause: string, legs: Item['legs'] = []): Item => ({ pk: 'T#', sk: 'T', cause, legs });
const read = (refused: WriteRefused) => readRefusal(refused, writes, [transfer]);

it.each([
  ['a condition on a balance', refusal({ [cust]: 'condition' }), 'decide_again'],
  ['a conflict alone', refusal({ [cust]: 'conflict' }), 'decide_again'],
  ['throttling alone', refusal({ [T]: 'throttled' }), 'decide_again'],
  ['a conflict on the transfer', refusal({ [T]: 'conflict' }), 'decide_again'],
  ['the transfer is there', refusal({ [T]: 'condition' }, item(transfer.cause)), 'already_done'],
  [
    'the transfer is there, with other legs',
    refusal({ [T]: 'condition' }, item(transfer.cause, [{ account: 'cust:org_a', units: 1n }])),
    'already_done',
  ],
  [
    'the transfer is there, and a balance moved',
    refusal({ [T]: 'condition', [cust]: 'condition' }, item(transfer.cause)),
    'already_done',
  ],
] as const)('%s', (_, refused, meaning) => {
  expect(read(refused)).toBe(meaning);
});

it('is an alarm when the transfer is there with another cause', () => {
  const other = refusal({ [T]: 'condition' }, item('something else'));
  expect(() => read(other)).toThrow(BugError);
});

it('is an alarm when it is of other writes', () => {
  expect(() => read(new WriteRefused(['condition'], [undefined]))).toThrow(BugError);
});
