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
