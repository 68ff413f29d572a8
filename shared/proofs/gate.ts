/**
 * The gate of a processor in an hour as it is stored, published and read by rewards, and the reasons
 * for which it can be closed: stable codes, with what the supplier can do about each.
 */
import type { Id } from '../core/ids.ts';
import { isoOf } from '../core/time.ts';
import type { Profile } from './protocol/parameters.ts';

/**
 * What became of a call: passed; failed with an opening; expired, when a commitment came and no opening;
 * missed, when nothing came.
 */
export const callOutcomes = ['passed', 'failed', 'expired', 'missed'] as const;

export type CallOutcome = (typeof callOutcomes)[number];

/** A call of the hour: a slot that called the processor, or a challenge that counts. */
export interface HourCall {
  /** Opening of the slot, or t0 of the challenge. */
  readonly atMs: number;
  readonly source: 'slot' | 'challenge';
  readonly profile: Profile;
  /** The slot called the whole model. */
  readonly rollCall: boolean;
  readonly outcome: CallOutcome;
}

/** In the order in which they are told. */
export const gateReasons = [
  'no_consent',
  'not_verified',
  'roll_call_missed',
  'roll_call_failed',
  'roll_call_excluded',
  'call_missed',
  'call_failed',
  'no_call_yet',
  'last_call_not_passed',
  'full_call_unanswered',
  'no_full_pass',
  'full_pass_too_old',
] as const;

export type GateReason = (typeof gateReasons)[number];

/** What a reason means and what helps, for suppliers. */
export const gateWords: Readonly<Record<GateReason, { says: string; remedy: string }>> = {
  no_consent: {
    says: 'The customer who hired the device refused proofs.',
    remedy: 'Nothing to do: the hour earns the hire alone, as the offer said.',
  },
  not_verified: {
    says: 'A forged opening took the proof of this device away.',
    remedy: 'Wait for the next verification and keep the device free until it has passed.',
  },
  roll_call_missed: {
    says: 'The device did not answer a roll call of its model, which costs at least 24 hours.',
    remedy: 'Keep the agent running and connected; after the 24, the next roll call passed opens.',
  },
  roll_call_failed: {
    says: 'The device failed a roll call of its model, which costs at least 24 hours.',
    remedy: 'Look at the proof for its reason; one processor must not serve two devices.',
  },
  roll_call_excluded: {
    says: 'The last roll call was missed or failed, which costs 24 hours and until one is passed.',
    remedy: 'Answer the calls that come: about one a day is a roll call.',
  },
  call_missed: {
    says: 'The device did not answer a call of this hour.',
    remedy: 'Keep the agent running and connected, and the clock of the machine right.',
  },
  call_failed: {
    says: 'The device failed a proof of this hour.',
    remedy: 'Look at the proof for its reason: other load, throttling, or the wrong model.',
  },
  no_call_yet: {
    says: 'No slot has called the processor yet.',
    remedy: 'Nothing to do: a call comes about once an hour.',
  },
  last_call_not_passed: {
    says: 'The last call before this hour was not passed.',
    remedy: 'Answer the next call, which comes about once an hour.',
  },
  full_call_unanswered: {
    says: 'The last full call was not answered.',
    remedy: 'Answer the next full call: about once a day, or a recheck of the platform.',
  },
  no_full_pass: {
    says: 'The processor has passed no full proof together with its network yet.',
    remedy: 'Answer the next full call or the recheck that the platform sends.',
  },
  full_pass_too_old: {
    says: 'The last full pass is more than seven days ago.',
    remedy: 'Answer the next full call or the recheck that the platform sends.',
  },
};

export interface Gate {
  /** The start of the hour. */
  readonly hourMs: number;
  readonly processorId: Id<'prc'>;
  readonly deviceId: Id<'dev'>;
  readonly organisationId: Id<'org'>;
  /** Null: passed. */
  readonly reason: GateReason | null;
  readonly calls: readonly HourCall[];
  /** Whether a customer had the device as some slot of the hour opened, in a hire that counts as one. */
  readonly hired: boolean;
}

/** The hour's name in keys and statements: `YYYY-MM-DDTHH`. */
export const hourIdOf = (hourMs: number): string => isoOf(hourMs).slice(0, 13);
