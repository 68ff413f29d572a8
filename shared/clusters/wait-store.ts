/**
 * The task token with which a cluster's workflow waits to be woken. A token gives no authority over the
 * cluster: who wakes the workflow only makes it look again. It never leaves the platform.
 */
import type { Database, Write } from '../core/database.ts';
import { waitKey } from './keys.ts';

/** Keeps the newest token; an older one has timed out by then. */
export const putWait = (clusterId: string, taskToken: string): Write => ({
  kind: 'put',
  table: 'clusters',
  key: waitKey(clusterId),
  attributes: { task_token: taskToken },
  condition: {},
});

/** The token of the workflow that waits, or that waited last. */
export const getWait = async (
  database: Database,
  clusterId: string,
): Promise<string | undefined> => {
  const item = await database.get('clusters', waitKey(clusterId));
  const taskToken = item?.['task_token'];
  return typeof taskToken === 'string' ? taskToken : undefined;
};
