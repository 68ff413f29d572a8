/** What an installation is told of its token, and how its hours are counted. */
import { startOfHourId } from '../../shared/core/time.ts';
import {
  hourNumberOf,
  readTokenSettings,
  requireTokenSettings,
  startOfHour,
  type TokenSettings,
} from '../../shared/token/token-mode.ts';

const read = (values: Readonly<Record<string, string>>) =>
  readTokenSettings((name) => values[name]);

const genesisMs = Date.UTC(2026, 10, 23, 7);
const settings: TokenSettings = { mode: 'own', genesisMs };

describe('the settings of the token', () => {
  it('are none where the function was told nothing, or none', () => {
    expect([read({}), read({ TOKEN_MODE: 'none' })]).toEqual([undefined, undefined]);
  });

  it('are the mode and the start of hour 0', () => {
    const TOKEN_MODE = 'existing';
    expect(read({ TOKEN_MODE, GENESIS_HOUR: '2026-11-23T07' })).toEqual({
      mode: 'existing',
      genesisMs,
    });
  });

  it.each([
    { TOKEN_MODE: 'own' },
    { TOKEN_MODE: 'own', GENESIS_HOUR: '2026-11-23' },
    { TOKEN_MODE: 'mine', GENESIS_HOUR: '2026-11-23T07' },
  ])('fail the start as %p', (values) => {
    expect(() => read(values)).toThrow(/TOKEN_MODE|GENESIS_HOUR/);
  });

  it('are refused with token.none where they are needed and there are none', () => {
    expect(requireTokenSettings(settings)).toBe(settings);
    expect(() => requireTokenSettings(undefined)).toThrow(
      expect.objectContaining({ code: 'token.none' }),
    );
  });
});

describe('the hours of emission', () => {
  it('begin with 0 at genesis, and end where the next begins', () => {
    const starts = [-1, 0, 1, 175_319].map((hour) => startOfHour(settings, hour));
    expect(starts.map((ms) => hourNumberOf(settings, ms))).toEqual([-1, 0, 1, 175_319]);
    expect(starts.map((ms) => hourNumberOf(settings, ms + 3_599_999))).toEqual([-1, 0, 1, 175_319]);
  });
});

describe('the name of an hour', () => {
  it('says when it starts, whatever the time zone', () => {
    expect(startOfHourId('2026-11-23T07')).toBe(genesisMs);
  });

  it.each(['2026-11-23T24', '2026-02-29T00', '2026-11-23T7', '2026-11-23T07Z', ''])(
    'is not %p',
    (name) => {
      expect(startOfHourId(name)).toBeUndefined();
    },
  );
});
