/**
 * When slots open, and which processors of this device a slot calls with which load. Pure: the slot's seed,
 * the platform's assignment come in; the draws are the protocol's own, and the hire is what the platform says
 * it is: of a hire that counts as idle the device itself knows nothing.
 */
import type * as z from 'zod';
import { hourMs, minuteMs } from '../../shared/core/time.ts';
import { bytesOfHex } from '../../shared/proofs/protocol/bytes.ts';
import { type Profile, profileNames } from '../../shared/proofs/protocol/parameters.ts';
import { callOf, slotIdAt } from '../../shared/proofs/protocol/slot.ts';
import type { proofAssignmentSchema, slotSchema } from '../../shared/proofs/slot-schemas.ts';

/** What the platform asks of this device in the slots of an hour. */
export type ProofAssignment = z.infer<typeof proofAssignmentSchema>;
export type AssignedProcessor = ProofAssignment['processors'][number];
export type AssignedWork = NonNullable<AssignedProcessor['profiles']['light']>;
/** The public document of a slot. */
export type SlotDocument = z.infer<typeof slotSchema>;

/** A slot by its opening time. */
export interface SlotTime {
  readonly id: string;
  /** Epoch milliseconds on the platform's clock. */
  readonly opensAtMs: number;
}

/**
 * The slot to wait for: the next one, or the one that opened no longer than `lateMs` ago unless it was
 * served already. A proof that starts later than that could not be quick enough.
 */
export const slotToServe = (
  nowMs: number,
  periodMinutes: number,
  served: string | undefined,
  lateMs: number,
): SlotTime => {
  const periodMs = periodMinutes * minuteMs;
  const openedAtMs = Math.floor(nowMs / periodMs) * periodMs;
  const id = slotIdAt(openedAtMs);
  if (nowMs - openedAtMs <= lateMs && id !== served) return { id, opensAtMs: openedAtMs };
  const opensAtMs = openedAtMs + periodMs;
  return { id: slotIdAt(opensAtMs), opensAtMs };
};

/** Whether the assignment is of the hour in which the slot opens. */
export const holdsIn = (
  { hour }: Pick<ProofAssignment, 'hour'>,
  { opensAtMs }: SlotTime,
): boolean => Math.floor(opensAtMs / hourMs) * hourMs === Date.parse(hour);

/** What one processor has to do in a slot. */
export interface SlotCallOfProcessor {
  readonly processor: AssignedProcessor;
  readonly profile: Profile;
  readonly work: AssignedWork;
  /** The whole model is called: a miss costs a day. */
  readonly rollCall: boolean;
}

/** The processors that the slot calls, each with its load; as the platform has it in `slotCallOf`. */
export const planSlot = (
  slot: SlotDocument,
  assignment: ProofAssignment,
): readonly SlotCallOfProcessor[] => {
  const seed = bytesOfHex(slot.seed);
  const rates = {
    oneIn: slot.one_in,
    fullOneIn: slot.full_one_in,
    rollOneIn: slot.roll_one_in,
  };
  const { cohort, group, parts, hired } = assignment;
  if (hired === 'no_consent') return [];
  return assignment.processors.flatMap((processor) => {
    const place = { cohort, group, parts, model: processor.model, hired: hired === 'micro' };
    const call = callOf(seed, place, rates);
    const work = processor.profiles[profileNames[call.profile]];
    if (!call.called || work === null) return [];
    return [{ processor, profile: call.profile, work, rollCall: call.rollCall }];
  });
};

/** Whether any slot of this hour could ask anything of the device. */
export const hasWork = ({ processors }: ProofAssignment): boolean =>
  processors.some(({ profiles }) => profileNames.some((name) => profiles[name] !== null));
