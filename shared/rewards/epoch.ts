/**
 * An epoch: one reward hour, under the name of the hour (`YYYY-MM-DDTHH`, UTC). It runs (`in_progress`), is
 * being closed (`processing`, or `failed` where nothing was posted because something did not add up, until a
 * later attempt succeeds), and is `completed`. What is stored of it begins with its closing: the hour that runs,
 * and one that nobody began to close, follow from the clock alone. Its result, once committed, never changes.
 */
import { hourMs, minuteMs } from '../core/time.ts';
import { runGapMsMax } from '../devices/presence.ts';
import type { StatementHead } from './statement.ts';

export const epochStatuses = ['in_progress', 'processing', 'completed', 'failed'] as const;

export type EpochStatus = (typeof epochStatuses)[number];

/** What an epoch came to. Committed in the transaction that posts its emission. */
export interface EpochResult {
  /** SHA-256 (hex) over the shards of the snapshot: all that the result follows from. */
  readonly inputHash: string;
  /** Name of the manifest: its SHA-256 (hex). It names everything that was published. */
  readonly outputHash: string;
  /** Of the Merkle tree, hex. */
  readonly root: string;
  readonly head: StatementHead;
  /** How many parts the statement's CSV stands in; parts behind one another are the CSV. */
  readonly parts: number;
  /** How many documents of receipts the ledger posts. */
  readonly postings: number;
  readonly committedAtMs: number;
}

/** An epoch whose closing began. */
export interface Epoch {
  readonly id: string;
  /** Its number in the schedule of emission. */
  readonly hour: number;
  readonly startMs: number;
  readonly status: Exclude<EpochStatus, 'in_progress'>;
  readonly openedAtMs: number;
  /** Null until it is committed. */
  readonly result: EpochResult | null;
  /** What did not add up; null unless it failed. */
  readonly failure: string | null;
  readonly completedAtMs: number | null;
}

/** An epoch as everybody sees it, also before anything is stored of it. */
export interface EpochView
  extends Pick<Epoch, 'id' | 'hour' | 'startMs' | 'result' | 'completedAtMs'> {
  readonly status: EpochStatus;
}

/** The epoch of an hour that has begun: what is stored of it, or what follows from the clock. */
export const viewOf = (
  named: Pick<Epoch, 'id' | 'hour' | 'startMs'>,
  stored: Epoch | undefined,
  nowMs: number,
): EpochView => {
  if (stored) return stored;
  const status = nowMs < named.startMs + hourMs ? 'in_progress' : 'processing';
  return { ...named, status, result: null, completedAtMs: null };
};

/**
 * An hour is closed so long after its end. By then its proofs are over, and the last heartbeat that can prove a
 * minute of it was heard: a closing that comes later finds the same minutes.
 */
export const closedAfterMs = Math.ceil(runGapMsMax / minuteMs) * minuteMs;

/**
 * So long after its end an hour is still known as it was. Presence and stakes remember 48 hours, of which five
 * before the hour are asked for as well.
 */
const rememberedMs = 42 * hourMs;

/**
 * Whether the closing of the hour began too late to tell who was up: what is left of its facts favours those
 * whose machines were never restarted since. Then nobody is nominated.
 */
export const isForgotten = ({
  startMs,
  openedAtMs,
}: Pick<Epoch, 'startMs' | 'openedAtMs'>): boolean => openedAtMs > startMs + hourMs + rememberedMs;

/** Whether the hour that starts then may be closed now, as far as the clock says. */
export const isOver = (startMs: number, nowMs: number): boolean =>
  nowMs >= startMs + hourMs + closedAfterMs;
