/**
 * The agent at the slots, in simulated time: it asks as they open and not before, knows the platform's time
 * better than its own, and comes back from whatever happens to clocks and lines.
 */

import { runSlotLoop, type SlotLoop } from '../../../agent/proofs/slot-loop.ts';
import type {
  ProofAssignment,
  SlotCallOfProcessor,
  SlotDocument,
} from '../../../agent/proofs/slot-plan.ts';
import { present } from '../../../shared/core/assert.ts';
import { hourMs, isoOf, minuteMs, secondMs } from '../../../shared/core/time.ts';
import { assignmentOf, rarely, slotOf } from './support/assignment.ts';
import {
  type SimulatedAnswer,
  type SimulatedRequest,
  simulate,
  startMs,
} from './support/simulated-time.ts';

const slotPath = /^\/v1\/proofs\/slots\/(.+)$/;
const assignmentPath = '/v1/agent/proof-assignment';
const hourOf = (ms: number) => isoOf(ms).slice(0, 13);

interface Options {
  readonly forMs?: number;
  readonly hasNode?: () => boolean;
  /** As what the platform sees the device at that time. */
  readonly hiredAt?: (atMs: number) => ProofAssignment['hired'];
  readonly latencyMs?: number;
  readonly slot?: Partial<SlotDocument>;
  readonly assignment?: Partial<ProofAssignment>;
  /** Answers in place of the platform; undefined: as always. */
  readonly instead?: (request: SimulatedRequest) => SimulatedAnswer | 'nothing' | undefined;
}

const setup = (options: Options = {}) => {
  const { forMs = 21 * minuteMs, instead, latencyMs = 20 } = options;
  const respond = (request: SimulatedRequest): SimulatedAnswer | undefined => {
    const other = instead?.(request);
    if (other) return other === 'nothing' ? undefined : other;
    if (request.path === assignmentPath) {
      const hour = isoOf(Math.floor((request.atMs + 5 * secondMs) / hourMs) * hourMs);
      const hired = options.hiredAt?.(request.atMs) ?? null;
      const changes = { hour, hired, server_time_ms: request.atMs };
      return { status: 200, document: assignmentOf({ ...changes, ...options.assignment }) };
    }
    const id = slotPath.exec(request.path)?.[1] ?? '';
    if (request.atMs >= Date.parse(id)) return { status: 200, document: slotOf(id, options.slot) };
    const early = { code: 'proof.too_early', server_time_ms: request.atMs };
    return { status: 425, document: early };
  };
  const world = simulate({ respond, latencyMs });
  const end = new AbortController();
  const calls: { slot: string; atMs: number; calls: readonly SlotCallOfProcessor[] }[] = [];
  const expectations: ProofAssignment[] = [];
  let loop: SlotLoop | undefined;
  const run = async () => {
    world.at(forMs, () => end.abort());
    loop = runSlotLoop(
      world.runtime,
      {
        api: world.api,
        hasNode: options.hasNode ?? (() => false),
        onCalls: (slot, all) => calls.push({ slot: slot.id, atMs: world.platformMs(), calls: all }),
        onExpecting: (assignment) => expectations.push(assignment),
      },
      end.signal,
    );
    await loop.ended;
  };
  const asked = (matching: RegExp) =>
    world.requests
      .filter(({ path }) => matching.test(path))
      .map(({ path, atMs }) => ({
        what: slotPath.exec(path)?.[1] ?? path,
        atMs,
      }));
  const slots = () => calls.map(({ slot }) => slot);
  return {
    ...world,
    loop: () => present(loop, 'not begun'),
    run,
    calls,
    slots,
    asked,
    expectations,
  };
};

it('serves each slot once, as it opens', async () => {
  const agent = setup();
  await agent.run();
  expect(agent.slots()).toEqual(['2026-11-22T18:10:00Z', '2026-11-22T18:20:00Z']);
  for (const { slot, atMs } of agent.calls) {
    expect(atMs).toBeGreaterThanOrEqual(Date.parse(slot));
    // The request's way and the answer's, the jitter, and a ten-thousandth of the twenty minutes.
    expect(atMs).toBeLessThanOrEqual(Date.parse(slot) + 40 + 40 + 120);
  }
});

it('makes a connection ready a second before, and asks once the slot is open', async () => {
  const agent = setup({ forMs: 11 * minuteMs });
  await agent.run();
  const opensAtMs = Date.parse('2026-11-22T18:10:00Z');
  const [readiedAtMs, ...others] = agent.readied.map((atMs) => atMs - opensAtMs);
  expect(readiedAtMs).toBeGreaterThanOrEqual(-1_050);
  expect(readiedAtMs).toBeLessThan(-900);
  expect(others).toEqual([]);
  const asked = agent.asked(slotPath).map(({ atMs }) => atMs - opensAtMs);
  expect(asked).toHaveLength(1);
  expect(asked[0]).toBeGreaterThanOrEqual(0);
});

it.each([-3, 3])(
  'asks for each document once although its clock drifts (%d ms a minute)',
  async (driftMs) => {
    const agent = setup({ forMs: 4 * hourMs, latencyMs: 0 });
    for (let minute = 1; minute < 240; minute += 1) {
      agent.at(minute * minuteMs, () => {
        agent.machine.platformAheadMs += driftMs;
      });
    }
    await agent.run();
    const asked = agent.asked(slotPath);
    expect(agent.slots()).toHaveLength(24);
    expect(asked.map(({ what }) => what)).toEqual(agent.slots());
    for (const { what, atMs } of asked) {
      expect(atMs - Date.parse(what)).toBeGreaterThanOrEqual(0);
      // The time is told every hour here: 180 ms of drift, as much again and half of it for doubt.
      expect(atMs - Date.parse(what)).toBeLessThan(600);
    }
  },
);

it('asks again when a slow line made it believe a wrong time', async () => {
  const agent = setup({ forMs: 11 * minuteMs, latencyMs: 0 });
  // The platform's clock falls back a little after the last time that it was asked.
  agent.at(9 * minuteMs + 54_500, () => {
    agent.machine.platformAheadMs -= 600;
  });
  await agent.run();
  const opensAtMs = Date.parse('2026-11-22T18:10:00Z');
  expect(agent.slots()).toEqual(['2026-11-22T18:10:00Z']);
  expect(agent.calls[0]?.atMs).toBeGreaterThanOrEqual(opensAtMs);
  expect(agent.calls[0]?.atMs).toBeLessThanOrEqual(opensAtMs + 200);
});

it('asks for the assignment at the start and a second before each full hour', async () => {
  const agent = setup({ forMs: 2 * hourMs });
  await agent.run();
  const times = agent.asked(/proof-assignment/).map(({ atMs }) => atMs);
  expect(times.map(hourOf)).toEqual(['2026-11-22T18', '2026-11-22T18', '2026-11-22T19']);
  for (const atMs of times.slice(1)) expect(hourMs - (atMs % hourMs)).toBeLessThan(1_000);
  const full = agent.calls.find(({ slot }) => slot === '2026-11-22T19:00:00Z');
  expect(full?.atMs).toBeLessThanOrEqual(Date.parse('2026-11-22T19:00:00Z') + 200);
  expect(agent.slots()).toHaveLength(12);
});

it('goes by the old assignment when the new one cannot be had', async () => {
  const startHour = hourOf(startMs);
  const agent = setup({
    forMs: 61 * minuteMs,
    instead: ({ path, atMs }) =>
      path === assignmentPath && hourOf(atMs + 5 * secondMs) !== startHour ? 'nothing' : undefined,
  });
  await agent.run();
  expect(agent.slots()).toContain('2026-11-22T19:00:00Z');
  expect(agent.lines.map(({ event }) => event)).toContain('assignment_not_fetched');
});

it('lets the platform in peace while nothing is asked of the device', async () => {
  const none = { micro: null, light: null, full: null };
  const [processor] = assignmentOf().processors;
  const processors = processor ? [{ ...processor, profiles: none }] : [];
  const agent = setup({ forMs: 59 * minuteMs, assignment: { processors } });
  await agent.run();
  expect(agent.asked(slotPath)).toEqual([]);
  expect(agent.calls).toEqual([]);
});

it('hands on nothing when nobody is called', async () => {
  const agent = setup({ slot: { one_in: rarely } });
  await agent.run();
  expect(agent.calls).toEqual([]);
  expect(agent.lines.filter(({ event }) => event === 'slot_opened')).toMatchObject([
    { fields: { slot: '2026-11-22T18:10:00Z', count: 0 } },
    { fields: { slot: '2026-11-22T18:20:00Z', count: 0 } },
  ]);
});

it.each([true, false])(
  'has provers started before anything is asked (slots may: %s)',
  async (may) => {
    const [processor] = assignmentOf().processors;
    const none = { micro: null, light: null, full: null };
    const processors = processor && !may ? [{ ...processor, profiles: none }] : undefined;
    const agent = setup({ forMs: minuteMs, ...(processors ? { assignment: { processors } } : {}) });
    await agent.run();
    expect(agent.expectations.length).toBeGreaterThan(5);
  },
);

const opening = (time: string) => Date.parse(`2026-11-22T${time}Z`);

it('takes the hire as the platform sees it when the slot opens', async () => {
  const agent = setup({
    hasNode: () => true,
    hiredAt: (atMs) => (atMs < opening('18:15:00') ? 'micro' : 'idle'),
  });
  await agent.run();
  expect(agent.calls.map((one) => one.calls[0]?.profile)).toEqual([0, 1]);
  const asked = agent.asked(/proof-assignment/).map(({ atMs }) => atMs);
  expect(asked).toHaveLength(3);
  expect(asked[1]).toBeLessThan(opening('18:10:00'));
  expect(asked[2]).toBeLessThan(opening('18:20:00'));
});

it('asks on after its node has ended until the platform says that it is free', async () => {
  const agent = setup({
    forMs: 41 * minuteMs,
    hasNode: () => agent.platformMs() < opening('18:09:00'),
    hiredAt: (atMs) => (atMs < opening('18:12:00') ? 'micro' : null),
  });
  await agent.run();
  expect(agent.calls.map((one) => one.calls[0]?.profile)).toEqual([0, 1, 1, 1]);
  // At the start, before 18:10 and before 18:20; then it is known to be free.
  expect(agent.asked(/proof-assignment/)).toHaveLength(3);
});

it('asks before the next slot what may have changed meanwhile', async () => {
  const agent = setup({ hiredAt: (atMs) => (atMs < opening('18:11:00') ? null : 'no_consent') });
  agent.at(12 * minuteMs, () => agent.loop().doubt());
  await agent.run();
  expect(agent.calls.map(({ slot }) => slot)).toEqual(['2026-11-22T18:10:00Z']);
  expect(agent.asked(/proof-assignment/)).toHaveLength(2);
});

it('follows a platform whose clock was moved, at once when any answer shows it', async () => {
  const agent = setup({ forMs: 4 * minuteMs });
  const movedMs = 3 * hourMs + 8 * minuteMs;
  agent.at(minuteMs, () => {
    agent.machine.platformAheadMs += movedMs;
  });
  // A heartbeat's answer, for example.
  agent.at(minuteMs + 100, () => {
    const { monotonicMs } = agent.machine;
    const told = { serverMs: agent.platformMs(), sentMs: monotonicMs, receivedMs: monotonicMs };
    agent.api.serverClock.learn(told);
  });
  await agent.run();
  expect(agent.slots()).toEqual(['2026-11-22T21:10:00Z']);
});

it('asks for the time anew within seconds when its own clock was moved', async () => {
  const agent = setup({ forMs: 4 * minuteMs });
  agent.at(minuteMs, () => {
    agent.machine.platformAheadMs += 8 * minuteMs;
    agent.machine.monotonicMs += 8 * minuteMs;
  });
  await agent.run();
  expect(agent.slots()).toEqual(['2026-11-22T18:10:00Z']);
  const [, second] = agent.asked(/proof-assignment/);
  const movedAtMs = startMs + 90 + 9 * minuteMs;
  expect(second?.atMs).toBeLessThanOrEqual(movedAtMs + 6 * secondMs);
});

it('leaves a slot alone that opened while it slept', async () => {
  const agent = setup({ forMs: 12 * minuteMs });
  agent.at(9 * minuteMs + 50_000, () => {
    // Suspended: the wall clock goes on, the monotonic one does not.
    agent.machine.wallMs += 30 * secondMs;
  });
  await agent.run();
  expect(agent.slots()).toEqual([]);
  expect(agent.asked(slotPath)).toEqual([]);
});

it('serves a slot that is open since a second when it learns of it', async () => {
  const agent = setup({ forMs: 11 * minuteMs });
  agent.at(9 * minuteMs + 54_000, () => {
    agent.machine.wallMs += 1_500;
  });
  await agent.run();
  expect(agent.slots()).toEqual(['2026-11-22T18:10:00Z']);
});

it('waits for a platform that does not answer, and no longer than half a minute', async () => {
  const agent = setup({
    forMs: 25 * minuteMs,
    instead: ({ atMs }) => (atMs < startMs + 12 * minuteMs ? 'nothing' : undefined),
  });
  await agent.run();
  expect(agent.slots()).toEqual(['2026-11-22T18:20:00Z']);
  const failed = agent.asked(/proof-assignment/).map(({ atMs }) => atMs);
  for (const [n, atMs] of failed.entries()) {
    const beforeMs = failed[n - 1] ?? atMs;
    expect(atMs - beforeMs).toBeLessThanOrEqual(31 * secondMs);
  }
});

it('asks a platform that refuses it only every few minutes', async () => {
  const agent = setup({
    forMs: hourMs,
    instead: () => ({ status: 404, document: { code: 'request.unknown_route' } }),
  });
  await agent.run();
  expect(agent.requests.length).toBeGreaterThan(3);
  expect(agent.requests.length).toBeLessThan(40);
  expect(agent.lines[0]).toMatchObject({
    ...{ event: 'assignment_not_fetched', fields: { code: 'request.unknown_route' } },
  });
});

it('gives up a slot whose document cannot be had, and serves the next', async () => {
  const agent = setup({
    instead: ({ path }) =>
      path.includes('18:10:00Z') ? { status: 503, document: { code: 'platform.busy' } } : undefined,
  });
  await agent.run();
  expect(agent.slots()).toEqual(['2026-11-22T18:20:00Z']);
  const tries = agent.asked(/18:10:00Z/);
  expect(tries.length).toBeGreaterThan(2);
  expect(tries.at(-1)?.atMs).toBeLessThanOrEqual(Date.parse('2026-11-22T18:10:02Z') + 600);
});
