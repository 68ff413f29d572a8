/**
 * One proof from its seed to its verdict: commit, walk, opening, each a signed message. A message whose
 * answer was lost is sent again with the same bytes, which the platform answers as the first time. The
 * prover computes; this side derives and signs, and signs nothing that it has not derived itself.
 */
import type * as z from 'zod';
import {
  changedAssignmentSchema,
  commitAnswerSchema,
  openingAnswerSchema,
  walkAnswerSchema,
} from '../../shared/proofs/proof-schemas.ts';
import { bytesOfHex, toHex } from '../../shared/proofs/protocol/bytes.ts';
import { claimHashOf, type ProofClaim } from '../../shared/proofs/protocol/claim.ts';
import {
  deriveH0,
  deriveH1,
  deriveH2,
  deriveSeed,
  deriveSid,
} from '../../shared/proofs/protocol/derivation.ts';
import {
  hasWalk,
  type ProofParams,
  paramsHashOf,
} from '../../shared/proofs/protocol/parameters.ts';
import type { ProofPurpose } from '../../shared/proofs/schemas.ts';
import {
  type ApiClient,
  type ApiRequest,
  PlatformRefusal,
  PlatformUnreachable,
} from '../platform/api-client.ts';
import { untilAnswered } from '../platform/until-answered.ts';
import { messageOf } from '../problem.ts';
import type { AgentRuntime } from '../runtime.ts';
import { type Prover, ProverFailed } from './prover.ts';
import { openSession, type ProofSession } from './session.ts';

/** How long the prover may take over what is not measured against the start, in milliseconds. */
const walkMs = 180_000;
const openMs = 120_000;
/** How long one message is repeated; the platform answers a repeated one after every deadline. */
const deliverMs = 180_000;
/** An opening of two megabytes goes up slow lines as well. */
const openingTimeoutMs = 60_000;

/** What asks for a proof, and what it is of. */
export interface ProofOrder {
  readonly purpose: ProofPurpose;
  /** The slot's id or the challenge's. */
  readonly sourceId: string;
  /** The slot's seed or the challenge itself, 32 bytes. */
  readonly sourceSeed: Uint8Array;
  readonly processorId: string;
  readonly claim: ProofClaim;
  readonly params: ProofParams;
  /** Milliseconds after which a commitment would be refused in any case. */
  readonly commitWithinMs: number;
}

export interface ProofTools {
  readonly api: ApiClient;
  readonly prover: Prover;
  /** The device's public key, 32 bytes. */
  readonly devicePub: Uint8Array;
  /** The device's Ed25519 signature of a digest; 64 bytes. */
  readonly sign: (digest: Uint8Array) => Uint8Array;
  /** The platform says that the device's assignment is another one by now; returns at once. */
  readonly onChanged: () => void;
}

export type ProofVerdict = z.infer<typeof openingAnswerSchema>;

/** How a proof ended. */
export type ProofOutcome =
  | { readonly kind: 'judged'; readonly proofId: string; readonly verdict: ProofVerdict }
  /** No verdict: refused, without a prover or without an answer. */
  | { readonly kind: 'abandoned'; readonly code: string; readonly reason: string };

/** Fields by which a log line names the proof; never a seed. */
export const namesOf = ({ purpose, sourceId, processorId }: ProofOrder) => ({
  kind: purpose,
  processor_id: processorId,
  ...(purpose === 'slot' ? { slot: sourceId } : { challenge_id: sourceId }),
});

/** Runs one proof; whatever fails is logged and told, nothing is thrown. */
export const runProof = async (
  runtime: AgentRuntime,
  tools: ProofTools,
  order: ProofOrder,
  signal: AbortSignal,
): Promise<ProofOutcome> => {
  const { api, prover, devicePub } = tools;

  /** Sends the same bytes until they are answered. */
  const deliver = <T>(request: ApiRequest<T>): Promise<T> =>
    untilAnswered(
      runtime,
      () => api.send({ ...request, signal }),
      {
        limitMs: deliverMs,
        onFailure: (thrown, count) => {
          const facts = { ...namesOf(order), reason: messageOf(thrown), count };
          runtime.log.warn('proof_message_failed', facts);
        },
      },
      signal,
    );

  const commit = async (wanted: ProofOrder) => {
    const { purpose, sourceId, processorId, params } = wanted;
    const claimHash = claimHashOf(wanted.claim);
    const paramsHash = paramsHashOf(params);
    const seed = deriveSeed(wanted.sourceSeed, devicePub, processorId);
    const sid = deriveSid(sourceId, processorId);
    const h0 = deriveH0({ sid, seed, devicePub, paramsHash, claimHash });
    const limits = { beginMs: wanted.commitWithinMs, walkMs, openMs };
    const session = openSession(prover, { seed, devicePub, h0, params }, limits);
    const h1 = deriveH1(h0, await session.roots());
    const answer = await deliver({
      method: 'POST',
      path: '/v1/proofs',
      body: {
        ...(purpose === 'slot' ? { slot: sourceId } : { challenge_id: sourceId }),
        processor_id: processorId,
        profile: params.profile,
        params_hash: toHex(paramsHash),
        claim_hash: toHex(claimHash),
        h1: toHex(h1),
        signature: toHex(tools.sign(h1)),
      },
      answer: commitAnswerSchema,
    });
    return { session, h1, params, answer };
  };

  /** A changed assignment is no failure: once again with what the refusal names. */
  const commitRenewing = async () => {
    try {
      return await commit(order);
    } catch (thrown) {
      const changed = changeIn(thrown);
      if (!changed) throw thrown;
      runtime.log.info('proof_begins_anew', namesOf(order));
      tools.onChanged();
      return await commit({ ...order, claim: changed.claim, params: changed.params });
    }
  };

  const finish = async (): Promise<ProofOutcome> => {
    const { session, h1, params, answer } = await commitRenewing();
    const path = `/v1/proofs/${answer.id}`;
    runtime.log.info('proof_committed', { ...namesOf(order), proof_id: answer.id });
    const drawn = hasWalk(params)
      ? await walk(session, h1, bytesOfHex(required(answer.walk_seed)), path)
      : { h2: deriveH2(h1, null), sampleSeed: bytesOfHex(required(answer.sample_seed)) };
    const verdict = await deliver({
      method: 'PUT',
      path: `${path}/opening`,
      octets: await session.opening(drawn),
      timeoutMs: openingTimeoutMs,
      answer: openingAnswerSchema,
    });
    return { kind: 'judged', proofId: answer.id, verdict };
  };

  const walk = async (
    session: ProofSession,
    h1: Uint8Array,
    walkSeed: Uint8Array,
    path: string,
  ) => {
    const laneRoot = await session.lanes(walkSeed);
    const h2 = deriveH2(h1, { walkSeed, laneRoot });
    const answer = await deliver({
      method: 'POST',
      path: `${path}/walk`,
      body: { lane_root: toHex(laneRoot), signature: toHex(tools.sign(h2)) },
      answer: walkAnswerSchema,
    });
    return { h2, sampleSeed: bytesOfHex(answer.sample_seed) };
  };

  runtime.log.info('proof_started', namesOf(order));
  try {
    const outcome = await finish();
    logVerdict(runtime, order, outcome);
    return outcome;
  } catch (thrown) {
    const why = { code: codeOf(thrown), reason: messageOf(thrown) };
    runtime.log.warn('proof_abandoned', { ...namesOf(order), ...why });
    return { kind: 'abandoned', ...why };
  } finally {
    // The memory belongs to the next proof, or to a customer.
    await prover.drop().catch(() => undefined);
  }
};

const changeIn = (thrown: unknown): z.infer<typeof changedAssignmentSchema> | undefined =>
  thrown instanceof PlatformRefusal && thrown.code === 'proof.assignment_changed'
    ? changedAssignmentSchema.safeParse(thrown.problem).data
    : undefined;

const codeOf = (thrown: unknown): string => {
  if (thrown instanceof PlatformRefusal) return thrown.code;
  if (thrown instanceof PlatformUnreachable) return 'no_answer';
  return thrown instanceof ProverFailed ? 'prover_failed' : 'agent_failed';
};

const required = (seed: string | undefined): string => {
  if (seed !== undefined) return seed;
  throw new PlatformUnreachable('An unreadable answer: it names no seed for the next phase.');
};

const logVerdict = (runtime: AgentRuntime, order: ProofOrder, outcome: ProofOutcome): void => {
  if (outcome.kind !== 'judged') return;
  const { proofId, verdict } = outcome;
  const measured = verdict.metrics === null ? {} : { gops: verdict.metrics.gops };
  const facts = { ...namesOf(order), proof_id: proofId, ...measured };
  if (verdict.verdict === 'passed') runtime.log.info('proof_passed', facts);
  else runtime.log.warn('proof_failed', { ...facts, code: verdict.reason ?? 'unknown' });
};
