/**
 * What proofs stand on: their table, that of the keys of days, the bucket of transcripts, the secret from
 * which the key of receipts follows. The functions stand in the stack `proving`: they write to devices
 * and clusters, whose stacks lean on this one.
 */
import { Validations } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { output, PlatformStack } from '../constructs/platform-stack.ts';
import { PrivateBucket } from '../constructs/private-bucket.ts';
import { NounTable } from '../constructs/table.ts';
import type { ApiStack } from './api-stack.ts';

/** Transcripts are kept for as long as a proof can be disputed. */
const transcriptDays = 30;

export class ProofsStack extends PlatformStack {
  readonly proofs: NounTable<'proofs'>;
  readonly beacon: NounTable<'beacon'>;
  readonly transcripts: PrivateBucket;
  readonly receiptKey: Secret;

  constructor(api: ApiStack) {
    super(api, 'proofs');
    this.proofs = new NounTable(this, 'proofs');
    this.beacon = new NounTable(this, 'beacon');
    this.transcripts = new PrivateBucket(this, { name: 'Transcripts', keptDays: transcriptDays });
    this.receiptKey = new Secret(this, 'ReceiptKey', {
      description: 'From it follows the key that signs receipts of proofs',
      generateSecretString: { passwordLength: 64, excludePunctuation: true, includeSpace: false },
    });
    Validations.of(this.receiptKey).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason: 'Receipts name their key, and two keys are published: the operator rotates by hand.',
    });
    output(this, 'ReceiptSecretArn', this.receiptKey.secretArn);
  }
}
