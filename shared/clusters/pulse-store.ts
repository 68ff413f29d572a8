/** The pulse of each schedule in the clusters table. */
import type { Database, Write } from '../core/database.ts';
import { pulseKey } from './keys.ts';
import type { Pulse } from './pulse.ts';

export const getPulse = async (database: Database, task: string): Promise<Pulse | undefined> => {
  const item = await database.get('clusters', pulseKey(task));
  return (
    item && {
      lastRunMs: Number(item['last_run_ms']),
      steadySinceMs: Number(item['steady_since_ms']),
    }
  );
};

/** Replaces the pulse; two runs at once leave either's, which differ by nothing that matters. */
export const putPulse = (task: string, pulse: Pulse): Write => ({
  kind: 'put',
  table: 'clusters',
  key: pulseKey(task),
  attributes: { last_run_ms: pulse.lastRunMs, steady_since_ms: pulse.steadySinceMs },
  condition: {},
});
