/**
 * The environment, parsed once when a function's process starts. A variable that is missing fails the
 * start with its name, not the thousandth request with a riddle.
 */
import type { AwsCredentials } from '../../shared/adapters/sigv4.ts';
import { assert } from '../../shared/core/assert.ts';
import { type EnvironmentName, environmentNames, tableVariable } from '../../shared/core/env.ts';
import type { TableName } from '../../shared/core/tables.ts';
import type { KeyMode } from '../../shared/identity/api-key.ts';

/** What the process was given; only known names are read. */
export interface Environment {
  readonly stage: string;
  readonly functionName: string;
  /** The value, or a BugError that names the variable. */
  require(name: EnvironmentName): string;
  /** The value; undefined where it is not set. */
  get(name: EnvironmentName): string | undefined;
  /** The physical name of a table, or a BugError. */
  tableName(table: TableName): string;
}

/** Parses the environment of a function. */
export const parseEnvironment = (variables: NodeJS.ProcessEnv): Environment => {
  const known: Partial<Record<EnvironmentName, string>> = {};
  for (const name of environmentNames) {
    const value = variables[name];
    if (value !== undefined && value !== '') known[name] = value;
  }
  const requireValue = (name: EnvironmentName): string => {
    const value = known[name];
    assert(value !== undefined, `environment variable ${name} is not set`);
    return value;
  };
  return {
    stage: requireValue('STAGE'),
    functionName: variables['AWS_LAMBDA_FUNCTION_NAME'] ?? 'unnamed',
    require: requireValue,
    get: (name) => known[name],
    tableName: (table) => requireValue(tableVariable(table)),
  };
};

/** The credentials of the function's role; they hold for as long as the process. */
export const credentialsOf = (env: Environment): AwsCredentials => ({
  accessKeyId: env.require('AWS_ACCESS_KEY_ID'),
  secretAccessKey: env.require('AWS_SECRET_ACCESS_KEY'),
  sessionToken: env.get('AWS_SESSION_TOKEN'),
});

/** Which keys this stage accepts: `live` where money is real, else `test`. */
export const keyModeOf = (env: Environment): KeyMode => {
  const mode = env.require('KEY_MODE');
  assert(mode === 'live' || mode === 'test', `KEY_MODE is ${mode}, not live or test`);
  return mode;
};
