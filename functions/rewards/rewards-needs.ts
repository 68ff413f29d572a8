/** What the endpoints of rewards have beside the common runtime. */
import type { ObjectPort } from '../../shared/core/objects.ts';
import type { Runtime } from '../kit/runtime.ts';

export interface RewardsNeeds extends Runtime {
  /** What was published of every hour. */
  readonly statements: ObjectPort;
}
