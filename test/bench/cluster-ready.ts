/**
 * `cluster-ready`: how much longer a cluster of two real nodes takes through the platform than by hand, on
 * the same machine with the same commands. Pairs alternate which goes first; what Ray itself needs, and
 * how busy the machine is, falls out of each pair's difference. The overhead has acceptance in it, which
 * is also a figure of its own: CPUs compute before Ray starts, and these two share the machine's cores.
 */
import { join } from 'node:path';
import type * as z from 'zod';
import { requireDeviceState } from '../../agent/state/device-state.ts';
import {
  type Agent,
  endLeftovers,
  makeSite,
  startAgent,
  untilReady,
} from '../../local/demo/agents.ts';
import {
  grantCredit,
  makeOperator,
  makeTenant,
  type Tenant,
} from '../../local/demo/organisations.ts';
import { untilClosed } from '../../local/demo/rental.ts';
import { waitFor } from '../../local/demo/wait.ts';
import { findFreePort } from '../../local/emulator/emulator.ts';
import { paths } from '../../local/paths.ts';
import { startPlatform } from '../../local/platform.ts';
import { UserError } from '../../local/user-error.ts';
import { clusterEventSchema, clusterSchema } from '../../shared/clusters/schemas.ts';
import { present } from '../../shared/core/assert.ts';
import { listOf } from '../../shared/core/wire.ts';
import { quoteSchema } from '../../shared/market/schemas.ts';
import { proofSchema } from '../../shared/proofs/proof-schemas.ts';
import { type ByHandOrder, startByHand } from './by-hand.ts';
import { type Findings, lowerIsBetter, type Row, rounded } from './document.ts';

const pairs = 5;
/** How often either side is asked: often enough to see, seldom enough not to slow what is measured. */
const everyMs = 250;
const credit = 100_000_000n;
const readyWithinSeconds = 120;

interface Stage {
  readonly supplier: Tenant;
  readonly customer: Tenant;
  readonly agents: readonly Agent[];
  readonly model: string;
  readonly byHand: ByHandOrder;
}

const setUp = async (): Promise<Stage> => {
  const platform = await startPlatform({ port: await findFreePort() });
  const { apiUrl } = platform;
  const folder = join(paths.state, 'bench-agents', new URL(platform.aws.endpoint).port);
  await endLeftovers(folder);
  const operator = await makeOperator(platform);
  const supplier = await makeTenant(apiUrl, operator.api, 'Bench supplier');
  const customer = await makeTenant(apiUrl, operator.api, 'Bench customer');
  const site = await makeSite(supplier);
  await grantCredit(operator, customer.organisationId, credit);
  const agents = await Promise.all(
    ['left', 'right'].map((name) => startAgent({ apiUrl, supplier, site, name, folder })),
  );
  const devices = await Promise.all(agents.map((agent) => untilReady(supplier, agent)));
  const [device] = devices;
  const [agent] = agents;
  const { address, ray_executable } = requireDeviceState(present(agent, 'no agent').stateFolder);
  const { model, hardware } = present(device, 'no device');
  const byHand = { address, rayExecutable: ray_executable, cpus: hardware.cpu.cores, everyMs };
  return { supplier, customer, agents, model, byHand };
};

type Cluster = z.output<typeof clusterSchema>;

/** Seconds from the order until each event of the cluster, by the platform's clock. */
const eventSeconds = async ({ api }: Tenant, cluster: Cluster): Promise<Row> => {
  const path = `/v1/clusters/${cluster.id}/events`;
  const { data } = await api.get(path, listOf(clusterEventSchema));
  const sinceMs = Date.parse(cluster.created_at);
  return Object.fromEntries(
    data.map(({ kind, at }) => [
      `${kind.replace('cluster.', '')}_s`,
      rounded((Date.parse(at) - sinceMs) / 1_000),
    ]),
  );
};

/**
 * Seconds from the instant of the challenge until the last opening had arrived, of the round that was
 * passed; 0 when nothing was asked.
 */
const acceptedAfter = async ({ supplier, agents }: Stage, cluster: Cluster): Promise<number> => {
  const lists = await Promise.all(
    agents.map(({ deviceId }) =>
      supplier.api.get(`/v1/proofs?device_id=${deviceId}&limit=20`, listOf(proofSchema)),
    ),
  );
  const seconds = lists
    .flatMap(({ data }) => data)
    .filter(({ purpose }) => purpose === 'acceptance')
    .filter(({ started_at }) => Date.parse(started_at) >= Date.parse(cluster.created_at))
    .map((proof) => Date.parse(proof.opened_at ?? proof.started_at) - Date.parse(proof.started_at));
  return Math.max(0, ...seconds) / 1_000;
};

/** Rents a cluster of both devices and ends it again; the quote is made beforehand. */
const rent = async (stage: Stage) => {
  const { supplier, customer, agents, model } = stage;
  const { api } = customer;
  const terms = { items: [{ model, count: 2 }], head: 'shared', hours: 1 };
  const quote = await api.post('/v1/quotes', terms, quoteSchema);
  const sinceMs = performance.now();
  const made = await api.post('/v1/clusters', { quote_id: quote.id }, clusterSchema);
  const path = `/v1/clusters/${made.id}`;
  const look = async () => {
    const { status, status_reason } = await api.get(path, clusterSchema);
    if (status === 'failed') throw new UserError(`The cluster failed: ${status_reason}.`);
    return status === 'running' ? true : undefined;
  };
  await waitFor('the cluster to run', look, { seconds: readyWithinSeconds, everyMs });
  const seconds = (performance.now() - sinceMs) / 1_000;
  const events = await eventSeconds(customer, made);
  const acceptanceSeconds = await acceptedAfter(stage, made);
  await api.post(`${path}/terminate`, {}, clusterSchema);
  await untilClosed(customer, made.id);
  await Promise.all(agents.map((agent) => untilReady(supplier, agent)));
  return { seconds, events, acceptanceSeconds };
};

const playPair = async (stage: Stage, pair: number) => {
  const platformFirst = pair % 2 === 0;
  const handBefore = platformFirst ? undefined : await startByHand(stage.byHand);
  const { seconds: readySeconds, events, acceptanceSeconds } = await rent(stage);
  const handSeconds = handBefore ?? (await startByHand(stage.byHand));
  return { pair: pair + 1, platformFirst, readySeconds, handSeconds, acceptanceSeconds, events };
};

export const benchClusterReady = async (): Promise<Findings> => {
  const stage = await setUp();
  const played: Awaited<ReturnType<typeof playPair>>[] = [];
  for (let pair = 0; pair < pairs; pair += 1) played.push(await playPair(stage, pair));
  const figure = (
    id: string,
    goal: number | null,
    read: (pair: (typeof played)[number]) => number,
  ) => lowerIsBetter({ id, unit: 's', goal, samples: played.map(read) });
  const overhead = ({ readySeconds, handSeconds }: (typeof played)[number]) =>
    readySeconds - handSeconds;
  return {
    figures: [
      figure('platform_overhead_s', 3, overhead),
      figure('acceptance_s', null, ({ acceptanceSeconds }) => acceptanceSeconds),
      figure('ready_s', null, ({ readySeconds }) => readySeconds),
      figure('by_hand_s', null, ({ handSeconds }) => handSeconds),
    ],
    rows: played.map((each) => ({
      pair: each.pair,
      first: each.platformFirst ? 'platform' : 'by hand',
      ready_s: rounded(each.readySeconds),
      by_hand_s: rounded(each.handSeconds),
      overhead_s: rounded(overhead(each)),
      acceptance_s: rounded(each.acceptanceSeconds),
      ...each.events,
    })),
  };
};
