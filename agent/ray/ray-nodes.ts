/**
 * What Ray itself lists (`GET /api/v0/nodes` of the head's dashboard), as the rows of a Ray report.
 * Rows are matched by our label; the list keeps dead rows, and `CPU` is absent where there is none.
 */
import * as z from 'zod';
import type { RayReport } from '../../shared/clusters/agent-protocol.ts';
import { idSchema } from '../../shared/core/ids.ts';

const listingSchema = z.object({
  result: z.literal(true),
  data: z.object({
    result: z.object({
      result: z.array(
        z.object({
          state: z.string(),
          state_message: z.string().nullable(),
          resources_total: z.record(z.string(), z.number()),
          labels: z.record(z.string(), z.string()),
        }),
      ),
    }),
  }),
});

export type RayRow = RayReport['nodes'][number];
const rowsMax = 128;
const messageMax = 500;

const whole = (value: number | undefined): number => Math.max(0, Math.floor(value ?? 0));

/** The rows of our nodes of this cluster, one per node, alive before dead; undefined when unreadable. */
export const parseRayNodes = (text: string, clusterId: string): readonly RayRow[] | undefined => {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return undefined;
  }
  const parsed = listingSchema.safeParse(document);
  if (!parsed.success) return undefined;
  const rows = new Map<string, RayRow>();
  for (const row of parsed.data.data.result.result) {
    const nodeId = idSchema('nod').safeParse(row.labels['node']);
    if (!nodeId.success || row.labels['cluster'] !== clusterId) continue;
    if (rows.get(nodeId.data)?.alive) continue;
    rows.set(nodeId.data, {
      node_id: nodeId.data,
      alive: row.state === 'ALIVE',
      state_message: row.state_message?.slice(0, messageMax) ?? null,
      cpus: whole(row.resources_total['CPU']),
      gpus: whole(row.resources_total['GPU']),
    });
  }
  return [...rows.values()].slice(0, rowsMax);
};
