/**
 * Whose token an installation pays rewards in, and when its emission began. `none`: nobody's, so there are
 * no epochs and no stakes. `own`: a mint that genesis makes, of which the treasury mints what was emitted.
 * `existing`: somebody else's mint; rewards are paid from what was funded. Hour 0 of the schedule is the
 * hour of genesis, which is configured once and never moves.
 */
import { assert } from '../core/assert.ts';
import { AppError } from '../core/errors.ts';
import { hourMs, startOfHourId } from '../core/time.ts';

export const tokenModes = ['none', 'own', 'existing'] as const;

export type TokenMode = (typeof tokenModes)[number];

/** Of an installation that has a token. */
export interface TokenSettings {
  readonly mode: Exclude<TokenMode, 'none'>;
  /** The start of hour 0, in epoch milliseconds: a full hour. */
  readonly genesisMs: number;
}

/** A reader of the environment: undefined for what is not set. */
type ReadVariable = (name: 'TOKEN_MODE' | 'GENESIS_HOUR') => string | undefined;

/**
 * What the function was told; undefined where the installation has no token, whose functions are told
 * nothing. BugError where what it was told is no mode, or no hour.
 */
export const readTokenSettings = (read: ReadVariable): TokenSettings | undefined => {
  const mode = read('TOKEN_MODE');
  if (mode === undefined || mode === 'none') return undefined;
  assert(mode === 'own' || mode === 'existing', `TOKEN_MODE is ${mode}`);
  const genesisHour = read('GENESIS_HOUR');
  const genesisMs = genesisHour === undefined ? undefined : startOfHourId(genesisHour);
  assert(genesisMs !== undefined, `GENESIS_HOUR is ${genesisHour}`);
  return { mode, genesisMs };
};

/** The settings, or the refusal `token.none` where there is no token. */
export const requireTokenSettings = (settings: TokenSettings | undefined): TokenSettings => {
  if (settings === undefined) throw new AppError('token.none');
  return settings;
};

/** The number of the reward hour that contains `atMs`, from 0; negative before genesis. */
export const hourNumberOf = ({ genesisMs }: TokenSettings, atMs: number): number =>
  Math.floor((atMs - genesisMs) / hourMs);

/** When the reward hour of this number starts, in epoch milliseconds. */
export const startOfHour = ({ genesisMs }: TokenSettings, hour: number): number =>
  genesisMs + hour * hourMs;
