/**
 * The way of a head's Ray reports: through the socket when it is open, else by POST; and every few
 * of them by POST all the same, for only an answer can say that the node is no longer wanted.
 */
import type { RayReport } from '../../shared/clusters/agent-protocol.ts';
import type { ReportAnswer, Reporter } from '../platform/reporter.ts';
import type { SocketLink } from '../platform/socket-link.ts';
import { postEvery } from './heartbeats.ts';

/** Sends one report; undefined when it failed or when there is no answer to expect. */
export type RayChannel = (report: RayReport) => Promise<ReportAnswer | undefined>;

/** A channel of this device; `socket` answers undefined until there is a link. */
export const createRayChannel = (
  deviceId: string,
  socket: () => SocketLink | undefined,
  reporter: Pick<Reporter, 'trySend'>,
): RayChannel => {
  let sincePost = 0;
  return async (report) => {
    sincePost += 1;
    const isPostDue = sincePost >= postEvery.hired || !socket()?.isOpen();
    if (isPostDue) {
      sincePost = 0;
      const answer = await reporter.trySend(report);
      if (answer) return answer;
    }
    socket()?.send({ action: 'report', device_id: deviceId, report });
    return undefined;
  };
};
