/** Lambda `proofs-schedules`: what happens to proofs when time passes. */
import { workflows } from '../../shared/adapters/workflows.ts';
import { createRuntime, environment } from '../kit/runtime.ts';
import { scheduleFunction } from '../kit/schedule.ts';
import { judgeHours } from '../proofs/judge-hour.schedule.ts';
import { mergeSuspects } from '../proofs/merge-suspects.schedule.ts';
import { recheckProcessors } from '../proofs/recheck-processors.schedule.ts';
import { sweepChallenges } from '../proofs/sweep-challenges.schedule.ts';

export const handler = scheduleFunction(
  { ...createRuntime(environment()), workflows: workflows() },
  {
    'sweep-challenges': sweepChallenges,
    'judge-hour': judgeHours,
    'recheck-processors': recheckProcessors,
    'merge-suspects': mergeSuspects,
  },
);
