/**
 * The environment, parsed once when a function's process starts. A variable that is missing fails the
 * start with its name, not the thousandth request with a riddle.
 */
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
    tableName: (table) => requireValue(tableVariable(table)),
  };
};

/** Which keys this stage accepts: `live` where money is real, else `test`. */
export const keyModeOf = (env: Environment): KeyMode => {
  const mode = env.require('KEY_MODE');
  assert(mode === 'live' || mode === 'test', `KEY_MODE is ${mode}, not live or test`);
  return mode;
};
