/** The committed API documents: generated, not stale, and complete. */
import { readFileSync } from 'node:fs';
import { loadAllRoutes } from '../../functions/kit/all-routes.ts';
import { apiFiles, errorCodesOf } from '../../functions/kit/openapi.ts';
import { catalogue } from '../../shared/core/error-catalogue.ts';

const committed = (name: string): string =>
  readFileSync(new URL(`../../docs/api/${name}`, import.meta.url), 'utf8');

interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, { operationId: string }>>>>;
  readonly components: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

const document = (): Document => JSON.parse(committed('openapi.json')) as Document;

describe('the API documents', () => {
  it('are what "npm run openapi" writes now', async () => {
    for (const [name, text] of Object.entries(await apiFiles())) {
      expect({ name, stale: committed(name) !== text }).toEqual({ name, stale: false });
    }
  });

  it('name every endpoint once', async () => {
    const named = Object.entries(document().paths).flatMap(([path, operations]) =>
      Object.entries(operations).map(
        ([method, { operationId }]) => `${method.toUpperCase()} ${path} ${operationId}`,
      ),
    );
    const routes = (await loadAllRoutes()).map(
      ({ route }) => `${route.method} ${route.path} ${route.name}`,
    );
    expect(named.sort()).toEqual(routes.sort());
    expect(new Set(routes.map((route) => route.split(' ')[2])).size).toBe(routes.length);
  });

  it('refer to nothing that they do not define', () => {
    const { openapi, components } = document();
    expect(openapi).toBe('3.1.0');
    const refs = [...committed('openapi.json').matchAll(/"\$ref": "#\/components\/([^"]+)"/g)];
    for (const [, ref = ''] of refs) {
      const [kind = '', name = ''] = ref.split('/');
      expect(components[kind]).toHaveProperty([name]);
      expect(name).toMatch(/^[a-zA-Z0-9._-]+$/);
    }
  });

  it('show a problem document for every code that an endpoint can answer', async () => {
    const { components } = document();
    for (const { route } of await loadAllRoutes()) {
      for (const code of errorCodesOf(route)) {
        expect(components['examples']?.[code]).toMatchObject({
          value: { code, detail: catalogue[code].title, suggestion: catalogue[code].suggestion },
        });
      }
    }
  });
});
