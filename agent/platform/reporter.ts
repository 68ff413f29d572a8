/**
 * Reports that must arrive: sent again with full jitter until the platform answers. Reports of one
 * node go in order, for `started` must not overtake `accepted`.
 */
import {
  type AgentReport,
  type NodeReport,
  reportAnswerSchema,
} from '../../shared/clusters/agent-protocol.ts';
import { messageOf } from '../problem.ts';
import { type AgentRuntime, backoffMs } from '../runtime.ts';
import { type ApiClient, PlatformRefusal } from './api-client.ts';

const backoff = { baseMs: 500, maxMs: 30_000 } as const;

/** `unsent`: the agent is ending; the report is made again after its restart. */
export type ReportAnswer = 'ok' | 'stop' | 'unsent';

export interface Reporter {
  /** Sends until answered. A report that the platform refuses for ever counts as answered. */
  send(report: AgentReport): Promise<ReportAnswer>;
  /** The same, after all earlier reports of this node. */
  sendInOrder(report: NodeReport): Promise<ReportAnswer>;
  /** One attempt; undefined when it fails. For reports that are soon outdated. */
  trySend(report: AgentReport): Promise<ReportAnswer | undefined>;
}

/** A reporter that gives up only when `signal` aborts. */
export const createReporter = (
  runtime: AgentRuntime,
  api: ApiClient,
  signal: AbortSignal,
): Reporter => {
  const last = new Map<string, Promise<ReportAnswer>>();

  const post = async (report: AgentReport): Promise<ReportAnswer> => {
    const { answer } = await api.send({
      method: 'POST',
      path: '/v1/agent/reports',
      body: { report },
      answer: reportAnswerSchema,
    });
    return answer;
  };

  const send = async (report: AgentReport): Promise<ReportAnswer> => {
    for (let failures = 0; !signal.aborted; failures += 1) {
      try {
        return await post(report);
      } catch (thrown) {
        const refused = thrown instanceof PlatformRefusal;
        const facts = { kind: report.kind, reason: messageOf(thrown) };
        if (refused && !thrown.isTemporary) {
          runtime.log.error('report_refused', { ...facts, code: thrown.code });
          return 'ok';
        }
        runtime.log.warn('report_failed', { ...facts, count: failures + 1 });
        await runtime.wait(backoffMs(failures, backoff, runtime.randomness), signal);
      }
    }
    return 'unsent';
  };

  return {
    send,
    sendInOrder: (report) => {
      const before = last.get(report.node_id) ?? Promise.resolve('ok' as const);
      const now = before.then(() => send(report));
      last.set(report.node_id, now);
      void now.then(() => {
        if (last.get(report.node_id) === now) last.delete(report.node_id);
      });
      return now;
    },
    trySend: async (report) => {
      try {
        return await post(report);
      } catch {
        return undefined;
      }
    },
  };
};
