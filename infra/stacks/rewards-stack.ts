/**
 * What rewards stand on: their table, and the bucket of snapshots and statements. The functions stand in the
 * stack `epochs`, which leans on nearly all others, while payments write stakes to the table.
 */
import { PlatformStack } from '../constructs/platform-stack.ts';
import { PrivateBucket } from '../constructs/private-bucket.ts';
import { NounTable } from '../constructs/table.ts';
import type { ApiStack } from './api-stack.ts';

export class RewardsStack extends PlatformStack {
  readonly rewards: NounTable<'rewards'>;
  readonly statements: PrivateBucket;

  constructor(api: ApiStack) {
    super(api, 'rewards');
    this.rewards = new NounTable(this, 'rewards');
    // Without an end: what an hour was closed with can be checked for ever.
    this.statements = new PrivateBucket(this, { name: 'Statements' });
  }
}
