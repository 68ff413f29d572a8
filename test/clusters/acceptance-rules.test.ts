/** What is made of a round of acceptance, at every point at which it can stand. */
import {
  acceptanceOf,
  clusterOfRound,
  issuingMsMax,
  judgeAcceptance,
  roundName,
  storingMsMax,
  verdictWords,
} from '../../shared/clusters/acceptance.ts';
import { models } from '../../shared/market/catalogue.ts';
import { acceptanceProfileOf } from '../../shared/proofs/acceptance-profile.ts';
import type { ChallengeResult } from '../../shared/proofs/challenge.ts';
import { proofReasons } from '../../shared/proofs/protocol/verdict.ts';
import { deviceId } from '../market/builders.ts';
import { startMs } from '../support/runtime.ts';
import { aCluster, anAssignment, aResult, aRound, clusterId } from './builders.ts';

/** Two devices, and the second in its place by now. */
const asked = aCluster({ status: 'deploying', acceptance: aRound(1, 2) });
const replaced = aCluster({
  status: 'deploying',
  acceptance: aRound(1, 2),
  assignments: [
    anAssignment(1),
    anAssignment(2, { state: 'replaced' }),
    anAssignment(3, { lineId: 'line-2' }),
  ],
});
const judge = (results: readonly ChallengeResult[], afterMs = 0, cluster = asked) =>
  judgeAcceptance(cluster, results, startMs + afterMs);
const stateOf = (...args: Parameters<typeof judge>) => judge(...args).state;

describe('a round of acceptance', () => {
  it('is due before there was one', () => {
    expect(stateOf([], 0, aCluster({ status: 'deploying' }))).toBe('due');
  });

  it('is passed once every processor has passed, and not before', () => {
    expect(stateOf([aResult(1), aResult(2)])).toBe('passed');
    for (const status of ['issued', 'answered'] as const) {
      expect(stateOf([aResult(1), aResult(2, { status })])).toBe('pending');
    }
  });

  it('has every processor of a device in it', () => {
    const cluster = aCluster({ ...asked, acceptance: { ...aRound(1, 2), challenged: 3 } });
    const second = aResult(2, { processorId: 'prc_00000000000000000000000022' });
    expect(stateOf([aResult(1), aResult(2), second], 0, cluster)).toBe('passed');
    const failed = { ...second, status: 'failed', reason: 'sample_value' } as const;
    expect(judge([aResult(1), aResult(2), failed], 0, cluster)).toEqual({
      state: 'failed',
      failures: [
        {
          deviceId: deviceId(2),
          processorId: second.processorId,
          verdict: 'sample_value',
          t0Ms: startMs,
        },
      ],
    });
  });

  it('names each device once, however many of its processors failed', () => {
    const failed = { status: 'failed', reason: 'too_slow' } as const;
    const { failures } = judge([aResult(1, failed), aResult(1, failed), aResult(2, failed)]);
    expect(failures.map((failure) => failure.deviceId)).toEqual([deviceId(1), deviceId(2)]);
  });

  it('is passed without challenges where no model has a reference', () => {
    const round = { ...aRound(1, 2), challenged: 0 };
    expect(stateOf([], 0, aCluster({ ...asked, acceptance: round }))).toBe('passed');
  });

  it('holds for the devices that it asked, and is due anew when one of them was replaced', () => {
    expect(stateOf([aResult(1), aResult(2)], 0, replaced)).toBe('due');
    const again = { ...aRound(2, 2), deviceIds: [deviceId(3), deviceId(1)] };
    const next = aCluster({ ...replaced, acceptance: again });
    expect(stateOf([aResult(1), aResult(3)], 0, next)).toBe('passed');
  });

  it('is opened anew only when nobody who stays is at work on the old one', () => {
    const working = { status: 'answered' } as const;
    expect(stateOf([aResult(1, working), aResult(2)], 0, replaced)).toBe('pending');
    expect(stateOf([aResult(1), aResult(2, working)], 0, replaced)).toBe('due');
  });

  it('still refuses who fails the old one, and no longer who is gone', () => {
    const failed = { status: 'failed', reason: 'expired' } as const;
    expect(stateOf([aResult(1, failed), aResult(2)], 0, replaced)).toBe('failed');
    expect(stateOf([aResult(1), aResult(2, failed)], 0, replaced)).toBe('due');
  });

  it('takes a challenge as expired that nobody can commit to any more', () => {
    const results = [aResult(1), aResult(2, { status: 'issued' })];
    const lateMs = 12_000 + storingMsMax;
    expect(stateOf(results, lateMs - 1)).toBe('pending');
    expect(judge(results, lateMs)).toMatchObject({
      state: 'failed',
      failures: [{ deviceId: deviceId(2), verdict: 'expired' }],
    });
  });

  it('takes a challenge as expired whose proof nobody can open any more', () => {
    const proofUntilMs = startMs + 60_000;
    const results = [aResult(1), aResult(2, { status: 'answered', proofUntilMs })];
    const lateMs = 60_000 + storingMsMax;
    expect(stateOf(results, 12_000 + storingMsMax)).toBe('pending');
    expect(stateOf(results, lateMs - 1)).toBe('pending');
    for (const afterMs of [lateMs, lateMs + 1]) {
      expect(judge(results, afterMs)).toMatchObject({
        state: 'failed',
        failures: [{ deviceId: deviceId(2), verdict: 'expired' }],
      });
    }
    // Who is gone holds nobody up, and who has passed has passed.
    expect(stateOf(results, lateMs, replaced)).toBe('due');
    expect(stateOf([aResult(1), aResult(2)], lateMs)).toBe('passed');
    // It ended while its challenge was read: the next look finds how.
    const ending = aResult(2, { status: 'answered', proofUntilMs: null });
    expect(stateOf([aResult(1), ending], lateMs)).toBe('pending');
  });

  it('lapses when a crash left challenges out, once those that were issued are over', () => {
    expect(stateOf([aResult(1)], issuingMsMax - 1)).toBe('pending');
    expect(stateOf([aResult(1)], issuingMsMax)).toBe('due');
    expect(stateOf([aResult(1, { status: 'answered' })], issuingMsMax)).toBe('pending');
  });
});

describe('what the customer is told of a device', () => {
  const told = (
    number: number,
    results: readonly ChallengeResult[],
    {
      cluster = asked,
      ...changes
    }: Partial<Parameters<typeof anAssignment>[1]> & {
      cluster?: typeof asked;
    } = {},
  ) => acceptanceOf(cluster, anAssignment(number, changes), results, startMs);

  it('is how it stands in the last round', () => {
    const both = [aResult(1), aResult(2)];
    expect(told(1, [], { cluster: aCluster() })).toEqual({ status: 'waiting', reason: null });
    expect(told(3, both)).toEqual({ status: 'waiting', reason: null });
    expect(told(1, [aResult(1, { status: 'issued' })])).toEqual({ status: 'asked', reason: null });
    expect(told(1, [])).toEqual({ status: 'asked', reason: null });
    expect(told(1, both)).toEqual({ status: 'passed', reason: null });
    expect(told(1, both, { state: 'lost' })).toEqual({ status: 'passed', reason: null });
    const failed = [aResult(1, { status: 'failed', reason: 'roots' }), aResult(2)];
    expect(told(1, failed)).toEqual({ status: 'failed', reason: 'roots' });
  });

  it('is that nothing was asked of a model without a reference', () => {
    const cluster = aCluster({ ...asked, acceptance: { ...aRound(1, 2), challenged: 1 } });
    expect(told(2, [aResult(1)], { cluster })).toEqual({ status: 'not_needed', reason: null });
  });

  it('stays the verdict for which it was replaced', () => {
    const fault = { reason: 'acceptance_failed', verdict: 'over_cap' } as const;
    expect(told(2, [], { state: 'replaced', fault })).toEqual({
      status: 'failed',
      reason: 'over_cap',
    });
    const silent = { reason: 'device_silent', verdict: null };
    expect(told(2, [aResult(2)], { state: 'replaced', fault: silent })).toBeNull();
  });

  it('has words for every verdict', () => {
    for (const reason of proofReasons) expect(verdictWords[reason]).toMatch(/^[a-z][a-z ,]+$/);
  });
});

describe('the name of a round', () => {
  it('leads back to its cluster', () => {
    expect(clusterOfRound(roundName(clusterId, 12))).toBe(clusterId);
    for (const other of ['dev_1#1', 'clu_1', '', 'a clu_1#1']) {
      expect(clusterOfRound(other)).toBeUndefined();
    }
  });
});

describe('the profile of acceptance', () => {
  it('tests the memory of GPUs that are sold by it, and the speed of all others', () => {
    const full = models.filter(({ model }) => acceptanceProfileOf(model) === 2);
    expect(full.map(({ model }) => model)).toEqual([
      'B200',
      'H200',
      'H100 SXM',
      'H100 PCIe',
      'A100 80GB',
      'A100 40GB',
      'L40S',
      'RTX 6000 Ada',
      'RTX A6000',
      'A40',
      'MI300X',
    ]);
    for (const model of ['RTX 4090', 'x86-64 CPU', 'M4 Max', 'no such model']) {
      expect(acceptanceProfileOf(model)).toBe(1);
    }
  });
});
