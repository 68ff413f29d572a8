/**
 * Tells the platform once, when the agent starts, what the machine has now: a GPU may have been changed
 * since it joined. Where the GPUs cannot be listed nothing is told, for a machine is not without them
 * because its driver is stuck; and what the platform refuses leaves the device as it is known.
 */

import type * as z from 'zod';
import {
  reportHardwareAnswerSchema,
  type reportHardwareSchema,
} from '../../shared/devices/agent-schemas.ts';
import { detectGpus, detectHardware } from '../hardware/detect.ts';
import type { ApiClient } from '../platform/api-client.ts';
import { untilAnswered } from '../platform/until-answered.ts';
import { messageOf } from '../problem.ts';
import { type AgentRuntime, agentVersion } from '../runtime.ts';

type Report = z.input<typeof reportHardwareSchema>;

/** The platform may be away while the agent starts; the next start tells it anyhow. */
const limitMs = 600_000;

/** What the machine has; undefined where that cannot be said. */
export const findHardware = async (runtime: AgentRuntime): Promise<Report | undefined> => {
  const { problem } = await detectGpus(runtime.path);
  if (problem === null) {
    return { hardware: await detectHardware(runtime.path), agent_version: agentVersion };
  }
  runtime.log.warn('hardware_not_reported', { reason: problem });
  return undefined;
};

/** Sends the report until it is answered; never throws. */
export const reportHardware = async (
  runtime: AgentRuntime,
  api: Pick<ApiClient, 'send'>,
  report: Report,
  signal: AbortSignal,
): Promise<void> => {
  const warn = (thrown: unknown, count: number) =>
    runtime.log.warn('hardware_not_reported', { reason: messageOf(thrown), count });
  const send = () =>
    api.send({
      method: 'PUT',
      path: '/v1/agent/hardware',
      body: report,
      answer: reportHardwareAnswerSchema,
      signal,
    });
  try {
    const options = { limitMs, onFailure: warn };
    const { verified_anew } = await untilAnswered(runtime, send, options, signal);
    if (verified_anew) runtime.log.info('hardware_changed', {});
  } catch (thrown) {
    if (!signal.aborted) warn(thrown, 0);
  }
};
