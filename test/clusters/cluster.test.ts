/** What holds for every cluster, and what is read from one. */
import {
  activeAssignments,
  assertCluster,
  type Cluster,
  headAssignment,
  withLost,
} from '../../shared/clusters/cluster.ts';
import { deviceId } from '../market/builders.ts';
import { startMs } from '../support/runtime.ts';
import { aCluster, anAssignment, nodeId } from './builders.ts';

describe('a cluster', () => {
  const [head, worker] = aCluster().lines;
  const broken: readonly [string, Partial<Cluster>][] = [
    [
      'two nodes on one line',
      { assignments: [anAssignment(1), anAssignment(2, { lineId: 'line-1' })] },
    ],
    [
      'one device on two lines',
      { assignments: [anAssignment(1), anAssignment(2, { deviceId: deviceId(1) })] },
    ],
    ['no head', { lines: [{ ...head, role: 'worker' } as typeof head & object] }],
    ['two heads', { lines: [head, { ...worker, role: 'head' }] as Cluster['lines'] }],
    ['running without times', { status: 'running', runningAtMs: startMs }],
    ['closed before it stopped', { closedAtMs: startMs }],
  ];
  test.each(broken)('is refused with %s', (_name, changes) => {
    expect(() => assertCluster(aCluster(changes))).toThrow();
  });

  it('may have nodes on one line, and on one device, of which one is active', () => {
    const cluster = aCluster({
      assignments: [
        anAssignment(1, { state: 'replaced' }),
        anAssignment(2),
        anAssignment(3, { lineId: 'line-1', deviceId: deviceId(1) }),
      ],
    });
    expect(assertCluster(cluster)).toBe(cluster);
    expect(activeAssignments(cluster).map((each) => each.nodeId)).toEqual([nodeId(2), nodeId(3)]);
    expect(headAssignment(cluster).nodeId).toBe(nodeId(3));
  });

  it('loses the named nodes and no other', () => {
    const states = withLost(aCluster(), new Set([nodeId(2)])).map(({ state }) => state);
    expect(states).toEqual(['active', 'lost']);
  });
});
