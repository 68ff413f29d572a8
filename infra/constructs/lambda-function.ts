/**
 * A function of the platform: Node 24 on arm64, its own log group, an environment of known names only,
 * the tables it was given and no others, and an alarm. It refuses a bundle that outgrew its limit.
 */
import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  ApplicationLogLevel,
  Architecture,
  Function as CdkFunction,
  Code,
  type ILayerVersion,
  LoggingFormat,
  Runtime,
  SystemLogLevel,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { type EnvironmentName, tableVariable } from '../../shared/core/env.ts';
import type { Config } from '../config.ts';
import { bundlesFolder, type FunctionName } from '../functions.ts';
import { addAlarm, sumOf } from './alarm.ts';
import { output, type PlatformStack, pascalCase } from './platform-stack.ts';
import type { TableAccess } from './table-access.ts';

/** What a bundle may weigh unless told: above it the start of a cold function is felt. */
const usualBundleKibMax = 560;

export interface LambdaFunctionProps {
  /** Names the handler's file, the construct and the output. */
  readonly name: FunctionName;
  /** Tables that it may use; each one's name goes into its environment. */
  readonly tables: readonly TableAccess[];
  readonly environment?: Partial<Record<EnvironmentName, string>>;
  readonly timeoutSeconds: number;
  /** What it loads at run time and cannot bundle, such as `VerifierLayer`. */
  readonly layers?: readonly ILayerVersion[];
  /** 512 unless told; processor time is given in proportion. */
  readonly memoryMib?: number;
  /** What its bundle may weigh; 560 unless told. */
  readonly bundleKibMax?: number;
}

const codeOf = (
  { name, bundleKibMax = usualBundleKibMax }: LambdaFunctionProps,
  config: Config,
): Code => {
  if (config.code === 'inline') return Code.fromInline('exports.handler = async () => {};');
  const folder = fileURLToPath(new URL(`${name}/`, bundlesFolder));
  const kib = statSync(`${folder}index.mjs`).size / 1024;
  if (kib > bundleKibMax) {
    throw new Error(`bundle of ${name} is ${kib.toFixed(0)} KiB, above ${bundleKibMax}`);
  }
  return Code.fromAsset(folder);
};

export class LambdaFunction extends Construct {
  readonly lambda: CdkFunction;
  readonly role: Role;

  constructor(stack: PlatformStack, props: LambdaFunctionProps) {
    const { config, clock } = stack;
    const ownTables = new Set(props.tables.map(({ table }) => table));
    const tables = [...props.tables, ...clock.filter(({ table }) => !ownTables.has(table))];
    super(stack, pascalCase(props.name));
    const logGroup = new LogGroup(this, 'Logs', {
      retention: config.logRetention,
      removalPolicy: config.keepData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    this.role = this.executionRole(logGroup, tables);
    this.lambda = new CdkFunction(this, 'Function', {
      description: props.name,
      code: codeOf(props, config),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      layers: [...(props.layers ?? [])],
      memorySize: props.memoryMib ?? 512,
      timeout: Duration.seconds(props.timeoutSeconds),
      role: this.role,
      logGroup,
      // Our own lines pass as they are; Lambda's three lines per call would cost more than the call.
      loggingFormat: LoggingFormat.JSON,
      applicationLogLevelV2: ApplicationLogLevel.INFO,
      systemLogLevelV2: SystemLogLevel.WARN,
      environment: {
        STAGE: config.stage,
        ...Object.fromEntries(
          tables.map(({ table }) => [tableVariable(table.noun), table.tableName]),
        ),
        ...props.environment,
      },
    });
    addAlarm(this, 'Failing', {
      runbook: 'function-failing',
      says: `Function ${props.name} threw or ran out of time.`,
      metric: sumOf('AWS/Lambda', 'Errors', { FunctionName: this.lambda.functionName }),
      threshold: 1,
    });
    output(this, `Function${pascalCase(props.name)}`, this.lambda.functionName);
  }

  /** Lets the function do exactly this, too. */
  allow(actions: readonly string[], resources: readonly string[]): void {
    this.role.addToPolicy(
      new PolicyStatement({ actions: [...actions], resources: [...resources] }),
    );
  }

  private executionRole(logGroup: LogGroup, tables: readonly TableAccess[]): Role {
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    });
    role.addToPolicy(
      new PolicyStatement({
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [logGroup.logGroupArn],
      }),
    );
    for (const statement of tables.flatMap(({ statements }) => statements)) {
      role.addToPolicy(statement);
    }
    return role;
  }
}
