/** Many at once: no credit is spent twice, and one id is one fact (L4, L5). */
import { commit } from '../../functions/kit/transaction.ts';
import { BugError } from '../../shared/core/assert.ts';
import { WriteRefused } from '../../shared/core/database.ts';
import { Fixture, million } from '../simulation/ledger/fixture.ts';

const count = (outcomes: readonly string[], name: string) =>
  outcomes.filter((outcome) => outcome === name).length;

it('100 parallel holds against credit for 60 take exactly 60 (L4)', async () => {
  const fixture = new Fixture();
  await fixture.grant('grt_1', 120n * million);
  const decisions = await Promise.all(
    Array.from({ length: 100 }, (_, index) => fixture.planHold(`clu_${index}`)),
  );
  const outcomes = await Promise.all(
    decisions.map(async (decision) => {
      if (decision.outcome !== 'held') return decision.outcome;
      return commit(fixture.runtime, decision.writes).then(
        () => 'held',
        (error: unknown) => (error instanceof WriteRefused ? 'refused' : String(error)),
      );
    }),
  );
  expect([count(outcomes, 'held'), count(outcomes, 'refused')]).toEqual([60, 40]);
  expect((await fixture.balance('cust:org_payer')).available).toBe(0n);
  expect(await fixture.broken()).toEqual([]);
});

it('one grant told 50 times at once is created once and the same 49 times (L5)', async () => {
  const fixture = new Fixture();
  const told = await Promise.all(Array.from({ length: 50 }, () => fixture.grant('grt_1', million)));
  const outcomes = told.map(({ outcome }) => outcome);
  expect([count(outcomes, 'committed'), count(outcomes, 'already_done')]).toEqual([1, 49]);
  expect(await fixture.units('cust:org_payer')).toBe(million);
});

it('the same id with another cause is an alarm and changes nothing (L5)', async () => {
  const fixture = new Fixture();
  await fixture.grant('grt_1', million);
  const before = fixture.runtime.database.snapshot();
  await expect(fixture.grant('grt_1', 2n * million)).rejects.toThrow(BugError);
  await expect(fixture.grant('grt_1', million, 'org_other')).rejects.toThrow(BugError);
  expect(fixture.runtime.database.snapshot()).toEqual(before);
});

it('contention that does not end is answered as unavailable, with nothing written', async () => {
  const fixture = new Fixture();
  fixture.runtime.database.faultOf = () => 'conflict';
  await expect(fixture.grant('grt_1', million)).rejects.toMatchObject({
    code: 'platform.unavailable',
  });
  expect(fixture.runtime.database.all('ledger')).toEqual([]);
});
