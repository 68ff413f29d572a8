/** What is made of a cluster that comes up, at every point at which it can stand. */
import type { Node } from '../../shared/clusters/node.ts';
import { aliveMsMax, answerMsMax, judgeProvision } from '../../shared/clusters/provision.ts';
import type { ChallengeResult } from '../../shared/proofs/challenge.ts';
import { deviceId } from '../market/builders.ts';
import { startMs } from '../support/runtime.ts';
import { aCluster, aNode, anAssignment, aResult, aRound } from './builders.ts';

const deploying = aCluster({ status: 'deploying' });
const judge = (
  nodes: readonly Node[],
  afterMs = 0,
  cluster = deploying,
  results: readonly ChallengeResult[] = [],
) => judgeProvision(cluster, nodes, results, startMs + afterMs);

describe('a cluster that comes up', () => {
  it('is left alone when it runs or has ended', () => {
    const times = { runningAtMs: startMs, paidUntilMs: startMs + 1 };
    const late = 700_000;
    expect(judge([], late, aCluster({ status: 'running', ...times })).outcome).toBe('running');
    expect(judge([], late, aCluster({ status: 'failed', stoppedAtMs: 1 })).outcome).toBe('over');
  });

  it('waits while nodes are within their times, and for nodes not dispatched yet', () => {
    expect(judge([], 500_000).outcome).toBe('wait');
    expect(judge([aNode(1)], answerMsMax).outcome).toBe('wait');
    expect(judge([aNode(1, { status: 'accepted' })], aliveMsMax).outcome).toBe('wait');
    expect(judge([aNode(1, { status: 'started' })], aliveMsMax).outcome).toBe('wait');
    expect(judge([aNode(1, { status: 'alive' })], 500_000).outcome).toBe('wait');
  });

  const faults: readonly [string, Partial<Node>, number, string][] = [
    ['refused', { status: 'refused', reason: 'busy' }, 0, 'busy'],
    ['ended by itself', { status: 'exited' }, 0, 'exited'],
    ['was silent', {}, answerMsMax + 1, 'device_silent'],
    ['accepted and did not join', { status: 'accepted' }, aliveMsMax + 1, 'ray_not_alive'],
    ['started and did not join', { status: 'started' }, aliveMsMax + 1, 'ray_not_alive'],
    ['joined and died', { status: 'alive', reason: 'ray_node_died' }, 0, 'ray_node_died'],
  ];
  test.each(faults)('replaces a device that %s', (_name, changes, afterMs, reason) => {
    expect(judge([aNode(1, { status: 'alive' }), aNode(2, changes)], afterMs)).toEqual({
      outcome: 'replace',
      assignments: [{ assignment: deploying.assignments[1], fault: { reason, verdict: null } }],
      failures: [],
    });
  });

  it('replaces a device that was not accepted, whatever else became of its node', () => {
    const cluster = aCluster({ status: 'deploying', acceptance: aRound(1, 2) });
    const results = [aResult(1), aResult(2, { status: 'failed', reason: 'too_slow' })];
    const fault = { reason: 'acceptance_failed', verdict: 'too_slow' };
    for (const node of [aNode(2, { status: 'alive' }), aNode(2, { status: 'refused' })]) {
      expect(judge([aNode(1), node], 0, cluster, results)).toMatchObject({
        outcome: 'replace',
        assignments: [{ assignment: { deviceId: deviceId(2) }, fault }],
        failures: [{ deviceId: deviceId(2), verdict: 'too_slow' }],
      });
    }
  });

  it('waits for those who are still at work, and ends with them at the end of its time', () => {
    const cluster = aCluster({ status: 'deploying', acceptance: aRound(1, 2) });
    const results = [aResult(1), aResult(2, { status: 'answered' })];
    const nodes = [aNode(1, { status: 'alive' }), aNode(2, { status: 'alive' })];
    expect(judge(nodes, 500_000, cluster, results).outcome).toBe('wait');
    expect(judge(nodes, 600_000, cluster, results)).toMatchObject({
      outcome: 'fail',
      reason: 'provisioning_timed_out',
      failures: [],
    });
    const silent = [aResult(1), aResult(2, { status: 'issued' })];
    expect(judge(nodes, 600_000, cluster, silent)).toMatchObject({
      outcome: 'fail',
      failures: [{ deviceId: deviceId(2), verdict: 'expired' }],
    });
  });

  it('has forgotten the faults of nodes that were replaced', () => {
    const cluster = aCluster({
      status: 'deploying',
      assignments: [
        anAssignment(1),
        anAssignment(2, { state: 'replaced' }),
        anAssignment(3, { lineId: 'line-2' }),
      ],
    });
    expect(judge([aNode(2, { status: 'refused' })], 0, cluster).outcome).toBe('wait');
  });

  it('fails at the end of its time', () => {
    expect(judge([], 600_000 - 1).outcome).toBe('wait');
    expect(judge([], 600_000)).toEqual({
      outcome: 'fail',
      reason: 'provisioning_timed_out',
      assignments: [],
      failures: [],
    });
  });

  it('fails when too many devices were tried: four more than lines', () => {
    const replaced = (count: number) =>
      Array.from({ length: count }, (_, at) =>
        anAssignment(10 + at, { lineId: 'line-2', state: 'replaced', deviceId: deviceId(10 + at) }),
      );
    const tried = (count: number) =>
      aCluster({
        status: 'deploying',
        assignments: [anAssignment(1), anAssignment(2), ...replaced(count)],
      });
    const bad = [aNode(2, { status: 'refused', reason: 'busy' })];
    expect(judge(bad, 0, tried(5)).outcome).toBe('replace');
    expect(judge(bad, 0, tried(6))).toMatchObject({ outcome: 'fail', reason: 'no_replacement' });
  });
});
