/** Lambda `proofs-schedules`: what happens to proofs when time passes. */
import { workflows } from '../../shared/adapters/workflows.ts';
import { createRuntime, environment } from '../kit/runtime.ts';
import { scheduleFunction } from '../kit/schedule.ts';
import { sweepChallenges } from '../proofs/sweep-challenges.schedule.ts';

export const handler = scheduleFunction(
  { ...createRuntime(environment()), workflows: workflows() },
  { 'sweep-challenges': sweepChallenges },
);
