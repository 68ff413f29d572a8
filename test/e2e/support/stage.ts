/**
 * The stage of a file's journeys: one platform, an operator, a supplier with a site and real agents, a
 * customer with credit and a stranger. After each test the ledger is held to its invariants over all
 * transfers, and no function may have logged an error; at the end the agents leave, and nothing that they
 * started may be left running.
 */
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { nodeMarker } from '../../../agent/ray/launch.ts';
import { listNodes } from '../../../agent/state/node-folder.ts';
import { identityOf, isRunning, processesMarked } from '../../../agent/state/process-identity.ts';
import { writeClockOffset } from '../../../functions/kit/clock-offset.ts';
import { databaseOf } from '../../../local/clock.ts';
import {
  type Agent,
  type AgentPlace,
  endLeftovers,
  type JoinedAgent,
  joinAgent,
  makeSite,
  runDaemon,
  type Site,
  untilReady,
} from '../../../local/demo/agents.ts';
import {
  grantCredit,
  makeOperator,
  makeTenant,
  type Tenant,
} from '../../../local/demo/organisations.ts';
import { auditLedger } from '../../../local/demo/rental.ts';
import { waitFor } from '../../../local/demo/wait.ts';
import { findFreePort } from '../../../local/emulator/emulator.ts';
import { paths } from '../../../local/paths.ts';
import { type Platform, startPlatform } from '../../../local/platform.ts';
import { stopAll } from '../../../local/supervisor.ts';
import { present } from '../../../shared/core/assert.ts';
import type { Database } from '../../../shared/core/database.ts';
import { minuteMs } from '../../../shared/core/time.ts';
import { priceSchema } from '../../../shared/market/schemas.ts';
import { policyOf } from '../../../shared/proofs/policy.ts';
import { errorsOfFunctions } from './logs.ts';

/** How long bringing the stage up, or down, may take on a busy machine, in milliseconds. */
const upWithinMs = 420_000;
/** How long a journey may take on a busy machine, in milliseconds. */
const journeyMs = 420_000;
/** What the customer has at the beginning, in micro-dollars. */
export const creditUnits = 25_000_000n;
/** What the supplier asks for each device, in micro-dollars per hour. */
export const rateUnits = 120_000n;
export const model = 'x86-64 CPU';

export interface Stage {
  readonly platform: Platform;
  /** The platform's own tables. */
  readonly database: Database;
  readonly operator: Tenant;
  readonly supplier: Tenant;
  readonly customer: Tenant;
  /** Another tenant, who has nothing to do with any of it. */
  readonly stranger: Tenant;
  readonly site: Site;
  /** The agent of this name as it runs now. */
  agent(name: string): Agent;
  /** Takes note of an agent that was started again or joined later. */
  adopt(agent: Agent): void;
  /** Ends the platform for good; its ledger is looked at for the last time before. */
  endPlatform(): Promise<void>;
}

export interface StageOptions {
  /** Names the folder of the agents' state; one per file. */
  readonly name: string;
  readonly agents: readonly string[];
  /** What an agent is given beside the defaults. */
  readonly placeOf?: (name: string) => Partial<AgentPlace>;
  /** Called between an agent's joining and its start. */
  readonly beforeRun?: (agent: JoinedAgent) => Promise<void>;
  /** Moves the platform's clock behind a slot first, so that none opens in the next nine minutes. */
  readonly awayFromSlots?: boolean;
  /** Errors that the functions log on purpose of a test; every other one fails the file. */
  readonly mayFail?: RegExp;
}

/** The supplier's price for each of its devices. */
export const setPrice = (supplier: Tenant, units: bigint) =>
  supplier.api.put(
    '/v1/prices',
    { model, price_per_hour: { amount: units.toString(), currency: 'usd' } },
    priceSchema,
  );

const makeTenants = async (platform: Platform) => {
  const operator = await makeOperator(platform);
  const [supplier, customer, stranger] = await Promise.all(
    ['Workshop GmbH', 'Curie Lab', 'Stranger Inc'].map((name) =>
      makeTenant(platform.apiUrl, operator.api, name),
    ),
  );
  return {
    operator,
    supplier: present(supplier, 'no supplier'),
    customer: present(customer, 'no customer'),
    stranger: present(stranger, 'no stranger'),
  };
};

/** Looks at the whole ledger and at the functions' logs. */
const audit = async (platform: Platform, mayFail: RegExp | undefined): Promise<void> => {
  await auditLedger(platform);
  const errors = await errorsOfFunctions(platform);
  expect(errors.filter((line) => !mayFail?.test(line))).toEqual([]);
};

const moveBehindSlot = (platform: Platform): Promise<void> => {
  const slotMs = policyOf('local').slotMinutes * minuteMs;
  const offsetMs = minuteMs + slotMs - (Date.now() % slotMs);
  return writeClockOffset(databaseOf(platform), { offsetMs });
};

const startStage = async (options: StageOptions): Promise<Stage> => {
  const { agents: names, placeOf, beforeRun } = options;
  const folder = join(paths.state, 'e2e', options.name);
  await endLeftovers(folder);
  const platform = await startPlatform({ port: await findFreePort() });
  if (options.awayFromSlots) await moveBehindSlot(platform);
  const tenants = await makeTenants(platform);
  const { operator, supplier, customer } = tenants;
  await setPrice(supplier, rateUnits);
  const site = await makeSite(supplier);
  await grantCredit(operator, customer.organisationId, creditUnits);
  const agents = new Map<string, Agent>();
  await Promise.all(
    names.map(async (name) => {
      const place = { apiUrl: platform.apiUrl, supplier, site, name, folder };
      const joined = await joinAgent({ ...place, ...placeOf?.(name) });
      await beforeRun?.(joined);
      const agent = await runDaemon(joined);
      agents.set(name, agent);
      await untilReady(supplier, agent);
    }),
  );
  return {
    ...tenants,
    platform,
    database: databaseOf(platform),
    site,
    agent: (name) => present(agents.get(name), `no agent ${name}`),
    adopt: (agent) => agents.set(agent.name, agent),
    endPlatform: async () => {
      await audit(platform, options.mayFail);
      await platform.stop();
    },
  };
};

/** Every process that carries the mark of this node, whoever started it. */
export const processesOfNode = (nodeId: string): readonly number[] =>
  processesMarked(nodeMarker, nodeId);

/** Ends the agents; fails when anything that they started still runs. */
const endAgents = async (agents: readonly Agent[]): Promise<void> => {
  const nodes = agents.flatMap(({ stateFolder }) => listNodes(stateFolder));
  await Promise.all(agents.map((agent) => agent.leave()));
  for (const { nodeId, process } of nodes) {
    expect(processesOfNode(nodeId)).toEqual([]);
    expect(process !== undefined && isRunning(process.supervisor)).toBe(false);
  }
  for (const { process } of agents) expect(identityOf(process.processId)).toBeUndefined();
};

/** Registers the hooks; the answer gives the stage to the tests of the file. */
export const useStage = (options: StageOptions): (() => Stage) => {
  jest.setTimeout(journeyMs);
  let stage: Stage | undefined;
  const get = (): Stage => present(stage, 'the stage is not up');
  beforeAll(async () => {
    stage = await startStage(options);
    void stage.platform.ended.then(() => {
      isPlatformUp = false;
    });
  }, upWithinMs);
  let isPlatformUp = true;
  afterEach(async () => {
    if (isPlatformUp) await audit(get().platform, options.mayFail);
  });
  afterAll(async () => {
    try {
      if (stage) await endAgents(options.agents.map((name) => get().agent(name)));
    } finally {
      await stopAll();
      await stage?.platform.cards.close();
      await stage?.platform.chain.close();
    }
  }, upWithinMs);
  return get;
};

/** Waits until nothing of the node runs on this machine any more. */
export const untilNodeGone = (nodeId: string): Promise<true> =>
  waitFor(
    `every process of ${nodeId} to end`,
    async () => (processesOfNode(nodeId).length === 0 ? true : undefined),
    { seconds: 60 },
  );
