/** Work on many things, some of them at once. */

/** Runs `work` for each item, `atOnce` at a time. Ends with the first failure, when what runs has ended. */
export const inParallel = async <Item>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<void>,
): Promise<void> => {
  let taken = 0;
  const worker = async (): Promise<void> => {
    while (taken < items.length) {
      const item = items[taken] as Item;
      taken += 1;
      await work(item);
    }
  };
  const workers = Array.from({ length: Math.min(atOnce, items.length) }, worker);
  const outcomes = await Promise.allSettled(workers);
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
};
