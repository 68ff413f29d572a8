/** GET /v1/health: that the platform answers, and its time, by which agents check their clocks. */
import { isoOf } from '../../shared/core/time.ts';
import type { Call } from '../kit/route.ts';

export const getHealth = async (
  _needs: unknown,
  call: Call<'public', unknown, unknown, unknown>,
) => ({ object: 'health' as const, server_time: isoOf(call.nowMs) });
