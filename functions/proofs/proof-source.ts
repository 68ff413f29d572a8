/**
 * Where the seed of a proof comes from: a public slot, or a challenge of this processor. Both say when the
 * proof started and what work they ask for; what that costs to find out is spent only when it is needed.
 */
import type * as z from 'zod';
import type { Write } from '../../shared/core/database.ts';
import { AppError } from '../../shared/core/errors.ts';
import type { Id } from '../../shared/core/ids.ts';
import type { Challenge } from '../../shared/proofs/challenge.ts';
import { getChallenge, putChallenge } from '../../shared/proofs/challenge-store.ts';
import { policyOf } from '../../shared/proofs/policy.ts';
import type { Processor } from '../../shared/proofs/processor.ts';
import type { ProofLoad } from '../../shared/proofs/proof.ts';
import type { commitRequestSchema } from '../../shared/proofs/proof-schemas.ts';
import type { ProofClaim } from '../../shared/proofs/protocol/claim.ts';
import { slotOpensAtMs } from '../../shared/proofs/protocol/slot.ts';
import type { ProofPurpose } from '../../shared/proofs/schemas.ts';
import type { Call } from '../kit/route.ts';
import type { ProofNeeds } from './end-proof.ts';
import { requireSlotWork } from './slot-work.ts';
import { tooEarly } from './too-early.ts';

export type CommitCall = Call<'device', unknown, unknown, z.output<typeof commitRequestSchema>>;

export interface ProofSource {
  readonly sourceId: string;
  readonly purpose: ProofPurpose;
  readonly t0Ms: number;
  /** What it asks for, of whom; `proof.not_called`, `proof.too_late`. */
  work(): Promise<{ readonly load: ProofLoad; readonly claim: ProofClaim }>;
  /** Beside the proof: the source remembers which proof answers it. */
  answeredBy(proofId: Id<'poc'>): readonly Write[];
}

/** The source that a commitment names: `proof.unknown_slot`, `proof.unknown_challenge`, `proof.too_early`. */
export const requireSource = async (
  needs: ProofNeeds,
  call: CommitCall,
  processor: Processor,
): Promise<ProofSource> => {
  const { slot, challenge_id } = call.body;
  return slot === undefined
    ? challengeSource(needs, challenge_id, processor)
    : slotSource(needs, call, slot, processor);
};

const slotSource = (
  needs: ProofNeeds,
  call: CommitCall,
  slotId: string,
  processor: Processor,
): ProofSource => {
  const opensAtMs = slotOpensAtMs(slotId, policyOf(needs.stage).slotMinutes);
  if (opensAtMs === undefined) throw new AppError('proof.unknown_slot');
  if (call.arrivedAtMs < opensAtMs) throw tooEarly(opensAtMs, call.nowMs);
  const { sourceIp, nowMs } = call;
  return {
    sourceId: slotId,
    purpose: 'slot',
    t0Ms: opensAtMs,
    work: async () => {
      const asked = { device: call.caller.device, processor, slotId, opensAtMs, sourceIp, nowMs };
      const load = await requireSlotWork(needs, asked);
      return { load, claim: processor.claim };
    },
    answeredBy: () => [],
  };
};

const challengeSource = async (
  needs: ProofNeeds,
  challengeId: string | undefined,
  processor: Processor,
): Promise<ProofSource> => {
  const challenge =
    challengeId === undefined ? undefined : await getChallenge(needs.database, challengeId);
  if (challenge?.processorId !== processor.id) throw new AppError('proof.unknown_challenge');
  const { load, claim, t0Ms, purpose } = challenge;
  return {
    sourceId: challenge.id,
    purpose,
    t0Ms,
    work: async () => {
      // Swept already: it has failed, however early this message was sent.
      if (challenge.status !== 'issued') throw new AppError('proof.too_late');
      return { load, claim };
    },
    answeredBy: (proofId) => [
      putChallenge({ ...challenge, status: 'answered', proofId } satisfies Challenge, challenge),
    ],
  };
};
