/** The small rules: the order of node states, admission, pulse, minutes, what Ray's list says. */
import { dueMinutes } from '../../functions/clusters/settle-usage.schedule.ts';
import { admitCluster, unfinishedMax } from '../../shared/clusters/admission.ts';
import { isOver, movesForward, nodeStatuses } from '../../shared/clusters/node.ts';
import { beat, hasWatched } from '../../shared/clusters/pulse.ts';
import { aliveIn, deadIn } from '../../shared/clusters/ray-report.ts';
import { hourMs, minuteMs, secondMs } from '../../shared/core/time.ts';
import { startMs } from '../support/runtime.ts';
import { aCluster, clusterId, nodeId } from './builders.ts';

describe('a node', () => {
  it('moves forward only: the statuses are in their order', () => {
    for (const [from, earlier] of nodeStatuses.entries()) {
      for (const [to, later] of nodeStatuses.entries()) {
        expect(movesForward(earlier, later)).toBe(to > from);
      }
    }
    expect(nodeStatuses.filter(isOver)).toEqual(['refused', 'exited', 'stopped']);
  });
});

describe('admission', () => {
  const pending = (count: number) =>
    Array.from({ length: count }, (_, at) =>
      aCluster({ status: at % 2 ? 'deploying' : 'deployment_requested' }),
    );
  const cancelled = (agoMs: number) =>
    aCluster({ status: 'terminated', terminatedByCustomer: true, stoppedAtMs: startMs - agoMs });

  it('takes the twentieth unfinished cluster and refuses one more', () => {
    admitCluster(pending(unfinishedMax - 1), startMs);
    expect(() => admitCluster(pending(unfinishedMax), startMs)).toThrow(
      expect.objectContaining({ code: 'cluster.too_many_unfinished' }),
    );
  });

  it('does not count clusters that run or have ended', () => {
    const others = (['running', 'completed', 'failed'] as const).map((status) =>
      aCluster({
        status,
        ...(status === 'running' ? { runningAtMs: startMs, paidUntilMs: startMs } : {}),
      }),
    );
    admitCluster([...pending(unfinishedMax - 1), ...others, ...others], startMs);
  });

  it('makes the fourth order wait ten minutes after three cancels within an hour', () => {
    const cancels = [minuteMs, 2 * minuteMs, 59 * minuteMs].map(cancelled);
    expect(() => admitCluster(cancels, startMs)).toThrow(
      expect.objectContaining({
        code: 'cluster.too_many_cancelled',
        options: { retryAfterSeconds: 540 },
      }),
    );
    admitCluster(cancels, startMs + 9 * minuteMs);
    admitCluster(cancels.slice(1), startMs);
    admitCluster([minuteMs, 2 * minuteMs, 60 * minuteMs].map(cancelled), startMs);
  });

  it('holds no termination of a running cluster against anybody', () => {
    const ran = cancelled(minuteMs);
    admitCluster(Array(5).fill({ ...ran, runningAtMs: startMs - 2 * minuteMs }), startMs);
  });
});

describe('the pulse', () => {
  it('is steady through gaps of two minutes and begins anew after a longer one', () => {
    let pulse = beat(undefined, startMs);
    expect(hasWatched(pulse, startMs)).toBe(false);
    pulse = beat(pulse, startMs + 2 * minuteMs);
    expect(hasWatched(pulse, startMs + 2 * minuteMs)).toBe(true);
    pulse = beat(pulse, startMs + 4 * minuteMs + 1);
    expect(hasWatched(pulse, startMs + 4 * minuteMs + 1)).toBe(false);
    pulse = beat(pulse, startMs + 5 * minuteMs);
    expect(hasWatched(pulse, startMs + 6 * minuteMs + 1)).toBe(true);
  });

  it('begins anew when the clock went back', () => {
    const pulse = beat(beat(undefined, startMs), startMs - 1);
    expect(pulse.steadySinceMs).toBe(startMs - 1);
  });
});

describe('the minutes that are due', () => {
  /** Minute 0 of an hour. */
  const hour = Math.floor(startMs / hourMs) * hourMs;
  const due = (lastMs: number, nowMs: number) =>
    [...dueMinutes(lastMs, nowMs)].sort((a, b) => a - b);

  it('is this minute when the last one was worked off', () => {
    expect(due(hour + 4 * minuteMs + 59 * secondMs, hour + 5 * minuteMs)).toEqual([5]);
  });
  it('is none when this minute was worked off already', () => {
    expect(due(hour + 5 * minuteMs, hour + 5 * minuteMs + 59 * secondMs)).toEqual([]);
    expect(due(hour + 5 * minuteMs, hour + 3 * minuteMs)).toEqual([]);
  });
  it('makes up for what a pause missed, across the hour', () => {
    expect(due(hour - 2 * minuteMs, hour + 2 * minuteMs)).toEqual([0, 1, 2, 59]);
  });
  it('is each minute once after a pause of hours', () => {
    expect(due(hour - 5 * hourMs, hour)).toEqual(Array.from({ length: 60 }, (_, at) => at));
  });
});

describe("Ray's list", () => {
  const row = (number: number, alive: boolean, state_message: string | null = null) => ({
    node_id: nodeId(number),
    alive,
    state_message,
    cpus: 1,
    gpus: 0,
  });
  const report = {
    kind: 'ray' as const,
    cluster_id: clusterId,
    node_id: nodeId(1),
    nodes: [row(1, true), row(2, false, 'raylet died'), row(3, false), row(2, true), row(4, false)],
  };
  it('has a node alive that is listed dead from an earlier start as well', () => {
    expect([...aliveIn(report)]).toEqual([nodeId(1), nodeId(2)]);
    expect([...deadIn(report).keys()]).toEqual([nodeId(3), nodeId(4)]);
  });
});
