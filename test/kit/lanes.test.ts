/** Guarantees of work in lanes: everything is done once, and never more at a time than there are lanes. */
import { inLanes } from '../../functions/kit/lanes.ts';

/** Lets others go first. */
const yieldTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('work in lanes', () => {
  it('is done once for each item, no more than so many at a time', async () => {
    const items = Array.from({ length: 20 }, (_, index) => index);
    const done: number[] = [];
    let [running, most] = [0, 0];
    await inLanes(items, 3, async (item) => {
      running += 1;
      most = Math.max(most, running);
      await yieldTurn();
      running -= 1;
      done.push(item);
    });
    expect(done.sort((a, b) => a - b)).toEqual(items);
    expect(most).toBe(3);
  });

  it('rejects with what fails', async () => {
    const work = async (item: number) => {
      if (item === 2) throw new Error('two');
    };
    await expect(inLanes([1, 2, 3], 2, work)).rejects.toThrow('two');
    await inLanes([], 2, work);
  });
});
