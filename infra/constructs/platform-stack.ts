/** What all stacks share: where they stand, how they are called, and how they show what they made. */
import { CfnOutput, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Config } from '../config.ts';
import type { TableAccess } from './table-access.ts';

/** What a stack is made from; a stack hands its own on to the stacks that lean on it. */
export interface PlatformStackProps {
  /** What all stacks stand in. */
  readonly app: Construct;
  readonly config: Config;
  /** What every function may read to know the time: the offset of the local stage's clock. */
  readonly clock: readonly TableAccess[];
}

export class PlatformStack extends Stack implements PlatformStackProps {
  readonly app: Construct;
  readonly config: Config;
  clock: readonly TableAccess[];

  /** `noun` names the stack: raymesh-<stage>-<noun>. */
  constructor({ app, config, clock }: PlatformStackProps, noun: string) {
    super(app, `raymesh-${config.stage}-${noun}`, {
      env: {
        ...(config.account === undefined ? {} : { account: config.account }),
        ...(config.region === undefined ? {} : { region: config.region }),
      },
      description: `Raymesh ${noun}, stage ${config.stage}`,
      terminationProtection: config.keepData,
    });
    this.app = app;
    this.config = config;
    this.clock = clock;
  }
}

/** The stack that a construct stands in; only platform stacks hold our constructs. */
export const platformStackOf = (construct: Construct): PlatformStack => {
  const stack = Stack.of(construct);
  if (!(stack instanceof PlatformStack)) throw new Error(`${stack.node.path} is no PlatformStack`);
  return stack;
};

/** Shows a value after the deploy, under this very name. */
export const output = (construct: Construct, name: string, value: string): void => {
  const stack = platformStackOf(construct);
  new CfnOutput(stack, name, { value });
};

/** `devices-http` as `DevicesHttp`, for ids and outputs. */
export const pascalCase = (name: string): string =>
  name
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
