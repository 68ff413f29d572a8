/** Which slot is waited for, and what it asks of this device: decided by the protocol's own draws. */
import { hasWork, holdsIn, planSlot, slotToServe } from '../../../agent/proofs/slot-plan.ts';
import { minuteMs } from '../../../shared/core/time.ts';
import { sha256, toHex } from '../../../shared/proofs/protocol/bytes.ts';
import { isPartCalled, partOf } from '../../../shared/proofs/protocol/slot.ts';
import {
  assignedProcessor,
  assignmentOf,
  rarely,
  slotOf,
  tinyParams,
  workOf,
} from './support/assignment.ts';

const hour = Date.UTC(2026, 10, 22, 18);
const id = '2026-11-22T18:10:00Z';

describe('the slot to serve', () => {
  const serve = (afterMs: number, served?: string) =>
    slotToServe(hour + afterMs, 10, served, 2_000);

  it.each([
    ['in the middle of a period', 3 * minuteMs, '2026-11-22T18:10:00Z'],
    ['a millisecond before it opens', 10 * minuteMs - 1, '2026-11-22T18:10:00Z'],
    ['as it opens', 10 * minuteMs, '2026-11-22T18:10:00Z'],
    ['while it is still worth it', 10 * minuteMs + 2_000, '2026-11-22T18:10:00Z'],
    ['when it is too late for it', 10 * minuteMs + 2_001, '2026-11-22T18:20:00Z'],
    ['at the end of the hour', 55 * minuteMs, '2026-11-22T19:00:00Z'],
  ])('%s', (_, afterMs, expected) => {
    const slot = serve(afterMs);
    expect(slot.id).toBe(expected);
    expect(slot.opensAtMs).toBe(Date.parse(expected));
  });

  it('is never served twice', () => {
    expect(serve(10 * minuteMs, '2026-11-22T18:10:00Z').id).toBe('2026-11-22T18:20:00Z');
    expect(serve(10 * minuteMs, '2026-11-22T18:00:00Z').id).toBe('2026-11-22T18:10:00Z');
  });

  it.each([
    ['17:59:59.999', false],
    ['18:00:00.000', true],
    ['18:50:00.000', true],
    ['19:00:00.000', false],
  ])('at %s is of the hour 18: %s', (time, expected) => {
    const slot = { id: '', opensAtMs: Date.parse(`2026-11-22T${time}Z`) };
    expect(holdsIn({ hour: '2026-11-22T18:00:00.000Z' }, slot)).toBe(expected);
  });
});

describe('a slot', () => {
  it('asks the light load of an idle processor, the full one when it is full', () => {
    const [light] = planSlot(slotOf(id), assignmentOf());
    expect(light).toMatchObject({ profile: 1, work: workOf(tinyParams.light), rollCall: false });
    const [full] = planSlot(slotOf(id, { full_one_in: 1 }), assignmentOf());
    expect(full).toMatchObject({ profile: 2, work: workOf(tinyParams.full) });
  });

  it('asks the micro load of a hired one, and nothing when it is full', () => {
    const hired = assignmentOf({ hired: 'micro' });
    const [micro] = planSlot(slotOf(id), hired);
    expect(micro).toMatchObject({ profile: 0, work: workOf(tinyParams.micro) });
    expect(planSlot(slotOf(id, { full_one_in: 1 }), hired)).toEqual([]);
    const roll = { full_one_in: 1, one_in: rarely, roll_one_in: 1 };
    expect(planSlot(slotOf(id, roll), hired)).toEqual([]);
  });

  it('asks nothing of a hired device whose customer did not consent', () => {
    expect(planSlot(slotOf(id), assignmentOf({ hired: 'no_consent' }))).toEqual([]);
  });

  it.each([1, rarely])(
    'asks of a hire that counts as idle what it asks of an idle device',
    (full) => {
      const slot = slotOf(id, { full_one_in: full });
      const [call] = planSlot(slot, assignmentOf({ hired: 'idle' }));
      expect(call?.profile).toBe(full === 1 ? 2 : 1);
      expect(planSlot(slot, assignmentOf())).toEqual([call]);
    },
  );

  it('asks nothing when it calls nobody', () => {
    expect(planSlot(slotOf(id, { one_in: rarely }), assignmentOf())).toEqual([]);
  });

  it('calls a whole model by the roll, whatever the cohort’s draw says', () => {
    const slot = slotOf(id, { one_in: rarely, roll_one_in: 1 });
    const both = [
      assignedProcessor({ processor_id: 'prc_01KA0ZZ9ZZ8Y7X6W5V4T3S2R10', gpu_index: 0 }),
      assignedProcessor({ processor_id: 'prc_01KA0ZZ9ZZ8Y7X6W5V4T3S2R11', gpu_index: 1 }),
    ];
    const calls = planSlot(slot, assignmentOf({ processors: both }));
    expect(calls.map((call) => [call.processor.gpu_index, call.rollCall])).toEqual([
      [0, true],
      [1, true],
    ]);
  });

  it('asks nothing of a processor without a load for its profile', () => {
    const profiles = { micro: null, light: null, full: workOf(tinyParams.full) };
    const assignment = assignmentOf({ processors: [assignedProcessor({ profiles })] });
    expect(planSlot(slotOf(id), assignment)).toEqual([]);
    expect(hasWork(assignment)).toBe(true);
    const none = assignedProcessor({ profiles: { micro: null, light: null, full: null } });
    expect(hasWork(assignmentOf({ processors: [none] }))).toBe(false);
  });

  it('calls by part of the cohort: the draw of the part that the device’s group is in', () => {
    const seeds = Array.from({ length: 64 }, (_, n) => sha256('a seed', String(n)));
    const assignment = assignmentOf({ parts: 3 });
    const { cohort, group, parts } = assignment;
    const called = seeds.map(
      (seed) => planSlot(slotOf(id, { seed: toHex(seed), one_in: 6 }), assignment).length,
    );
    const expected = seeds.map((seed) =>
      isPartCalled(seed, cohort, partOf(seed, group, parts), { oneIn: 6 }) ? 1 : 0,
    );
    expect(called).toEqual(expected);
    expect(new Set(called)).toEqual(new Set([0, 1]));
  });
});
