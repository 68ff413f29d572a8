/**
 * A challenge: 32 random bytes that one processor answers with one proof. Single use; one that is not
 * committed in time has failed. Challenges of a round belong together: an order's processors, or a device's.
 */
import { assert } from '../core/assert.ts';
import type { Id } from '../core/ids.ts';
import type { ProofLoad } from './proof.ts';
import type { ProofClaim } from './protocol/claim.ts';
import type { ChallengePurpose, ProofReason } from './schemas.ts';

/** issued: no commitment yet; answered: its proof is under way; the rest is how it ended. */
export const challengeStatuses = ['issued', 'answered', 'passed', 'failed', 'expired'] as const;

export type ChallengeStatus = (typeof challengeStatuses)[number];

export interface Challenge {
  readonly id: Id<'chl'>;
  readonly purpose: ChallengePurpose;
  readonly deviceId: Id<'dev'>;
  readonly organisationId: Id<'org'>;
  readonly processorId: Id<'prc'>;
  /** 32 random bytes, hex. Known to the platform and the device alone until it is answered. */
  readonly secret: string;
  readonly load: ProofLoad;
  /** What the processor was said to be when it was challenged: what it has to commit to. */
  readonly claim: ProofClaim;
  /** The clock just before it was stored. */
  readonly t0Ms: number;
  readonly status: ChallengeStatus;
  /** Why it failed; `expired` when no commitment came. */
  readonly reason: ProofReason | null;
  /** The proof that answers it. */
  readonly proofId: Id<'poc'> | null;
  /** What belongs together, for example `<cluster id>#<attempt>`; null for one on its own. */
  readonly round: string | null;
  /** Whether all idle processors of its location group were challenged with it: then a pass counts. */
  readonly wholeGroup: boolean;
  /** The command that carries it to the device. */
  readonly commandId: Id<'cmd'>;
}

/** What a reader of a round is told of each challenge; no secret. */
export interface ChallengeResult {
  readonly challengeId: Id<'chl'>;
  readonly processorId: Id<'prc'>;
  readonly deviceId: Id<'dev'>;
  readonly status: ChallengeStatus;
  readonly reason: ProofReason | null;
  readonly proofId: Id<'poc'> | null;
  readonly t0Ms: number;
  /** When a commitment is refused, from then on. */
  readonly commitUntilMs: number;
  /** Of one that is answered: when its proof waits in vain for the next message. Null before and after. */
  readonly proofUntilMs: number | null;
}

/** When a commitment is refused, from then on. */
export const commitUntilMs = ({ t0Ms, load }: Challenge): number => t0Ms + load.commitWithinMs;

/** Whether it has ended, one way or another. */
export const isChallengeOver = ({ status }: Pick<Challenge, 'status'>): boolean =>
  status !== 'issued' && status !== 'answered';

/** Holds for every challenge; a breach is a bug. */
export const assertChallenge = (challenge: Challenge): Challenge => {
  const { id, status, claim, processorId } = challenge;
  assert(claim.processor_id === processorId, `${id}: ${claim.processor_id} is another one`);
  const failed = status === 'failed' || status === 'expired';
  assert(failed === (challenge.reason !== null), `${id}: ${status}, ${challenge.reason}`);
  const answered = status !== 'issued' && status !== 'expired';
  assert(answered === (challenge.proofId !== null), `${id}: ${status}, ${challenge.proofId}`);
  return challenge;
};
