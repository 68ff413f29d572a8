/**
 * An hour that real devices live through in a minute: the clocks go on in minute steps, and the agents send
 * their heartbeats and answer the slots that call them, each with a real proof.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { hourMs, minuteMs } from '../../shared/core/time.ts';
import { getPresence } from '../../shared/devices/presence-store.ts';
import { nextFullHour } from '../../shared/proofs/place.ts';
import { databaseOf } from '../clock.ts';
import type { Platform } from '../platform.ts';
import { UserError } from '../user-error.ts';
import type { Agent } from './agents.ts';
import { type Call, nextCalledHour } from './calls.ts';
import type { Tenant } from './organisations.ts';
import { listProofs } from './proofs.ts';
import { moveTogether, noticeMs, platformNowMs } from './together.ts';
import { waitFor } from './wait.ts';

/** The devices speak before the hour begins and after it ends, so that all of it is seen. */
const minutesBefore = 2;
const minutesAfter = 12;
/** Between two slots, and long enough after one that its proofs are over. */
const recheckMinute = 5;
/** What a machine needs to see that its clock was moved, and to speak. */
const stepMs = 300;
const proofPatience = { seconds: 120 };

export interface RewardStage {
  readonly platform: Platform;
  readonly supplier: Tenant;
  readonly agents: readonly Agent[];
}

/** Plays the next hour that calls every device; answers its start and how many calls were answered. */
export const playHour = async (
  stage: RewardStage,
): Promise<{ readonly startMs: number; readonly answered: number }> => {
  const { platform, agents } = stage;
  const deviceIds = agents.map(({ deviceId }) => deviceId);
  const fromMs = nextFullHour((await platformNowMs(platform)) + minutesBefore * minuteMs);
  const { startMs, calls } = await nextCalledHour(databaseOf(platform), deviceIds, fromMs);
  await moveTogether(platform, agents, startMs - minutesBefore * minuteMs);
  await Promise.all(agents.map((agent) => untilHeard(stage, agent, startMs - hourMs)));
  for (let minute = 1 - minutesBefore; minute <= hourMs / minuteMs + minutesAfter; minute += 1) {
    const atMs = startMs + minute * minuteMs;
    const due = calls.filter(({ opensAtMs }) => opensAtMs === atMs);
    if (due.length > 0) await answerSlot(stage, due);
    // A proof may have taken longer than until then.
    if ((await platformNowMs(platform)) < atMs) await moveTogether(platform, agents, atMs);
    if (minute === recheckMinute) await recheck(stage);
    await pause(stepMs);
  }
  return { startMs, answered: calls.length };
};

const untilHeard = ({ platform }: RewardStage, agent: Agent, sinceMs: number): Promise<true> =>
  waitFor(
    `${agent.name} to be heard`,
    async () => {
      const presence = await getPresence(databaseOf(platform), agent.deviceId);
      return presence && presence.lastSeenMs > sinceMs ? true : undefined;
    },
    proofPatience,
  );

/** Lets the slot open, and waits until each device that it calls has passed. */
const answerSlot = async (stage: RewardStage, calls: readonly Call[]): Promise<void> => {
  const [{ slot, opensAtMs }] = calls as [Call];
  await moveTogether(stage.platform, stage.agents, opensAtMs - noticeMs);
  const called = stage.agents.filter(({ deviceId }) =>
    calls.some((call) => call.deviceId === deviceId),
  );
  await Promise.all(
    called.map((agent) => untilPassed(stage, agent, (proof) => proof.slot === slot)),
  );
};

/** The platform asks a network that has never passed a full proof together for one. */
const recheck = async (stage: RewardStage): Promise<void> => {
  await stage.platform.invoke('proofs-schedules', { task: 'recheck-processors' });
  await Promise.all(
    stage.agents.map((agent) => untilPassed(stage, agent, ({ purpose }) => purpose === 'recheck')),
  );
};

type Proof = Awaited<ReturnType<typeof listProofs>>[number];

const untilPassed = (
  { supplier }: RewardStage,
  agent: Agent,
  isIt: (proof: Proof) => boolean,
): Promise<Proof> =>
  waitFor(
    `the proof of ${agent.name}`,
    async () => {
      const proof = (await listProofs(supplier, agent.deviceId)).find(isIt);
      if (proof?.status_reason) {
        throw new UserError(`${agent.name} failed a proof: ${proof.status_reason}.`);
      }
      return proof?.status === 'passed' ? proof : undefined;
    },
    proofPatience,
  );
