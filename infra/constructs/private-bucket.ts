/**
 * A bucket that nobody outside reads: encrypted, over TLS alone, without public access of any kind. What is
 * put into it vanishes after some days.
 */
import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { BlockPublicAccess, Bucket, BucketEncryption, type CfnBucket } from 'aws-cdk-lib/aws-s3';
import type { LambdaFunction } from './lambda-function.ts';
import { output, type PlatformStack } from './platform-stack.ts';

export interface PrivateBucketProps {
  /** Names the construct and the output. */
  readonly name: string;
  readonly keptDays: number;
}

export class PrivateBucket extends Bucket {
  /** Where its objects are put: a name follows after a slash. */
  readonly url: string;
  private readonly writing: ManagedPolicy;

  constructor(stack: PlatformStack, { name, keptDays }: PrivateBucketProps) {
    const { keepData } = stack.config;
    super(stack, name, {
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      lifecycleRules: [
        {
          expiration: Duration.days(keptDays),
          abortIncompleteMultipartUploadAfter: Duration.days(1),
        },
      ],
      removalPolicy: keepData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    Validations.of(this).acknowledge({
      id: 'AwsSolutions-S1',
      reason: 'Only our own function writes to it, and its log says what it wrote.',
    });
    output(stack, `Bucket${name}`, this.bucketName);
    const { emulator } = stack.config;
    this.url =
      emulator === undefined
        ? `https://${this.bucketRegionalDomainName}`
        : `${emulator}/${this.bucketName}`;
    this.writing = this.writingPolicy();
  }

  /** Lets the function put objects, and nothing else. */
  allowPut(target: LambdaFunction): void {
    target.role.addManagedPolicy(this.writing);
  }

  private writingPolicy(): ManagedPolicy {
    const policy = new ManagedPolicy(this, 'Put', {
      description: 'Putting objects into the bucket',
      statements: [
        new PolicyStatement({
          actions: ['s3:PutObject'],
          resources: [this.arnForObjects('*')],
        }),
      ],
    });
    const id = this.stack.getLogicalId(this.node.defaultChild as CfnBucket);
    Validations.of(policy).acknowledge({
      id: `AwsSolutions-IAM5[Resource::<${id}.Arn>/*]`,
      reason: 'Objects come and go; the right is that of putting some into this bucket.',
    });
    return policy;
  }
}
