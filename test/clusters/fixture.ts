/**
 * A whole platform in memory for the tests of clusters: one supplier with ready devices in one site, one
 * customer with credit, the real functions of every noun that a rental touches, and agents that are
 * played by the test. Only what lies outside the platform is recorded instead of called.
 */
import { assessClusterStep } from '../../functions/clusters/assess-cluster.step.ts';
import { closeClusterStep } from '../../functions/clusters/close-cluster.step.ts';
import { dispatchNodesStep } from '../../functions/clusters/dispatch-nodes.step.ts';
import { expireClusters } from '../../functions/clusters/expire-clusters.schedule.ts';
import { giveUpStep } from '../../functions/clusters/give-up.step.ts';
import { reconcileClusters } from '../../functions/clusters/reconcile-clusters.schedule.ts';
import { relayEvents } from '../../functions/clusters/relay-events.stream.ts';
import { clusterRoutes } from '../../functions/clusters/routes.ts';
import { settleUsage } from '../../functions/clusters/settle-usage.schedule.ts';
import { stopNodesStep } from '../../functions/clusters/stop-nodes.step.ts';
import { watchBudgets } from '../../functions/clusters/watch-budgets.schedule.ts';
import { httpFunction } from '../../functions/kit/http.ts';
import { scheduleFunction } from '../../functions/kit/schedule.ts';
import { stepFunction } from '../../functions/kit/step.ts';
import { commit } from '../../functions/kit/transaction.ts';
import { ledgerRoutes } from '../../functions/ledger/routes.ts';
import { marketRoutes } from '../../functions/market/routes.ts';
import { paymentsRoutes } from '../../functions/payments/routes.ts';
import type { AgentReport, Command, NodeReport } from '../../shared/clusters/agent-protocol.ts';
import { getCluster } from '../../shared/clusters/cluster-store.ts';
import { listNodes } from '../../shared/clusters/node-store.ts';
import { getUsage } from '../../shared/clusters/usage-store.ts';
import { present } from '../../shared/core/assert.ts';
import { signatureHeaders } from '../../shared/core/http-signature.ts';
import { base32, type Id, newId } from '../../shared/core/ids.ts';
import { minuteMs } from '../../shared/core/time.ts';
import type { Device } from '../../shared/devices/device.ts';
import { getDevice, putNewDevice } from '../../shared/devices/device-store.ts';
import { putSite } from '../../shared/devices/site-store.ts';
import { checkInvariants } from '../../shared/ledger/invariants.ts';
import { getHold, scanLedger } from '../../shared/ledger/ledger-store.ts';
import { noInvoicing } from '../../shared/payments/invoices/billing.ts';
import type { ProofReason } from '../../shared/proofs/schemas.ts';
import { aDevice, siteId } from '../market/builders.ts';
import { callHttp, type TestRequest, testHost } from '../support/http.ts';
import { makeKey, makeOrganisation } from '../support/identity.ts';
import { playProver } from '../support/play-prover.ts';
import { type TestRuntime, testRuntime } from '../support/runtime.ts';
import { keyPair, outside } from './outside.ts';

/** What an RTX 4090 costs in these tests, micro-USD per hour; less than the catalogue's price. */
export const rateUnits = 360_000n;
export const model = 'RTX 4090';
const provisionArn = 'arn:provision-cluster';
const releaseArn = 'arn:release-cluster';

/** Where the played head listens. */
export const headAddress = '10.0.0.7';
export const headPorts = { gcs: 21_000, dashboard: 21_001, client: 21_002 };

interface Options {
  readonly seed?: string;
  readonly devices?: number;
  /** Changes of the device with this number (from 1). */
  readonly device?: (number: number) => Partial<Device>;
  /** Credit granted to the customer, micro-USD. */
  readonly credit?: bigint;
}

/** What an order says beside its size; two hours unless told. */
interface QuoteOptions {
  readonly hours?: number;
  /** An RTX 4090 unless told. */
  readonly model?: string;
  readonly key?: string;
  readonly proofConsent?: boolean;
}

/** A device that the test plays, with the key that it signs with. */
export interface TestDevice {
  readonly id: Id<'dev'>;
  readonly privateKeyPem: string;
}

/** The platform. Nothing is shared between two. */
export const setup = async (options: Options = {}) => {
  const { seed = 'clusters', devices: count = 3, credit = 1_000_000_000n } = options;
  // Stage local: strangers may hire devices whose isolation is a process.
  const runtime: TestRuntime = { ...testRuntime(seed), stage: 'local' };
  const { database, clock } = runtime;
  const out = outside();
  const { workflows, sockets, poison } = out;
  const needs = {
    ...runtime,
    /** What happens while a refused transaction waits; a test may replace it. */
    pause: async (_milliseconds: number): Promise<void> => {},
    workflows,
    sockets,
    poison,
    provisionStateMachineArn: provisionArn,
    releaseStateMachineArn: releaseArn,
    invoicing: noInvoicing,
  };
  const check = { keyMode: 'test' } as const;
  const http = {
    clusters: httpFunction(needs, clusterRoutes, check),
    market: httpFunction(runtime, marketRoutes, check),
    ledger: httpFunction(runtime, ledgerRoutes, check),
    payments: httpFunction(runtime, paymentsRoutes, check),
  };

  const supplierId = await makeOrganisation(runtime, 'Supplier');
  const customerId = await makeOrganisation(runtime, 'Customer');
  const operatorKey = await makeKey(runtime, await makeOrganisation(runtime, 'Us'), 'operator');
  const key = await makeKey(runtime, customerId);
  const supplierKey = await makeKey(runtime, supplierId);
  let requests = 0;
  const idempotencyKey = () => {
    requests += 1;
    return { 'idempotency-key': `request-${requests}` };
  };

  /** One request of the customer; idempotent where the endpoint wants it. */
  const call = (request: TestRequest) =>
    callHttp(http.clusters, {
      key,
      ...request,
      headers: { ...(request.method === 'POST' ? idempotencyKey() : {}), ...request.headers },
    });

  const site = siteId(1);
  const createdAtMs = clock.ms;
  const sitePut = { id: site, organisationId: supplierId, name: 'hall', createdAtMs };
  await commit(runtime, [putSite({ ...sitePut, region: 'eu-west' })]);
  const devices: TestDevice[] = [];
  for (let number = 1; number <= count; number += 1) {
    const { publicKey, privateKeyPem } = keyPair(`${seed} ${number}`);
    const own = options.device?.(number);
    const device = aDevice(number, { publicKey, organisationId: supplierId, ...own });
    await commit(runtime, putNewDevice(device));
    devices.push({ id: device.id, privateKeyPem });
  }
  await callHttp(http.market, {
    method: 'PUT',
    path: '/v1/prices',
    key: supplierKey,
    body: { model, price_per_hour: { amount: String(rateUnits), currency: 'usd' } },
  });

  const grant = async (organisationId: string, units: bigint) => {
    const answer = await callHttp(http.ledger, {
      method: 'POST',
      path: '/v1/ledger/grants',
      key: operatorKey,
      headers: idempotencyKey(),
      body: {
        organisation_id: organisationId,
        amount: { amount: String(units), currency: 'usd' },
        reason: 'test',
      },
    });
    expect(answer.status).toBe(201);
  };
  if (credit > 0n) await grant(customerId, credit);

  /** A quote for so many RTX 4090, the head among them. */
  const quote = async (nodes: number, more: QuoteOptions = {}) => {
    const answer = await callHttp(http.market, {
      method: 'POST',
      path: '/v1/quotes',
      key: more.key ?? key,
      headers: idempotencyKey(),
      body: {
        items: [{ model: more.model ?? model, count: nodes }],
        head: 'shared',
        hours: more.hours ?? 2,
        proof_consent: more.proofConsent,
      },
    });
    expect(answer).toMatchObject({ status: 201 });
    return answer.body.id as string;
  };

  const create = (quoteId: string, more: Partial<TestRequest> = {}) =>
    call({ method: 'POST', path: '/v1/clusters', body: { quote_id: quoteId }, ...more });

  /** Orders a cluster; answers its id. */
  const order = async (nodes: number, more: QuoteOptions = {}): Promise<Id<'clu'>> => {
    const answer = await create(await quote(nodes, more));
    expect(answer).toMatchObject({ status: 201 });
    return answer.body.id;
  };

  const deviceOf = (deviceId: string) =>
    present(
      devices.find(({ id }) => id === deviceId),
      `no test device ${deviceId}`,
    );

  /** A request signed by a device. */
  const signed = (
    device: TestDevice,
    request: { method: string; path: string; body?: unknown },
    more: { nowMs?: number; nonce?: string } = {},
  ) => {
    const rawBody = request.body === undefined ? '' : JSON.stringify(request.body);
    const { method, path } = request;
    const headers = signatureHeaders(
      { method, authority: testHost, path, body: rawBody },
      { privateKeyPem: device.privateKeyPem, keyid: device.id },
      {
        nowMs: more.nowMs ?? clock.ms,
        nonce: more.nonce ?? base32(runtime.randomness.bytes(16)),
      },
    );
    return callHttp(http.clusters, {
      method,
      path,
      headers,
      ...(rawBody === '' ? {} : { rawBody }),
    });
  };

  /** Sends a report as its device; answers `ok` or `stop`. */
  const report = async (deviceId: string, body: AgentReport): Promise<string> => {
    const request = { method: 'POST', path: '/v1/agent/reports', body: { report: body } };
    const answer = await signed(deviceOf(deviceId), request);
    if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
    return answer.body.answer;
  };

  const beat = async (ids: readonly string[] = devices.map(({ id }) => id)) => {
    for (const id of ids) {
      const request = { method: 'POST', path: '/v1/agent/heartbeat', body: {} };
      const answer = await signed(deviceOf(id), request);
      if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
    }
  };

  const commandsOf = async (deviceId: string): Promise<readonly Command[]> => {
    const request = { method: 'GET', path: '/v1/agent/commands' };
    return (await signed(deviceOf(deviceId), request)).body.commands;
  };

  const cluster = async (id: string) => present(await getCluster(database, id), `no cluster ${id}`);
  const nodes = (id: string) => listNodes(database, id);

  const steps = stepFunction(needs, {
    'dispatch-nodes': dispatchNodesStep,
    'assess-cluster': assessClusterStep,
    'give-up': giveUpStep,
    'stop-nodes': stopNodesStep,
    'close-cluster': closeClusterStep,
  });
  let tokens = 0;
  const step = async (name: string, clusterId: string): Promise<string> => {
    tokens += 1;
    const task_token = `token ${tokens}`;
    return (await steps({ step: name, cluster_id: clusterId, task_token })).outcome;
  };

  const schedules = scheduleFunction(needs, {
    'expire-clusters': expireClusters,
    'settle-usage': settleUsage,
    'reconcile-clusters': reconcileClusters,
    'watch-budgets': watchBudgets,
  });

  const relayed = new Set<string>();
  /** Delivers every new item of the clusters table, as its stream does. */
  const relay = async () => {
    for (const item of database.all('clusters')) {
      const address = `${item.pk} ${item.sk}`;
      if (relayed.has(address)) continue;
      relayed.add(address);
      await relayEvents(needs, { kind: 'INSERT', after: item });
    }
  };

  /** A report about a node, as its agent would send it. */
  const nodeReport = (
    command: { command_id: string; cluster_id: string; node_id: string },
    state: NodeReport['state'],
    more: Partial<NodeReport> = {},
  ): NodeReport => ({
    kind: 'node',
    command_id: command.command_id as Id<'cmd'>,
    cluster_id: command.cluster_id as Id<'clu'>,
    node_id: command.node_id as Id<'nod'>,
    state,
    address: headAddress,
    ports: headPorts,
    reason_code: null,
    detail: null,
    ...more,
  });

  /** What the proofs of a device come to; passed where nothing is said, and `silent` gives no answer. */
  const provers = new Map<string, ProofReason | 'silent'>();
  /** Ends the challenges of a device as its prover does. */
  const prove = async (deviceId: string) => {
    const outcome = provers.get(deviceId);
    if (outcome !== 'silent') await playProver(needs, deviceId, clock.ms, outcome);
  };

  const known = new Set<string>();
  const unanswered = new Map<string, NodeReport[]>();
  const statesOf = {
    start_node: ['accepted', 'started'],
    keep_node: ['kept'],
    stop_node: ['stopped'],
  } as const;

  /** One device does what is new in its box, and repeats what it said until it is answered. */
  const obeyOne = async (deviceId: string) => {
    const outbox = unanswered.get(deviceId) ?? [];
    unanswered.set(deviceId, outbox);
    await prove(deviceId);
    for (const command of await commandsOf(deviceId)) {
      if (!('node_id' in command) || known.has(command.command_id)) continue;
      known.add(command.command_id);
      outbox.push(...statesOf[command.kind].map((state) => nodeReport(command, state)));
    }
    for (let next = outbox[0]; next; next = outbox[0]) {
      const answer = await report(deviceId, next);
      const { node_id: nodeId } = outbox.shift() as NodeReport;
      if (answer !== 'stop') continue;
      outbox.splice(
        0,
        Number.MAX_SAFE_INTEGER,
        ...outbox.filter((each) => each.node_id !== nodeId || each.state === 'stopped'),
      );
    }
  };

  /** Lets every device do what its commands say; `unwilling` ones do nothing. */
  const obey = async (unwilling: readonly string[] = []) => {
    for (const { id } of devices) if (!unwilling.includes(id)) await obeyOne(id);
  };

  /** What the head's agent would report now: every started node alive, but for the named dead ones. */
  const rayReport = async (clusterId: string, dead: readonly string[] = []) => {
    const { assignments } = await cluster(clusterId);
    const up = (await nodes(clusterId)).filter(({ status }) =>
      ['started', 'alive'].includes(status),
    );
    const head = present(
      assignments.findLast(({ lineId }) => lineId === headLine(assignments)),
      '',
    );
    const body: AgentReport = {
      kind: 'ray',
      cluster_id: clusterId as Id<'clu'>,
      node_id: head.nodeId,
      nodes: up.map((node) => ({
        node_id: node.id,
        alive: !dead.includes(node.id),
        state_message: dead.includes(node.id) ? 'raylet died' : null,
        cpus: node.cpus,
        gpus: node.gpus,
      })),
    };
    return { deviceId: head.deviceId, body };
  };

  const sendRay = async (clusterId: string, dead: readonly string[] = []) => {
    const { deviceId, body } = await rayReport(clusterId, dead);
    return report(deviceId, body);
  };

  /** Brings an ordered cluster to running, as the state machine and willing agents do. */
  const provision = async (clusterId: string) => {
    await relay();
    await beat();
    await step('dispatch-nodes', clusterId);
    await obey();
    await obey();
    await sendRay(clusterId);
    expect((await cluster(clusterId)).status).toBe('running');
  };

  /** Lets time pass with heartbeats and reports every 15 seconds, in long stretches every minute. */
  const run = async (clusterId: string, ms: number, dead: readonly string[] = []) => {
    const endMs = clock.ms + ms;
    const stepMs = ms > 15 * minuteMs ? minuteMs : 15_000;
    while (clock.ms < endMs) {
      clock.ms = Math.min(endMs, clock.ms + stepMs);
      await beat();
      await sendRay(clusterId, dead);
    }
  };

  /** Plays the release of an ended cluster. */
  const release = async (clusterId: string) => {
    await relay();
    await step('stop-nodes', clusterId);
    await obey();
    expect(await step('close-cluster', clusterId)).toBe('closed');
  };

  const terminate = (clusterId: string) =>
    call({ method: 'POST', path: `/v1/clusters/${clusterId}/terminate`, body: {} });

  return {
    ...out,
    runtime,
    needs,
    database,
    clock,
    http,
    key,
    supplierId,
    customerId,
    supplierKey,
    devices,
    call,
    callWithoutKey: ({ key: _, ...request }: TestRequest) => callHttp(http.clusters, request),
    newKey: makeKey,
    newOrganisation: makeOrganisation,
    grant,
    quote,
    create,
    order,
    signed,
    report,
    beat,
    commandsOf,
    cluster,
    nodes,
    step,
    relay,
    nodeReport,
    provers,
    /** Every device answers its challenges. */
    prove: async () => {
      for (const { id } of devices) await prove(id);
    },
    obey,
    rayReport,
    sendRay,
    provision,
    run,
    release,
    terminate,
    task: (task: string) => schedules({ task }),
    minute: () => {
      clock.ms += minuteMs;
    },
    usage: (id: string) => getUsage(database, id),
    hold: async (id: string) => present(await getHold(database, id), `no hold of ${id}`),
    device: async (id: string) => present(await getDevice(database, id), `no device ${id}`),
    /** What is broken in the books; empty when they balance. */
    brokenBooks: async () => checkInvariants(await scanLedger(database)),
    /** One request of the customer to the payments function. */
    pay: (request: TestRequest) =>
      callHttp(http.payments, {
        key,
        ...request,
        headers: { ...(request.method === 'POST' ? idempotencyKey() : {}), ...request.headers },
      }),
    invoices: async () =>
      (await callHttp(http.payments, { method: 'GET', path: '/v1/invoices', key })).body.data,
    balances: async () =>
      (await callHttp(http.ledger, { method: 'GET', path: '/v1/ledger/balances', key })).body,
    newId: <P extends 'nod' | 'cmd' | 'clu' | 'quo'>(prefix: P) =>
      newId(prefix, clock.ms, runtime.randomness),
  };
};

export type Platform = Awaited<ReturnType<typeof setup>>;

/** The head's line stands first. */
const headLine = (assignments: readonly { readonly lineId: string }[]) => assignments[0]?.lineId;
