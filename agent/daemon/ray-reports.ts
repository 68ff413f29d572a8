/**
 * A head's reports of what Ray itself lists: every second while the cluster is young, then with
 * every heartbeat, and at once when the list has changed. While Ray does not answer nothing is
 * reported: the platform notices the absence.
 */
import { hiredHeartbeatSeconds } from '../../shared/clusters/agent-protocol.ts';
import { messageOf } from '../problem.ts';
import type { RayRow } from '../ray/ray-nodes.ts';
import type { AgentRuntime } from '../runtime.ts';
import type { NodeRecord } from '../state/node-folder.ts';
import type { RayChannel } from './ray-channel.ts';

const youngMs = 180_000;
/** How often the list is read, to see a change before the next report is due. */
const youngPollMs = 500;
const oldPollMs = 5_000;
const youngPeriodMs = 1_000;
const oldPeriodMs = hiredHeartbeatSeconds * 1_000;
/** Polls are never exact: a report that is due within this time goes out now. */
const toleranceMs = 250;

export interface RayReportsOptions {
  /** Ray's list; undefined when it cannot be read, or when this node is no head. */
  readonly read: () => Promise<readonly RayRow[] | undefined>;
  readonly send: RayChannel;
  /** The platform no longer wants this node. */
  readonly onStop: () => Promise<void>;
  readonly record: NodeRecord | undefined;
}

/** Reports until `signal` aborts, whatever fails; ends at once for nodes that are no heads. */
export const reportRay = async (
  runtime: AgentRuntime,
  options: RayReportsOptions,
  signal: AbortSignal,
): Promise<void> => {
  const { record } = options;
  if (record?.role !== 'head') return;
  const bornMs = runtime.monotonicMs();
  let sentMs = Number.NEGATIVE_INFINITY;
  let sentText = '';

  const round = async (isYoung: boolean): Promise<void> => {
    const rows = await options.read();
    const text = JSON.stringify(rows);
    const periodMs = isYoung ? youngPeriodMs : oldPeriodMs;
    const isDue = runtime.monotonicMs() - sentMs >= periodMs - toleranceMs;
    if (rows && rows.length > 0 && (isDue || text !== sentText) && !signal.aborted) {
      sentMs = runtime.monotonicMs();
      sentText = text;
      const { cluster_id, node_id } = record;
      const answer = await options.send({ kind: 'ray', cluster_id, node_id, nodes: [...rows] });
      if (answer === 'stop') await options.onStop();
    }
  };

  while (!signal.aborted) {
    const isYoung = runtime.monotonicMs() - bornMs < youngMs;
    await round(isYoung).catch((thrown: unknown) =>
      runtime.log.error('ray_report_failed', {
        node_id: record.node_id,
        reason: messageOf(thrown),
      }),
    );
    await runtime.wait(isYoung ? youngPollMs : oldPollMs, signal);
  }
};
