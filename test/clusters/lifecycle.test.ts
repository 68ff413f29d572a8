/** The lifecycle of clusters: the whole table, written out. */
import { type ClusterStatus, clusterStatuses, isFenced } from '../../shared/clusters/cluster.ts';
import { type ClusterEvent, transition } from '../../shared/clusters/lifecycle.ts';
import { AppError } from '../../shared/core/errors.ts';
import { hourMs } from '../../shared/core/time.ts';
import { startMs } from '../support/runtime.ts';
import { aCluster } from './builders.ts';

const nowMs = startMs + 5_000;
const events: readonly ClusterEvent[] = [
  { kind: 'pay' },
  { kind: 'deploy' },
  { kind: 'run' },
  { kind: 'expire' },
  { kind: 'request_termination' },
  { kind: 'stop', reason: 'budget_reached' },
  { kind: 'fail', reason: 'no_replacement' },
  { kind: 'close' },
];

/** Where each event leads from each status; what is not here is refused. */
const expected: Readonly<Record<ClusterStatus, Readonly<Record<string, ClusterStatus>>>> = {
  unpaid: { pay: 'deployment_requested', request_termination: 'destroyed', expire: 'destroyed' },
  deployment_requested: {
    deploy: 'deploying',
    request_termination: 'termination_requested',
    stop: 'termination_requested',
    fail: 'failed',
  },
  deploying: {
    run: 'running',
    request_termination: 'termination_requested',
    stop: 'termination_requested',
    fail: 'failed',
  },
  running: {
    expire: 'completed',
    request_termination: 'termination_requested',
    stop: 'termination_requested',
    fail: 'failed',
  },
  termination_requested: { close: 'terminated' },
  completed: { close: 'completed' },
  terminated: {},
  destroyed: {},
  failed: { close: 'failed' },
};

const pairs = clusterStatuses.flatMap((status) =>
  events.map((event) => ({ status, event, kind: event.kind, to: expected[status][event.kind] })),
);

describe('the lifecycle', () => {
  test.each(pairs)('$status, then $kind: $to', ({ status, event, to }) => {
    const current = aCluster({ status });
    if (to !== undefined) expect(transition(current, event, nowMs).status).toBe(to);
    else expect(() => transition(current, event, nowMs)).toThrow(AppError);
  });

  test.each(pairs)('a closed cluster takes no event: $status, $kind', ({ status, event }) => {
    const closed = aCluster({ status, stoppedAtMs: startMs, closedAtMs: startMs });
    expect(() => transition(closed, event, nowMs)).toThrow(
      expect.objectContaining({ code: 'cluster.wrong_status' }),
    );
  });

  test.each(pairs.filter(({ to }) => to !== undefined))(
    'the fence falls exactly with the events that end a cluster: $status, $kind',
    ({ status, event }) => {
      const current = aCluster({ status });
      const after = { ...current, ...transition(current, event, nowMs) };
      const ends = ['expire', 'request_termination', 'stop', 'fail'].includes(event.kind);
      expect(isFenced(after)).toBe(ends);
      if (ends) expect(after.stoppedAtMs).toBe(nowMs);
      // What was never paid has nothing to release.
      expect(after.closedAtMs !== null).toBe(
        event.kind === 'close' || (status === 'unpaid' && ends),
      );
      expect(after.terminatedByCustomer).toBe(event.kind === 'request_termination');
    },
  );

  it('counts the paid time from the moment at which the cluster runs', () => {
    const current = aCluster({ status: 'deploying' });
    expect(transition(current, { kind: 'run' }, nowMs)).toMatchObject({
      runningAtMs: nowMs,
      paidUntilMs: nowMs + 2 * hourMs,
      reason: 'nodes_alive',
    });
  });

  it('keeps the reason of the end when it closes', () => {
    const failed = aCluster({ status: 'failed', reason: 'head_lost', stoppedAtMs: startMs });
    expect(transition(failed, { kind: 'close' }, nowMs).reason).toBe('head_lost');
  });
});
