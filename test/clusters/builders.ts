/** Clusters and nodes for the tests of the rules. */
import type { AcceptanceRound, Assignment, Cluster } from '../../shared/clusters/cluster.ts';
import type { Node } from '../../shared/clusters/node.ts';
import type { Id } from '../../shared/core/ids.ts';
import { hourMs } from '../../shared/core/time.ts';
import type { ChallengeResult } from '../../shared/proofs/challenge.ts';
import { deviceId, orgId, siteId } from '../market/builders.ts';
import { startMs } from '../support/runtime.ts';

export const nodeId = (number: number): Id<'nod'> => `nod_${String(number).padStart(26, '0')}`;
export const clusterId: Id<'clu'> = 'clu_00000000000000000000000001';

export const anAssignment = (number: number, changes: Partial<Assignment> = {}): Assignment => ({
  nodeId: nodeId(number),
  lineId: `line-${number}`,
  deviceId: deviceId(number),
  supplierId: orgId(1),
  rateUnitsPerHour: 400_000n,
  linked: false,
  state: 'active',
  fault: null,
  ...changes,
});

/** A cluster of a head and one worker that was just ordered, for two hours. */
export const aCluster = (changes: Partial<Cluster> = {}): Cluster => ({
  id: clusterId,
  organisationId: orgId(2),
  name: 'mine',
  status: 'deployment_requested',
  reason: 'customer_request',
  version: 1,
  quoteId: 'quo_00000000000000000000000001',
  lines: [1, 2].map((number) => ({
    lineId: `line-${number}`,
    role: number === 1 ? 'head' : 'worker',
    model: 'RTX 4090',
    processors: 1,
    schedulable: true,
    rateUnitsPerHour: 400_000n,
  })),
  assignments: [anAssignment(1), anAssignment(2)],
  siteId: siteId(1),
  region: 'eu-west',
  rayVersion: '2.60.0',
  pythonVersion: '3.12',
  authToken: 'T'.repeat(52),
  orderedMs: 2 * hourMs,
  proofConsent: true,
  createdAtMs: startMs,
  provisionUntilMs: startMs + 600_000,
  orderedBy: null,
  payUntilMs: null,
  headEndpoint: null,
  acceptance: null,
  runningAtMs: null,
  paidUntilMs: null,
  stoppedAtMs: null,
  closedAtMs: null,
  terminatedByCustomer: false,
  ...changes,
});

export const aNode = (number: number, changes: Partial<Node> = {}): Node => ({
  id: nodeId(number),
  clusterId,
  deviceId: deviceId(number),
  cpus: 16,
  gpus: 1,
  status: 'commanded',
  reason: null,
  commandedAtMs: startMs,
  changedAtMs: startMs,
  stopping: false,
  ...changes,
});

/** A round that asked the devices 1 to `devices`, one processor of each. */
export const aRound = (number: number, devices: number): AcceptanceRound => ({
  number,
  openedAtMs: startMs,
  deviceIds: Array.from({ length: devices }, (_, at) => deviceId(at + 1)),
  challenged: devices,
});

/** How device `number` stands in a round that began at the start: it passed. */
export const aResult = (
  number: number,
  changes: Partial<ChallengeResult> = {},
): ChallengeResult => ({
  challengeId: `chl_${String(number).padStart(26, '0')}`,
  processorId: `prc_${String(number).padStart(26, '0')}`,
  deviceId: deviceId(number),
  status: 'passed',
  reason: null,
  proofId: null,
  t0Ms: startMs,
  commitUntilMs: startMs + 12_000,
  proofUntilMs: null,
  ...changes,
});
