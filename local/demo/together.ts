/** Time on one machine: the platform's clock and those of its agents' machines, moved as one. */
import { readClockOffset, writeClockOffset } from '../../functions/kit/clock-offset.ts';
import { databaseOf } from '../clock.ts';
import type { Platform } from '../platform.ts';
import { type JoinedAgent, moveAgentClock } from './agents.ts';

/** An agent sees at once that its clock was moved, and asks for the time; when that fails, after five seconds again. */
export const noticeMs = 8_000;

/** What the platform's clock shows. */
export const platformNowMs = async (platform: Platform): Promise<number> =>
  Date.now() + (await readClockOffset(databaseOf(platform))).offsetMs;

/** Moves the platform to this time, and the agents' machines along with it. */
export const moveTogether = async (
  platform: Platform,
  agents: readonly JoinedAgent[],
  ms: number,
): Promise<void> => {
  const offsetMs = Math.round(ms - Date.now());
  await writeClockOffset(databaseOf(platform), { offsetMs });
  for (const agent of agents) moveAgentClock(agent, offsetMs);
};
