/**
 * Rechecks: full proofs by challenge for idle processors whose last full pass is getting old. All idle
 * processors of a location group are challenged at once, else one machine could answer for several; so
 * a group is rechecked as soon as one of its processors needs it. Pure.
 */
import { hourMs } from '../core/time.ts';
import { fullPassAgeMs } from './judge-hour.ts';
import type { ProofPolicy } from './policy.ts';
import { countsAt, type ProcessorRecord } from './processor-record.ts';

/** A group is rechecked at most once in so much time, whether it answers or not. */
const spacingMs = 6 * hourMs;

/**
 * Most processors of a group that are challenged at once: as many as one transaction holds, for a part of
 * a group that passes alone proves nothing. Larger groups have full slots alone, which call each of them
 * about once a day.
 */
export const groupProcessorsMax = 25;

/** Whether the processor, which is idle now, needs a full pass. */
export const needsRecheck = (
  record: ProcessorRecord,
  nowMs: number,
  { recheckAfterMs }: ProofPolicy,
): boolean => countsAt(record, nowMs) && fullPassAgeMs(record, nowMs) > recheckAfterMs;

/** The name of a group's round of rechecks: the same for six hours, and a round is issued once. */
export const recheckRoundOf = (group: string, nowMs: number): string =>
  `recheck#${group}#${Math.floor(nowMs / spacingMs)}`;
