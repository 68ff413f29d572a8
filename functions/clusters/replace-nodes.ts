/**
 * Replaces devices of a deploying cluster that refused, stayed silent or did not come up: another device
 * of the same site takes the line, never above the quoted price. One transaction per replacement moves
 * the assignment, reserves the new device, lets go of the old one and tells it to stop. Nodes that had
 * joined a head that is gone are ended by the dispatch that follows.
 */
import { faultWords } from '../../shared/clusters/acceptance.ts';
import {
  type Assignment,
  type Cluster,
  type Fault,
  isHead,
  lineOf,
} from '../../shared/clusters/cluster.ts';
import { changeCluster } from '../../shared/clusters/cluster-store.ts';
import { isOver } from '../../shared/clusters/node.ts';
import { getNode, listNodes } from '../../shared/clusters/node-store.ts';
import type { BadAssignment } from '../../shared/clusters/provision.ts';
import { present } from '../../shared/core/assert.ts';
import { type Write, WriteRefused } from '../../shared/core/database.ts';
import { newId } from '../../shared/core/ids.ts';
import { getDevice, releaseDevice, reserveDevice } from '../../shared/devices/device-store.ts';
import { areLinked } from '../../shared/identity/link.ts';
import { findLinked } from '../../shared/identity/link-store.ts';
import { deviceUnitsPerHour } from '../../shared/market/offer.ts';
import { getQuote } from '../../shared/market/quote-store.ts';
import { planReplacement } from '../../shared/market/quoted-match.ts';
import type { Runtime } from '../kit/runtime.ts';
import { commit } from '../kit/transaction.ts';
import { loadOffers } from '../market/load-offers.ts';
import { stopWrites } from './stop-nodes.ts';

/** False when a line finds no device; a lost race is true, for the workflow looks again anyway. */
export const replaceNodes = async (
  needs: Runtime,
  cluster: Cluster,
  bad: readonly BadAssignment[],
  nowMs: number,
): Promise<boolean> => {
  let current = cluster;
  // The head last: its replacement renews the nodes of the others, and those that failed are gone by then.
  const headLast = [...bad].sort(
    (a, b) => Number(isHead(cluster, a.assignment)) - Number(isHead(cluster, b.assignment)),
  );
  for (const each of headLast) {
    const plan = await planOne(needs, current, each, nowMs);
    if (!plan) return false;
    try {
      await commit(needs, plan.writes);
    } catch (error) {
      if (error instanceof WriteRefused) return true;
      throw error;
    }
    current = plan.cluster;
  }
  return true;
};

const planOne = async (
  needs: Runtime,
  cluster: Cluster,
  { assignment, fault }: BadAssignment,
  nowMs: number,
): Promise<{ readonly cluster: Cluster; readonly writes: readonly Write[] } | undefined> => {
  const quote = present(await getQuote(needs.database, cluster.quoteId), 'a quote vanished');
  const line = lineOf(cluster, assignment);
  const offers = await loadOffers(needs.database, [line.model], nowMs);
  const offer = planReplacement({
    line,
    siteId: present(cluster.siteId, `${cluster.id} has no site`),
    rayVersion: cluster.rayVersion,
    pythonVersion: cluster.pythonVersion,
    excludeDeviceIds: cluster.assignments.map(({ deviceId }) => deviceId),
    filters: quote.order,
    offers,
    tieBreak: `${cluster.id} ${cluster.version}`,
  });
  const device = offer && (await getDevice(needs.database, offer.deviceId));
  if (!offer || !device) return undefined;
  const { organisationId, id: deviceId } = device;
  const linked = await findLinked(needs.database, cluster.organisationId, [organisationId]);
  const successor: Assignment = {
    nodeId: newId('nod', nowMs, needs.randomness),
    lineId: assignment.lineId,
    deviceId,
    supplierId: organisationId,
    rateUnitsPerHour: deviceUnitsPerHour(offer),
    linked: areLinked(cluster.organisationId, organisationId, linked),
    state: 'active',
    fault: null,
  };
  const headMoves = isHead(cluster, assignment);
  const assignments = [
    ...cluster.assignments.map((each) =>
      each.nodeId === assignment.nodeId ? { ...each, state: 'replaced' as const, fault } : each,
    ),
    successor,
  ];
  // A new head means a new Ray cluster: nodes that joined the old one start anew on their devices.
  const change = headMoves
    ? {
        assignments: await renewed(needs, { ...cluster, assignments }, successor, nowMs),
        headEndpoint: null,
      }
    : { assignments };
  return {
    cluster: { ...cluster, ...change, version: cluster.version + 1 },
    writes: [
      ...changeCluster(cluster, change, {
        kind: 'cluster.node_replaced',
        status: cluster.status,
        reasonCode: fault.reason,
        actor: 'platform',
        evidence: replacedWords(assignment, successor, fault),
        atMs: nowMs,
      }),
      reserveDevice(device, {
        clusterId: cluster.id,
        nodeId: successor.nodeId,
        sinceMs: nowMs,
        proofConsent: cluster.proofConsent,
      }),
      ...(await lettingGo(needs, cluster, assignment, fault.reason, nowMs)),
    ],
  };
};

const replacedWords = (old: Assignment, successor: Assignment, fault: Fault): string => {
  const fact = `${old.nodeId} is replaced by ${successor.nodeId}`;
  return fault.verdict === null ? `${fact}.` : `${fact}: ${faultWords(fault)}.`;
};

/** The old device is free again, but has to prove itself before it is offered. */
const lettingGo = async (
  needs: Runtime,
  cluster: Cluster,
  assignment: Assignment,
  reason: string,
  nowMs: number,
): Promise<readonly Write[]> => {
  const [device, node] = await Promise.all([
    getDevice(needs.database, assignment.deviceId),
    getNode(needs.database, cluster.id, assignment.nodeId),
  ]);
  const release = { clusterId: cluster.id, verified: false, reason, nowMs };
  return [
    ...(device?.hiredBy === cluster.id ? releaseDevice(device, release) : []),
    ...(node && !node.stopping && !isOver(node.status) ? stopWrites(needs, node, nowMs) : []),
  ];
};

/** Assignments whose nodes were dispatched for the old head get new nodes on the same devices. */
const renewed = async (
  needs: Runtime,
  cluster: Cluster,
  successor: Assignment,
  nowMs: number,
): Promise<readonly Assignment[]> => {
  const dispatched = new Set((await listNodes(needs.database, cluster.id)).map(({ id }) => id));
  return cluster.assignments.flatMap((each): Assignment[] => {
    const again =
      each.state === 'active' && each.nodeId !== successor.nodeId && dispatched.has(each.nodeId);
    if (!again) return [each];
    const nodeId = newId('nod', nowMs, needs.randomness);
    return [
      { ...each, state: 'replaced' },
      { ...each, nodeId },
    ];
  });
};
