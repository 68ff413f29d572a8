/** What all stacks share: where they stand, how they are called, and how they show what they made. */
import { CfnOutput, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Config } from '../config.ts';

export class PlatformStack extends Stack {
  /** What all stacks stand in. */
  readonly app: Construct;
  readonly config: Config;

  /** `noun` names the stack: raymesh-<stage>-<noun>. */
  constructor(app: Construct, noun: string, config: Config) {
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
