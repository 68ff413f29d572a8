/**
 * Proven time against a naive model, which walks every millisecond between proofs of life. Times are
 * small (the longest gap that counts is a fixed number, so the model counts in whole seconds).
 */
import fc from 'fast-check';
import {
  accrue,
  declareLost,
  openUsage,
  settledUsage,
  silentNodes,
  stopTimeMs,
  type Usage,
} from '../../shared/clusters/usage.ts';
import { nodeId } from './builders.ts';

const secondMs = 1_000;
const gapSecondsMax = 60;
const runningAtMs = 1_000_000;
const ids = [nodeId(1), nodeId(2), nodeId(3)];

/** What happens after the start, in order: a report that lists some nodes, or the loss of some. */
interface Happening {
  readonly kind: 'report' | 'lost';
  /** Seconds after what happened before. */
  readonly after: number;
  readonly nodes: readonly string[];
}

const happenings = fc.array(
  fc.record({
    kind: fc.constantFrom('report', 'report', 'report', 'lost') as fc.Arbitrary<Happening['kind']>,
    after: fc.integer({ min: 0, max: 90 }),
    nodes: fc.subarray(ids),
  }),
  { maxLength: 25 },
);

/** Seconds proven in all and inside the paid time: second by second, from the list of proofs. */
const naive = (
  events: readonly Happening[],
  id: string,
  paidSeconds: number,
  stopSecond: number | undefined,
) => {
  const proofs = [0];
  let at = 0;
  let lost = false;
  for (const { kind, after, nodes } of events) {
    at += after;
    if (!nodes.includes(id)) continue;
    if (kind === 'lost') lost = true;
    else if (!lost) proofs.push(at);
  }
  const last = Math.max(...proofs);
  if (!lost && stopSecond !== undefined && stopSecond - last <= gapSecondsMax)
    proofs.push(stopSecond);
  let proven = 0;
  let inside = 0;
  for (let second = 0; second < Math.max(...proofs); second += 1) {
    const before = Math.max(...proofs.filter((proof) => proof <= second));
    const next = Math.min(...proofs.filter((proof) => proof > second));
    if (next - before > gapSecondsMax) continue;
    proven += 1;
    if (second < paidSeconds) inside += 1;
  }
  return { provenMs: proven * secondMs, insideMs: inside * secondMs };
};

const play = (events: readonly Happening[], paidSeconds: number) => {
  const paidUntilMs = runningAtMs + paidSeconds * secondMs;
  const history: Usage[] = [openUsage(ids, runningAtMs)];
  let nowMs = runningAtMs;
  for (const { kind, after, nodes } of events) {
    nowMs += after * secondMs;
    const usage = history.at(-1) as Usage;
    const named = new Set(nodes);
    history.push(
      kind === 'lost'
        ? declareLost(usage, named)
        : accrue(usage, { aliveNodeIds: named, nowMs, paidUntilMs }),
    );
  }
  return { history, usage: history.at(-1) as Usage, nowMs, paidUntilMs };
};

describe('proven time', () => {
  const paid = fc.integer({ min: 1, max: 900 });

  it('is what the naive model counts, while the cluster runs and after the fence', () => {
    fc.assert(
      fc.property(happenings, paid, fc.integer({ min: 0, max: 90 }), (events, seconds, rest) => {
        const { usage, nowMs, paidUntilMs } = play(events, seconds);
        const stopped = { ...usage, stoppedAtMs: nowMs + rest * secondMs };
        const stopSecond = (nowMs - runningAtMs) / secondMs + rest;
        for (const id of ids) {
          expect(usage.nodes[id]).toMatchObject(naive(events, id, seconds, undefined));
          expect(settledUsage(stopped, paidUntilMs)[id]).toMatchObject(
            naive(events, id, seconds, stopSecond),
          );
        }
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('never shrinks, has no more inside the paid time than in all, and no more than has passed', () => {
    fc.assert(
      fc.property(happenings, paid, (events, seconds) => {
        const { history, usage, nowMs, paidUntilMs } = play(events, seconds);
        const end = { ...usage, stoppedAtMs: stopTimeMs(usage, nowMs) };
        const states = [...history.map(({ nodes }) => nodes), settledUsage(end, paidUntilMs)];
        for (const id of ids) {
          let before = { provenMs: 0, insideMs: 0 };
          for (const state of states) {
            const node = state[id] as typeof before;
            expect(node.provenMs).toBeGreaterThanOrEqual(before.provenMs);
            expect(node.insideMs).toBeGreaterThanOrEqual(before.insideMs);
            expect(node.insideMs).toBeLessThanOrEqual(node.provenMs);
            expect(node.insideMs).toBeLessThanOrEqual(seconds * secondMs);
            before = node;
          }
          expect(before.provenMs).toBeLessThanOrEqual(nowMs - runningAtMs);
        }
      }),
      { seed: 2, numRuns: 200 },
    );
  });

  it('does not depend on how many reports slice it, as long as no gap is too long', () => {
    const slices = fc.array(fc.integer({ min: 1, max: 60_000 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(slices, (gaps) => {
        let usage = openUsage(ids, runningAtMs);
        let nowMs = runningAtMs;
        const paidUntilMs = runningAtMs + 600_000;
        for (const gap of gaps) {
          nowMs += gap;
          usage = accrue(usage, { aliveNodeIds: new Set(ids), nowMs, paidUntilMs });
        }
        expect(usage.nodes[ids[0] as string]).toMatchObject({
          provenMs: nowMs - runningAtMs,
          insideMs: Math.min(nowMs, paidUntilMs) - runningAtMs,
        });
      }),
      { seed: 3 },
    );
  });

  test.each([
    [60_000, 60_000],
    [60_001, 0],
  ])('a gap of %i ms counts %i ms', (gap, counted) => {
    const usage = openUsage(ids, runningAtMs);
    const nowMs = runningAtMs + gap;
    const next = accrue(usage, { aliveNodeIds: new Set(ids), nowMs, paidUntilMs: nowMs });
    expect(next.nodes[nodeId(1)]).toMatchObject({ provenMs: counted, provenAtMs: nowMs });
  });

  it('a report from before the last proof changes nothing', () => {
    const usage = openUsage(ids, runningAtMs);
    const late = { aliveNodeIds: new Set(ids), nowMs: runningAtMs - 1, paidUntilMs: 2_000_000 };
    expect(accrue(usage, late)).toEqual(usage);
  });

  it('is refused after the fence', () => {
    const stopped = { ...openUsage(ids, runningAtMs), stoppedAtMs: runningAtMs };
    const report = { aliveNodeIds: new Set<string>(), nowMs: runningAtMs, paidUntilMs: 2_000_000 };
    expect(() => accrue(stopped, report)).toThrow();
  });

  it('stops no earlier than what is proven, whatever the clock of the fence says', () => {
    const usage = accrue(openUsage(ids, runningAtMs), {
      aliveNodeIds: new Set([nodeId(2)]),
      nowMs: runningAtMs + 5,
      paidUntilMs: 2_000_000,
    });
    expect(stopTimeMs(usage, runningAtMs + 1)).toBe(runningAtMs + 5);
    expect(stopTimeMs(usage, runningAtMs + 9)).toBe(runningAtMs + 9);
  });
});

describe('silence', () => {
  it('names the nodes without a proof for more than 60 seconds, but for the lost ones', () => {
    let usage = declareLost(openUsage(ids, runningAtMs), new Set([nodeId(3)]));
    const nowMs = runningAtMs + 60_000;
    usage = accrue(usage, { aliveNodeIds: new Set([nodeId(1)]), nowMs, paidUntilMs: 2_000_000 });
    expect(silentNodes(usage, nowMs)).toEqual([]);
    expect(silentNodes(usage, nowMs + 1)).toEqual([nodeId(2)]);
  });
});
