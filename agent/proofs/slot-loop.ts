/**
 * Follows the public slots on the platform's clock. A second before one opens the assignment is asked for
 * where it may be another one by then: with a new hour, a hire or a change, so that agent and platform
 * see the same. Where it cannot be, a connection is made ready and nothing is asked, for requests cost.
 * As the slot opens its document is read, and the processors that it calls are handed on at once. A clock
 * that was moved is noticed by looking again every few seconds, and at once when an answer shows it.
 */
import { proofAssignmentSchema } from '../../shared/proofs/slot-schemas.ts';
import { type ApiClient, PlatformRefusal } from '../platform/api-client.ts';
import { messageOf } from '../problem.ts';
import { type AgentRuntime, backoffMs } from '../runtime.ts';
import {
  hasWork,
  holdsIn,
  type ProofAssignment,
  planSlot,
  type SlotCallOfProcessor,
  type SlotDocument,
  type SlotTime,
  slotToServe,
} from './slot-plan.ts';
import { createSlotReader } from './slot-reader.ts';

/** So long before a slot opens the platform is asked, or a connection to it made ready. */
const aheadMs = 1_000;
/** Its answer is waited for no longer than this: a slot read later than that could not be answered in time. */
const assignmentMs = 1_500;
/** The clocks are looked at again at least so often. */
const lookAgainMs = 5_000;
/** A slot that opened longer ago is left alone, milliseconds: its proof could not be quick enough. */
export const lateMsMax = 2_000;
const refused = { baseMs: 60_000, maxMs: 600_000 } as const;
const silent = { baseMs: 1_000, maxMs: 30_000 } as const;

export interface SlotLoopOptions {
  readonly api: ApiClient;
  /** Whether a node runs here: as what the device is hired is then for the platform to say. */
  readonly hasNode: () => boolean;
  /** Takes the processors that a slot calls; returns at once. */
  readonly onCalls: (slot: SlotDocument, calls: readonly SlotCallOfProcessor[]) => void;
  /**
   * These processors may be asked by a slot or a challenge at any time: their provers had better run, for
   * what a GPU's prover needs to start would be charged to the proof. Returns at once.
   */
  readonly onExpecting: (assignment: ProofAssignment) => void;
}

export interface SlotLoop {
  /** Asks for the assignment anew, as after a refusal that says it has changed. Throws as the API does. */
  refresh(): Promise<ProofAssignment>;
  /** What is known of the assignment may have changed: it is asked for before the next slot. */
  doubt(): void;
  /** Milliseconds until a slot opens that may call the device; infinite while none is in sight. */
  quietMs(): number;
  readonly ended: Promise<void>;
}

/** Runs until `signal` aborts. */
export const runSlotLoop = (
  runtime: AgentRuntime,
  options: SlotLoopOptions,
  signal: AbortSignal,
): SlotLoop => {
  const { api } = options;
  let assignment: ProofAssignment | undefined;
  let served: string | undefined;
  let isDoubted = false;
  let failures = 0;
  let waking = new AbortController();
  api.serverClock.onJump(() => waking.abort());

  /** Waits, less long when the platform's clock turns out to have jumped: then it answers false. */
  const pause = async (ms: number): Promise<boolean> => {
    waking = new AbortController();
    const woken = waking.signal;
    await runtime.wait(ms, AbortSignal.any([signal, woken]));
    return !woken.aborted;
  };
  const earlyMsMax = 2 * aheadMs;
  const reader = createSlotReader(runtime, { api, lateMsMax, earlyMsMax, pause }, signal);

  const refresh = async (timeoutMs?: number): Promise<ProofAssignment> => {
    isDoubted = false;
    assignment = await api.send({
      method: 'GET',
      path: '/v1/agent/proof-assignment',
      answer: proofAssignmentSchema,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    });
    failures = 0;
    return assignment;
  };

  const tellFailure = (thrown: unknown): void => {
    const code = thrown instanceof PlatformRefusal ? { code: thrown.code } : {};
    runtime.log.warn('assignment_not_fetched', { ...code, reason: messageOf(thrown) });
  };

  /** The first assignment, or the time when it has become unknown; a failure is waited out. */
  const orient = async (): Promise<void> => {
    try {
      await refresh();
      // A platform that told no time this time may the next.
      if (api.serverClock.nowMs() === undefined) await pause(lookAgainMs);
    } catch (thrown) {
      tellFailure(thrown);
      const isRefused = thrown instanceof PlatformRefusal && !thrown.isTemporary;
      const bounds = isRefused ? refused : silent;
      failures += 1;
      await pause(backoffMs(failures, bounds, runtime.randomness));
    }
  };

  /** The assignment as it is now; at worst the one that is known, which the platform corrects. */
  const renewed = async (known: ProofAssignment): Promise<ProofAssignment> => {
    try {
      return await refresh(assignmentMs);
    } catch (thrown) {
      isDoubted = true;
      tellFailure(thrown);
      return known;
    }
  };

  /** Whether the platform may see another assignment in this slot than the one that is known. */
  const mayDiffer = (slot: SlotTime, known: ProofAssignment): boolean =>
    isDoubted || options.hasNode() || known.hired !== null || !holdsIn(known, slot);

  /** Uses the moment before the slot opens: for the assignment, or for the connection alone. */
  const prepared = async (slot: SlotTime, known: ProofAssignment): Promise<ProofAssignment> => {
    if (mayDiffer(slot, known)) return await renewed(known);
    api.openAhead();
    return known;
  };

  const serve = async (slot: SlotTime, known: ProofAssignment): Promise<void> => {
    const isAhead = (api.serverClock.nowMs() ?? 0) < slot.opensAtMs;
    const expected = isAhead ? await prepared(slot, known) : known;
    const isSettled = isAhead ? holdsIn(expected, slot) : !mayDiffer(slot, known);
    if (!(await reader.untilOpen(slot))) return;
    const [document, current] = await Promise.all([
      reader.read(slot),
      isSettled ? expected : renewed(expected),
    ]);
    if (!document || signal.aborted) return;
    served = slot.id;
    const calls = planSlot(document, current);
    runtime.log.info('slot_opened', { slot: slot.id, count: calls.length });
    if (calls.length > 0) options.onCalls(document, calls);
  };

  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      const nowMs = api.serverClock.nowMs();
      if (!assignment || nowMs === undefined) {
        await orient();
        continue;
      }
      const slot = slotToServe(nowMs, assignment.period_minutes, served, lateMsMax);
      const leftMs = slot.opensAtMs - nowMs;
      if (leftMs > aheadMs) options.onExpecting(assignment);
      const isOfUse = hasWork(assignment) || !holdsIn(assignment, slot);
      if (!isOfUse) {
        if (leftMs <= 0) served = slot.id;
        else await pause(Math.min(leftMs, lookAgainMs));
      } else if (leftMs <= aheadMs) {
        await serve(slot, assignment);
      } else {
        await pause(Math.min(leftMs - aheadMs, lookAgainMs));
      }
    }
  };

  const quietMs = (): number => {
    const nowMs = api.serverClock.nowMs();
    if (!assignment || nowMs === undefined || !hasWork(assignment)) return Number.POSITIVE_INFINITY;
    return slotToServe(nowMs, assignment.period_minutes, served, 0).opensAtMs - nowMs;
  };

  const doubt = (): void => {
    isDoubted = true;
  };

  return { refresh: () => refresh(), doubt, quietMs, ended: run() };
};
