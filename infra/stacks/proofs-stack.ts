/** Proof of Compute: slots, challenges, proofs and their receipts. */
import { PlatformStack } from '../constructs/platform-stack.ts';
import { NounTable } from '../constructs/table.ts';
import type { ApiStack } from './api-stack.ts';

export class ProofsStack extends PlatformStack {
  readonly proofs: NounTable<'proofs'>;

  constructor(api: ApiStack) {
    super(api, 'proofs');
    this.proofs = new NounTable(this, 'proofs');
  }
}
