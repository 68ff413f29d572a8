/**
 * A bucket that nobody outside reads: encrypted, over TLS alone, without public access of any kind. What is
 * put into it vanishes after some days, or stays.
 */
import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { BlockPublicAccess, Bucket, BucketEncryption, type CfnBucket } from 'aws-cdk-lib/aws-s3';
import type { LambdaFunction } from './lambda-function.ts';
import { output, type PlatformStack } from './platform-stack.ts';

export interface PrivateBucketProps {
  /** Names the construct and the output. */
  readonly name: string;
  /** Absent: for ever. */
  readonly keptDays?: number;
}

export class PrivateBucket extends Bucket {
  /** Where its objects are put: a name follows after a slash. */
  readonly url: string;
  private readonly policies = new Map<string, ManagedPolicy>();

  constructor(stack: PlatformStack, { name, keptDays }: PrivateBucketProps) {
    const { keepData } = stack.config;
    super(stack, name, {
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      lifecycleRules: [
        {
          ...(keptDays === undefined ? {} : { expiration: Duration.days(keptDays) }),
          abortIncompleteMultipartUploadAfter: Duration.days(1),
        },
      ],
      removalPolicy: keepData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    Validations.of(this).acknowledge({
      id: 'AwsSolutions-S1',
      reason: 'Only our own functions use it, and their logs say what for.',
    });
    output(stack, `Bucket${name}`, this.bucketName);
    const { emulator } = stack.config;
    this.url =
      emulator === undefined
        ? `https://${this.bucketRegionalDomainName}`
        : `${emulator}/${this.bucketName}`;
  }

  /** Lets the function put objects, and nothing else. */
  allowPut(target: LambdaFunction): void {
    this.allow(target, 'Put');
  }

  /** Lets the function read objects whose names it knows. */
  allowGet(target: LambdaFunction): void {
    this.allow(target, 'Get');
  }

  private allow(target: LambdaFunction, right: 'Put' | 'Get'): void {
    const known = this.policies.get(right) ?? this.policyOf(right);
    this.policies.set(right, known);
    target.role.addManagedPolicy(known);
  }

  private policyOf(right: 'Put' | 'Get'): ManagedPolicy {
    const policy = new ManagedPolicy(this, right, {
      description: `${right === 'Put' ? 'Putting objects into' : 'Reading objects of'} the bucket`,
      statements: [
        new PolicyStatement({
          actions: [`s3:${right}Object`],
          resources: [this.arnForObjects('*')],
        }),
      ],
    });
    const id = this.stack.getLogicalId(this.node.defaultChild as CfnBucket);
    Validations.of(policy).acknowledge({
      id: `AwsSolutions-IAM5[Resource::<${id}.Arn>/*]`,
      reason: 'Objects come and go; the right is that of this one kind of request to this bucket.',
    });
    return policy;
  }
}
