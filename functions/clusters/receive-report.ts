/** POST /v1/agent/reports: what a device's agent has to say; the answer tells whether to go on. */
import type * as z from 'zod';
import type { reportRequestSchema } from '../../shared/clusters/agent-protocol.ts';
import type { Call } from '../kit/route.ts';
import { applyReport, type ReportRuntime } from './apply-report.ts';

export const receiveReport = async (
  needs: ReportRuntime,
  call: Call<'device', unknown, unknown, z.output<typeof reportRequestSchema>>,
) => ({
  answer: await applyReport(needs, call.caller.deviceId, call.body.report, call.nowMs),
});
