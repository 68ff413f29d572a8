/** Every endpoint has a permission, schemas, a handler of its name, and tests. */
import * as z from 'zod';
import { loadAllRoutes, type NounRoute } from '../../functions/kit/all-routes.ts';
import { octetsSchema } from '../../shared/core/wire.ts';
import { scopes } from '../../shared/identity/permissions.ts';
import { loadSources } from './source-tree.ts';

const routes = await loadAllRoutes();
const sources = loadSources();
const named = ({ route }: NounRoute): string => route.name;
const kebab = (name: string): string =>
  name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
const keysOf = (schema: z.ZodType): readonly string[] =>
  schema instanceof z.ZodObject ? Object.keys(schema.shape) : ['not an object'];

describe('routes', () => {
  it('exist for nine nouns', () => {
    const nouns = [...new Set(routes.map(({ noun }) => noun))];
    expect(nouns).toEqual([
      'clusters',
      'devices',
      'identity',
      'ledger',
      'market',
      'payments',
      'proofs',
      'rewards',
      'token',
    ]);
  });

  it('ask for a scope exactly where a key is involved', () => {
    const wrong = routes.filter(({ route }) => {
      const byKey = route.authentication === 'key' || route.authentication === 'key_or_bootstrap';
      return byKey ? !scopes.some((scope) => scope === route.scope) : route.scope !== null;
    });
    expect(wrong.map(named)).toEqual([]);
  });

  it('are public only where nothing is at stake', () => {
    const open = routes.filter(({ route }) => route.authentication === 'public');
    expect(open.map(named)).toEqual([
      // Whoever signs in is nobody yet.
      'createLoginMessage',
      'createLogin',
      'getHealth',
      'getOpenapi',
      // The beacon: whoever can check it need not believe it.
      'getSlot',
      'getDay',
      'listReceiptKeys',
      // What was published of an hour, for whoever checks it.
      'listEpochs',
      'getEpoch',
      'getEpochStatement',
      'getEpochProof',
      // Arithmetic over a published table.
      'getEmission',
      'getTokenSupply',
    ]);
  });

  it('take the bootstrap key in identity alone', () => {
    const bootstrap = routes.filter(({ route }) => route.authentication === 'key_or_bootstrap');
    expect([...new Set(bootstrap.map(({ noun }) => noun))]).toEqual(['identity']);
  });

  it('let a blocked device report what runs on it, and do nothing else', () => {
    const open = routes.filter(({ route }) => route.acceptsBlockedDevice);
    expect(open.map(named)).toEqual(['receiveReport']);
  });

  it('count the requests of everybody, except for what is public and never changes', () => {
    const unlimited = routes.filter(({ route }) => route.unlimited);
    expect(unlimited.map(named)).toEqual(['getSlot']);
    for (const { route } of unlimited) {
      expect(route.authentication).toBe('public');
      expect(route.answerHeaders?.({} as never)['cache-control']).toContain('immutable');
    }
  });

  it('give every scope something to open', () => {
    const asked = new Set(routes.map(({ route }) => route.scope));
    expect(scopes.filter((scope) => !asked.has(scope))).toEqual([]);
  });

  it('read exactly the parameters of their path', () => {
    const wrong = routes.filter(({ route }) => {
      const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      return JSON.stringify(inPath) !== JSON.stringify(keysOf(route.params));
    });
    expect(wrong.map(named)).toEqual([]);
  });

  it('refuse unknown fields of path, query and body', () => {
    const refuses = (schema: z.ZodType): boolean => {
      const issues = schema.safeParse({ surely_unknown: 1 }).error?.issues ?? [];
      // A union names the unknown field in each of its branches.
      return JSON.stringify(issues).includes('surely_unknown');
    };
    const lax = routes.filter(({ route }) =>
      [route.params, route.query, route.body].some(
        (schema) => schema !== octetsSchema && !refuses(schema),
      ),
    );
    expect(lax.map(named)).toEqual([]);
  });

  it('take no body with GET, and have a sentence for the document', () => {
    for (const { route } of routes) {
      if (route.method === 'GET')
        expect([route.name, keysOf(route.body)]).toEqual([route.name, []]);
      expect(route.summary).toMatch(/^[A-Z].*\.$/);
    }
  });

  it('have unique names and places, in snake_case on the wire', () => {
    const places = routes.map(({ route }) => `${route.method} ${route.path}`);
    expect(new Set(places).size).toBe(places.length);
    expect(new Set(routes.map(named)).size).toBe(routes.length);
    for (const { route } of routes)
      expect(route.path).toMatch(/^\/v1(\/[a-z0-9.-]+|\/\{[a-z_]+\})+$/);
  });

  it('have a handler file of their name', () => {
    const homeless = routes.filter(({ noun, route }) => {
      // In the noun's folder, or in the one of its subject.
      const home = new RegExp(`^functions/${noun}/([a-z-]+/)?${kebab(route.name)}\\.ts$`);
      return !sources.some(({ path }) => home.test(path));
    });
    expect(homeless.map(named)).toEqual([]);
  });

  it('are each named by a test of their noun: by name, by file or by path', () => {
    const untested = routes.filter(({ noun, route }) => {
      const parts = route.path.split(/\{\w+\}/).map((part) => part.replaceAll('.', '\\.'));
      const path = new RegExp(`${parts.join('[^/\\s]+?')}(?=['"\`\\s])`);
      const tests = sources.filter((file) => file.path.startsWith(`test/${noun}/`));
      return !tests.some(
        (file) =>
          file.text.includes(route.name) ||
          file.path.includes(`/${kebab(route.name)}.`) ||
          (file.text.includes(route.method) && path.test(file.text)),
      );
    });
    expect(untested.map(named)).toEqual([]);
  });
});
