/** The environment: complete at the start, or a failure with the variable's name. */
import { keyModeOf, parseEnvironment } from '../../functions/kit/env.ts';
import { environmentNames, tableVariable } from '../../shared/core/env.ts';
import { type TableName, tables } from '../../shared/core/tables.ts';

describe('environment', () => {
  it('has a variable for every table', () => {
    for (const table of Object.keys(tables) as TableName[]) {
      expect(environmentNames).toContain(tableVariable(table));
    }
  });

  it('gives what was set, and the physical name of a table', () => {
    const env = parseEnvironment({
      STAGE: 'dev',
      KEY_MODE: 'live',
      TABLE_LEDGER: 'ledger-1',
      AWS_LAMBDA_FUNCTION_NAME: 'ledger-http',
    });
    expect([env.stage, env.functionName]).toEqual(['dev', 'ledger-http']);
    expect(env.tableName('ledger')).toBe('ledger-1');
    expect(keyModeOf(env)).toBe('live');
  });

  it.each([{}, { STAGE: '' }])('fails the start without a stage: %j', (variables) => {
    expect(() => parseEnvironment(variables)).toThrow('STAGE is not set');
  });

  it('names the variable that is missing', () => {
    const env = parseEnvironment({ STAGE: 'dev' });
    expect(() => env.tableName('market')).toThrow('TABLE_MARKET is not set');
    expect(() => env.require('SOCKET_URL')).toThrow('SOCKET_URL is not set');
  });

  it('has no default for the mode of keys', () => {
    expect(() => keyModeOf(parseEnvironment({ STAGE: 'dev', KEY_MODE: 'maybe' }))).toThrow(
      'not live or test',
    );
  });
});
