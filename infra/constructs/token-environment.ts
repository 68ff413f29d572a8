/** What a function that knows of the token is told; nothing where the installation has none. */
import type { EnvironmentName } from '../../shared/core/env.ts';
import type { Config } from '../config.ts';

export const tokenEnvironment = ({ token }: Config): Partial<Record<EnvironmentName, string>> =>
  token === undefined ? {} : { TOKEN_MODE: token.mode, GENESIS_HOUR: token.genesisHour };
