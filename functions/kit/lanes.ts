/** Work that is done side by side, but never all at once: connections are few, and services refuse a crowd. */

/** Runs `work` for every item, so many at a time. Rejects with the first that fails; others may have begun. */
export const inLanes = async <Item>(
  items: readonly Item[],
  lanes: number,
  work: (item: Item) => Promise<unknown>,
): Promise<void> => {
  const queue = items.values();
  const runLane = async (): Promise<void> => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: lanes }, runLane));
};
