/** Assignments, slots and work for tests. */
import type {
  AssignedProcessor,
  AssignedWork,
  ProofAssignment,
  SlotDocument,
} from '../../../../agent/proofs/slot-plan.ts';
import { toHex } from '../../../../shared/proofs/protocol/bytes.ts';
import { claimHashOf } from '../../../../shared/proofs/protocol/claim.ts';
import { type ProofParams, paramsHashOf } from '../../../../shared/proofs/protocol/parameters.ts';

const ulid = '01KA0ZZ9ZZ8Y7X6W5V4T3S2R1Q';

/** The smallest loads of each profile; the full one has a pool of two of its three rounds. */
export const tinyParams = {
  micro: { profile: 0, n: 64, k: 64, R: 1, P: 0, L: 0, S: 0, K: 4, q: 0 },
  light: { profile: 1, n: 64, k: 64, R: 2, P: 0, L: 0, S: 0, K: 4, q: 0 },
  full: { profile: 2, n: 64, k: 128, R: 3, P: 2, L: 128, S: 3, K: 4, q: 2 },
} as const satisfies Record<string, ProofParams>;

export const workOf = (params: ProofParams): AssignedWork => ({
  params,
  params_hash: toHex(paramsHashOf(params)),
});

export const assignedProcessor = (
  changes: Partial<
    Pick<AssignedProcessor, 'processor_id' | 'gpu_index' | 'model' | 'profiles'>
  > = {},
): AssignedProcessor => {
  const { processor_id = `prc_${ulid}`, gpu_index = null, model = 'x86-64 CPU' } = changes;
  const claim = {
    ...{ backend: 'cpu', driver: '', gpu_uuid: '', kind: 'cpu', memory_bytes: 2 ** 33 },
    ...{ model, pci_id: '', processor_id },
  };
  return {
    ...{ processor_id, gpu_index, model, claim, claim_hash: toHex(claimHashOf(claim)) },
    profiles: changes.profiles ?? {
      micro: workOf(tinyParams.micro),
      light: workOf(tinyParams.light),
      full: workOf(tinyParams.full),
    },
  };
};

export const assignmentOf = (changes: Partial<ProofAssignment> = {}): ProofAssignment => ({
  ...{
    period_minutes: 10,
    hour: '2026-11-22T18:00:00.000Z',
    hired: null,
    cohort: 'org_one',
    group: '203.0.113.0/24',
  },
  ...{ parts: 1, one_in: 6, full_one_in: 24, roll_one_in: 144 },
  processors: [assignedProcessor()],
  server_time_ms: 0,
  ...changes,
});

/** "Never", for a seed of `ff`: the draw is 1 in 2^20. */
export const rarely = 2 ** 20;

/** A slot that calls everybody with a light proof, unless changed. */
export const slotOf = (id: string, changes: Partial<SlotDocument> = {}): SlotDocument => ({
  ...{ id, opens_at: id, seed: 'f1'.repeat(32) },
  ...{ one_in: 1, full_one_in: rarely, roll_one_in: rarely },
  ...changes,
});
