/**
 * Guarantees of closing an hour when processes die: after a death at any write of any step, to the database or
 * to the bucket, done or not done, another execution leaves exactly what an undisturbed one leaves (R6); and two
 * executions at once leave that, too.
 */
import { listEpochs } from '../../../shared/rewards/epoch-store.ts';
import { TimeoutError } from '../../support/memory-database.ts';
import { Closing, epochId } from './closing.ts';

/** Both pools of receivers, new devices and old ones, some that earn nothing; two organisations. */
const anHour = async (): Promise<Closing> => {
  const closing = new Closing();
  await closing.add(1, { firstRewardedMs: null });
  await closing.add(2, { organisation: 2, device: { connectivityTier: 4 } });
  await closing.add(3, { organisation: 2, firstRewardedMs: null, hired: true });
  await closing.add(4, { proof: 'call_failed' });
  await closing.judged();
  return closing;
};

/** What is left of an hour: every item, and every object. */
const leftOf = (closing: Closing) => ({
  items: closing.database.snapshot(),
  objects: [...closing.objects.kept.keys()].sort(),
});

/** Counts writes of either kind; from the one with this number on, nothing happens any more. */
const dying = (closing: Closing, dies: number, fault: 'lost_request' | 'lost_answer') => {
  let writes = 0;
  const next = (): 'none' | 'lost_request' | 'lost_answer' => {
    writes += 1;
    if (writes <= dies) return 'none';
    return writes === dies + 1 ? fault : 'lost_request';
  };
  const put = closing.objects.put.bind(closing.objects);
  closing.database.faultOf = next;
  closing.objects.put = async (name, bytes) => {
    const fate = next();
    if (fate !== 'lost_request') await put(name, bytes);
    if (fate !== 'none') throw new TimeoutError('the bucket');
  };
  return {
    died: () => writes > dies,
    revive: () => {
      closing.database.faultOf = () => 'none';
      closing.objects.put = put;
    },
  };
};

describe('an hour whose closing dies', () => {
  it.each(['lost_request', 'lost_answer'] as const)(
    'ends as if it had not, wherever that was (%s)',
    async (fault) => {
      const reference = await anHour();
      await reference.execute();
      const expected = leftOf(reference);
      const deaths = new Set<string>();
      let dies = 0;
      for (let died = true; died; dies += 1) {
        const closing = await anHour();
        const process = dying(closing, dies, fault);
        await closing.execute().catch(() => undefined);
        died = process.died();
        process.revive();
        const [epoch] = (await listEpochs(closing.database, { limit: 1 })).epochs;
        deaths.add(epoch ? `${epoch.status} ${epoch.result !== null}` : 'before it was opened');
        await closing.execute();
        expect({ dies, ...leftOf(closing) }).toEqual({ dies, ...expected });
        expect(await closing.broken()).toEqual([]);
      }
      // Opening, 16 shards twice, parts, commit, posts, completion: a test that dies nowhere shows nothing.
      expect(dies).toBeGreaterThan(38);
      expect([...deaths].sort()).toEqual([
        ...(fault === 'lost_request' ? ['before it was opened'] : []),
        'completed true',
        'processing false',
        'processing true',
      ]);
    },
  );

  it('ends as if it had not when two executions close it at once', async () => {
    const reference = await anHour();
    await reference.execute();
    const closing = await anHour();
    await Promise.all([closing.execute(), closing.execute(), closing.execute()]);
    expect(leftOf(closing)).toEqual(leftOf(reference));
    expect(await closing.broken()).toEqual([]);
  });

  it('keeps the first snapshot, whatever has changed since', async () => {
    const reference = await anHour();
    await reference.execute();
    const closing = await anHour();
    await closing.step({ step: 'open-epoch' });
    for (let item = 0; item < 16; item += 1) {
      await closing.step({ step: 'snapshot-shard', epoch_id: epochId, item });
    }
    await closing.add(5);
    await closing.execute();
    expect((await closing.epoch()).result).toEqual((await reference.epoch()).result);
    expect(await closing.postings()).toEqual(await reference.postings());
  });
});
