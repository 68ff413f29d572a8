/** The error catalogue is exact: what is thrown is listed, what is listed is thrown and documented. */
import { loadAllRoutes } from '../../functions/kit/all-routes.ts';
import { errorCodesOf } from '../../functions/kit/openapi.ts';
import { catalogue, type ErrorCode } from '../../shared/core/error-catalogue.ts';
import { loadSources } from './source-tree.ts';

const codes = Object.keys(catalogue) as ErrorCode[];
const product = loadSources().filter(({ path }) => /^(functions|shared)\//.test(path));
/** Where codes stand without being thrown. */
const listsOnly = (path: string): boolean =>
  path === 'shared/core/error-catalogue.ts' ||
  path === 'functions/kit/openapi.ts' ||
  path.endsWith('/routes.ts');

describe('error codes', () => {
  it('that are thrown are in the catalogue', () => {
    const thrown = product.flatMap(({ path, code }) =>
      [...code.matchAll(/new AppError\(\s*'([^']+)'/g)].map(([, name]) => `${name} in ${path}`),
    );
    expect(thrown.length).toBeGreaterThan(20);
    for (const entry of thrown) expect(codes).toContain(entry.split(' ')[0]);
  });

  it('of the catalogue are thrown somewhere', () => {
    const throwing = product.filter(({ path }) => !listsOnly(path));
    const idle = codes.filter((code) => !throwing.some((file) => file.code.includes(`'${code}'`)));
    expect(idle).toEqual([]);
  });

  it('of the catalogue are what some endpoint can answer', async () => {
    const answered = new Set((await loadAllRoutes()).flatMap(({ route }) => errorCodesOf(route)));
    // Answered where there is no endpoint.
    answered.add('request.unknown_route');
    // Answered on the agents' socket.
    answered.add('device.connection_replaced').add('device.key_in_use_twice');
    // Schedules and workflows alone speak with the chain.
    answered.add('solana.unavailable');
    answered.add('treasury.key_throttled').add('treasury.key_unavailable');
    expect(codes.filter((code) => !answered.has(code))).toEqual([]);
  });

  it('read well: a sentence that says what happened, and one that says what to do', () => {
    for (const code of codes) {
      expect(code).toMatch(/^[a-z_]+\.[a-z_]+$/);
      const { title, suggestion } = catalogue[code];
      for (const text of [title, suggestion]) expect(text).toMatch(/^["A-Z].*\.$/);
    }
  });
});
