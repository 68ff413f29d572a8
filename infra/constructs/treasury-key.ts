/**
 * The key of the treasury: an Ed25519 key that never leaves KMS, so that whoever breaks into a function can
 * ask for signatures, and is seen to, but takes no key away. The key's own policy lets nobody sign but the
 * functions named here; no policy of a role can add to that. It is kept when its stack is deleted, and
 * nothing may schedule its deletion without changing that policy first.
 */
import { RemovalPolicy } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { AccountRootPrincipal, PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { EnvironmentName } from '../../shared/core/env.ts';
import { FailureQueue } from './failure-queue.ts';
import type { LambdaFunction } from './lambda-function.ts';
import { output, type PlatformStack } from './platform-stack.ts';

/** What the account's administrators may do with it: neither sign, nor let others sign by a grant. */
const administration = [
  'kms:CancelKeyDeletion',
  'kms:DescribeKey',
  'kms:DisableKey',
  'kms:EnableKey',
  'kms:GetKeyPolicy',
  'kms:GetPublicKey',
  'kms:ListGrants',
  'kms:ListKeyPolicies',
  'kms:ListResourceTags',
  'kms:PutKeyPolicy',
  'kms:RevokeGrant',
  'kms:TagResource',
  'kms:UntagResource',
  'kms:UpdateKeyDescription',
];

/** What is never done to the key in the ordinary run of things. */
const watched = [
  'CreateGrant',
  'DisableKey',
  'EnableKey',
  'PutKeyPolicy',
  'ScheduleKeyDeletion',
  'UpdatePrimaryRegion',
];

/** The one way to sign that Solana understands. */
const oneAlgorithm = {
  StringEquals: {
    'kms:SigningAlgorithm': 'ED25519_SHA_512',
    'kms:MessageType': 'RAW',
  },
};

export class TreasuryKey extends Construct {
  /** What a function needs to know to use it. */
  readonly environment: Partial<Record<EnvironmentName, string>>;
  private readonly key: Key;
  private readonly isOnEmulator: boolean;

  constructor(stack: PlatformStack) {
    super(stack, 'Treasury');
    const { emulator, keepData } = stack.config;
    this.isOnEmulator = emulator !== undefined;
    this.key = new Key(this, 'Key', {
      description: 'Key of the treasury: its public half is the address of the wallet',
      keySpec: KeySpec.ECC_NIST_EDWARDS25519,
      keyUsage: KeyUsage.SIGN_VERIFY,
      removalPolicy: keepData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
      policy: new PolicyDocument({
        statements: [
          new PolicyStatement({
            sid: 'Administration',
            principals: [new AccountRootPrincipal()],
            actions: administration,
            resources: ['*'],
          }),
        ],
      }),
    });
    this.environment = { TREASURY_KEY_ARN: this.key.keyArn };
    output(stack, 'TreasuryKeyArn', this.key.keyArn);
    if (!this.isOnEmulator) this.watch();
  }

  /** Lets the function learn the address. */
  allowReading(target: LambdaFunction): void {
    target.allow(['kms:GetPublicKey'], [this.key.keyArn]);
  }

  /** Lets the function sign with it, in the one way that Solana understands. */
  allowSigning(target: LambdaFunction): void {
    // The emulator does not tell its policies how something is signed.
    const conditions = this.isOnEmulator ? {} : { conditions: oneAlgorithm };
    this.key.addToResourcePolicy(
      new PolicyStatement({
        sid: 'Signing',
        principals: [target.role],
        actions: ['kms:Sign'],
        resources: ['*'],
        ...conditions,
      }),
    );
    target.role.addToPolicy(
      new PolicyStatement({
        actions: ['kms:Sign'],
        resources: [this.key.keyArn],
        ...conditions,
      }),
    );
  }
  /** Keeps what CloudTrail tells of changes to the key and its policy, and rings. */
  private watch(): void {
    const changes = new FailureQueue(this, 'Changes');
    new Rule(this, 'Changed', {
      description: 'Changes to the key of the treasury, or to who may use it',
      eventPattern: {
        source: ['aws.kms'],
        detailType: ['AWS API Call via CloudTrail'],
        detail: { eventName: watched, resources: { ARN: [this.key.keyArn] } },
      },
      targets: [new SqsQueue(changes)],
    });
    changes.ring(this, 'KeyChanged', {
      runbook: 'treasury-key-changed',
      says: 'The key of the treasury, or who may use it, was changed.',
    });
  }
}
