/** The configuration: what the command line may say, and what is refused before anything is built. */
import { readConfig } from '../../infra/config.ts';

const read = (values: Readonly<Record<string, string>>) =>
  readConfig((name) => ({ stage: 'dev', ...values })[name]);

describe('the settings of invoices', () => {
  it('are empty unless told', () => {
    expect(read({}).invoicing).toBe('{}');
  });

  it('are handed on as they are', () => {
    const invoicing = '{"tax_rates":[{"country":"DE","label":"USt","basis_points":1900}]}';
    expect(read({ invoicing }).invoicing).toBe(invoicing);
  });

  it('are refused with a sentence where no function could start with them', () => {
    expect(() => read({ invoicing: '{"seler":null}' })).toThrow('docs/deploy.md');
    expect(() => read({ invoicing: 'me' })).toThrow('docs/deploy.md');
  });
});

describe('prices that were set', () => {
  it('are for stage local alone', () => {
    const fixedPrices = '{"io":"250000000","usdc":"1000000000"}';
    const local = { stage: 'local', emulator: 'http://127.0.0.1:4566' };
    expect(read({ ...local, fixedPrices }).fixedPrices).toBe(fixedPrices);
    expect(() => read({ fixedPrices })).toThrow('only stage local');
  });
});

describe('the page where people sign in', () => {
  it('is an origin, and none unless told', () => {
    const signInOrigin = 'https://console.example.com';
    expect([read({}).signInOrigin, read({ signInOrigin }).signInOrigin]).toEqual([
      undefined,
      signInOrigin,
    ]);
  });

  it.each([
    'console.example.com',
    'http://console.example.com',
    'https://console.example.com/',
    'https://console.example.com/sign-in',
    'https://me@console.example.com',
    'javascript:alert(1)',
  ])('is refused as %s', (signInOrigin) => {
    expect(() => read({ signInOrigin })).toThrow('-c signInOrigin');
  });
});

describe('the cool-down of payout wallets', () => {
  it('is a day unless told', () => {
    expect(read({}).payoutCooldownHours).toBe(24);
    expect(read({ payoutCooldownHours: '72' }).payoutCooldownHours).toBe(72);
  });

  it.each(['0', '-1', '1.5', '169', 'a day'])('is refused as %s', (payoutCooldownHours) => {
    expect(() => read({ payoutCooldownHours })).toThrow('-c payoutCooldownHours');
  });
});

describe('how much IO deposits may bring', () => {
  it('is a million unless told, and functions are told base units', () => {
    expect(read({}).ioPositionLimit).toBe('100000000000000');
    expect(read({ ioPositionLimit: '5' }).ioPositionLimit).toBe('500000000');
    expect(() => read({ ioPositionLimit: '1.5' })).toThrow('-c ioPositionLimit');
  });
});

describe('the mints of tokens', () => {
  const other = '9xQeWvG816bUx9EPjHmaT23yvVM2ZWbrrpZb9PusVFin';

  it('are those of the cluster that the stage is on', () => {
    expect(read({ stage: 'prod' }).solana.usdcMint).toMatch(/^EPjFWdd5/);
    expect(read({ stage: 'dev' }).solana.usdcMint).toMatch(/^4zMMC9sr/);
  });

  it('are others where the context names some, but never on mainnet', () => {
    expect(read({ ioMint: other }).solana.ioMint).toBe(other);
    expect(() => read({ stage: 'prod', usdcMint: other })).toThrow('not for stage prod');
    expect(() => read({ usdcMint: 'USDC' })).toThrow('no address');
  });
});

describe('the token', () => {
  const genesisHour = '2026-11-23T07';

  it('is none unless told, and then no genesis either', () => {
    expect(read({}).token).toBeUndefined();
    expect(read({ token: 'none' }).token).toBeUndefined();
    expect(() => read({ genesisHour })).toThrow('-c token=own');
  });

  it('is one’s own or an existing one, from an hour on', () => {
    expect(read({ token: 'own', genesisHour }).token).toEqual({ mode: 'own', genesisHour });
    const { token } = read({ token: 'existing', genesisHour });
    expect(token).toEqual({ mode: 'existing', genesisHour });
  });

  it.each(['2026-11-23', '2026-11-23T24', '2026-02-30T07', '2026-11-23T07:00', '7'])(
    'does not begin at %s',
    (hour) => {
      expect(() => read({ token: 'own', genesisHour: hour })).toThrow('-c genesisHour');
    },
  );

  it('is refused as anything else, and without its hour', () => {
    expect(() => read({ token: 'mine', genesisHour })).toThrow('-c token is');
    expect(() => read({ token: 'own' })).toThrow('-c genesisHour');
  });
});

describe('sign-ups', () => {
  it('are closed unless told, and open on one machine', () => {
    expect([read({}).signUp, read({ signUp: 'open' }).signUp]).toEqual(['closed', 'open']);
    const local = { stage: 'local', emulator: 'http://127.0.0.1:4566' };
    expect(read(local).signUp).toBe('open');
  });

  it('are refused as anything else', () => {
    expect(() => read({ signUp: 'maybe' })).toThrow('-c signUp is open or closed');
  });
});
