/** Imports run one way: infra and functions to shared, shared to its core, never back, never in a circle. */
import { type Import, loadSources, type SourceFile } from './source-tree.ts';

const sources = loadSources();
const nounOf = (path: string): string => path.split('/')[1] ?? '';
const within = (folder: string) => (path: string) => path.startsWith(`${folder}/`);
const isStore = (path: string): boolean => path.endsWith('-store.ts');

/** What crosses a boundary, and so may be shared with agents and clients. */
const isSchemas = (path: string): boolean =>
  /^shared\/\w+\/(\w+\/)?(\w+-)?(schemas|protocol)\.ts$/.test(path) ||
  // What the agent finds on its machine is itself a schema.
  path === 'shared/devices/hardware.ts';

/** `from => to` of every import that the rule forbids. */
const offences = (
  applies: (path: string) => boolean,
  allowed: (target: string, file: SourceFile, imported: Import) => boolean,
): readonly string[] =>
  sources
    .filter(({ path }) => applies(path))
    .flatMap((file) =>
      file.imports.flatMap((imported) =>
        imported.target === undefined || allowed(imported.target, file, imported)
          ? []
          : [`${file.path} => ${imported.target}`],
      ),
    );

/** `from => package` of every package import that the rule forbids. */
const packageOffences = (
  applies: (path: string) => boolean,
  forbidden: RegExp,
): readonly string[] =>
  sources
    .filter(({ path }) => applies(path))
    .flatMap(({ path, imports }) =>
      imports
        .filter(({ target, specifier }) => target === undefined && forbidden.test(specifier))
        .map(({ specifier }) => `${path} => ${specifier}`),
    );

describe('imports', () => {
  it('are found by the scanner', () => {
    const store = sources.find(({ path }) => path === 'shared/identity/api-key-store.ts');
    expect(store?.imports).toContainEqual({
      specifier: './api-key.ts',
      target: 'shared/identity/api-key.ts',
      typeOnly: true,
    });
    const edges = sources.flatMap(({ imports }) => imports);
    expect(edges.length).toBeGreaterThan(sources.length);
  });

  it('point to files that exist', () => {
    const known = new Set([...sources.map(({ path }) => path), 'docs/api/openapi.json']);
    expect(
      offences(
        () => true,
        (target) => known.has(target),
      ),
    ).toEqual([]);
  });

  it('of shared/core stay in shared/core', () => {
    expect(offences(within('shared/core'), within('shared/core'))).toEqual([]);
  });

  it('of shared/adapters go to shared/core alone', () => {
    const allowed = (target: string) =>
      within('shared/core')(target) || within('shared/adapters')(target);
    expect(offences(within('shared/adapters'), allowed)).toEqual([]);
  });

  it('of shared stay in shared, and reach no adapter', () => {
    const noun = (path: string) => within('shared')(path) && !within('shared/adapters')(path);
    expect(offences(noun, noun)).toEqual([]);
  });

  it('of rules and schemas reach no store, not even for a type', () => {
    const rules = (path: string) => within('shared')(path) && !isStore(path);
    expect(offences(rules, (target) => !isStore(target))).toEqual([]);
  });

  it('of stores reach no store of another noun', () => {
    const allowed = (target: string, { path }: SourceFile) =>
      !isStore(target) || nounOf(target) === nounOf(path);
    expect(offences((path) => within('shared')(path) && isStore(path), allowed)).toEqual([]);
  });

  it('of functions go to functions and shared, and to the committed API document', () => {
    const allowed = (target: string) =>
      within('functions')(target) || within('shared')(target) || within('docs/api')(target);
    expect(offences(within('functions'), allowed)).toEqual([]);
  });

  it('of the kit reach no noun’s functions, and nothing imports an entry', () => {
    const kit = (target: string) => within('functions/kit')(target) || within('shared')(target);
    expect(offences(within('functions/kit'), kit)).toEqual([]);
    const product = (path: string) => !within('test')(path);
    expect(offences(product, (target) => !within('functions/entries')(target))).toEqual([]);
  });

  it('of infra take types and constants, never a handler', () => {
    const allowed = (target: string, _: SourceFile, { typeOnly }: Import) =>
      within('infra')(target) ||
      within('shared')(target) ||
      (typeOnly && within('functions')(target));
    expect(offences(within('infra'), allowed)).toEqual([]);
  });

  it('of the agent go to shared/core, schemas and the protocol of proofs alone', () => {
    const allowed = (target: string) =>
      within('agent')(target) ||
      within('shared/core')(target) ||
      within('shared/proofs/protocol')(target) ||
      isSchemas(target);
    expect(offences(within('agent'), allowed)).toEqual([]);
  });

  it('of clients go to shared/core, schemas and pure rules, for checks without the platform', () => {
    const isRule = (path: string) =>
      ['shared/market', 'shared/rewards', 'shared/token'].some((noun) => within(noun)(path)) &&
      !isStore(path);
    const allowed = (target: string) =>
      within('clients')(target) ||
      target === 'shared/proofs/reference-report.ts' ||
      within('shared/core')(target) ||
      within('shared/proofs/protocol')(target) ||
      isRule(target) ||
      isSchemas(target);
    expect(offences(within('clients'), allowed)).toEqual([]);
    expect(
      offences(
        within('shared/proofs/protocol'),
        (target) => within('shared/proofs/protocol')(target) || within('shared/core')(target),
      ),
    ).toEqual([]);
  });

  it('of the product reach neither tests nor what brings it up locally', () => {
    const product = (path: string) => !within('test')(path) && !within('local')(path);
    const allowed = (target: string) => !within('test')(target) && !within('local')(target);
    expect(offences(product, allowed)).toEqual([]);
    expect(offences(within('local'), (target) => !within('test')(target))).toEqual([]);
  });

  it('make no circle, types included', () => {
    const edges = new Map(sources.map(({ path, imports }) => [path, imports]));
    const settled = new Set<string>();
    const circles: string[] = [];
    const visit = (path: string, trail: readonly string[]): void => {
      if (trail.includes(path)) {
        circles.push([...trail.slice(trail.indexOf(path)), path].join(' => '));
        return;
      }
      if (settled.has(path)) return;
      for (const { target } of edges.get(path) ?? []) {
        if (target !== undefined) visit(target, [...trail, path]);
      }
      settled.add(path);
    };
    for (const { path } of sources) visit(path, []);
    expect(circles).toEqual([]);
  });

  it('of the DynamoDB client stand in the kit alone, of other clients in adapters', () => {
    const product = (path: string) =>
      ['functions', 'shared', 'agent', 'infra'].some((folder) => within(folder)(path));
    const outside = (folder: string) => (path: string) => product(path) && !within(folder)(path);
    expect(packageOffences(outside('functions/kit'), /client-dynamodb|util-dynamodb/)).toEqual([]);
    const other = /@aws-sdk\/client-(?!dynamodb)/;
    expect(packageOffences(outside('shared/adapters'), other)).toEqual([]);
  });

  it('of the CDK stand in infra alone, of middy in the kit alone', () => {
    const notInfra = (path: string) => !within('infra')(path) && !within('test/infra')(path);
    expect(packageOffences(notInfra, /^(aws-cdk-lib|constructs|cdk-nag)/)).toEqual([]);
    expect(packageOffences((path) => !within('functions/kit')(path), /^@middy/)).toEqual([]);
  });

  it('of zod take the namespace, which bundles a tenth of the other form', () => {
    const named = sources.filter(({ code }) => /import\s*\{[^}]*\}\s*from 'zod'/.test(code));
    expect(named.map(({ path }) => path)).toEqual([]);
  });
});
