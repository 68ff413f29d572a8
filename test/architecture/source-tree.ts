/** The repository's own sources as data: files, their texts without comments, and who imports whom. */
import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';

const root = new URL('../../', import.meta.url);

const folders = ['infra', 'functions', 'shared', 'agent', 'clients', 'local', 'test'] as const;

export interface Import {
  /** As it is written. */
  readonly specifier: string;
  /** The path in the repository; undefined for packages and built-ins. */
  readonly target: string | undefined;
  readonly typeOnly: boolean;
}

export interface SourceFile {
  /** From the root, with slashes. */
  readonly path: string;
  readonly text: string;
  /** The text with comments blanked out. */
  readonly code: string;
  readonly imports: readonly Import[];
}

/** Blanks out comments, and keeps strings: good enough for our own formatted sources. */
const withoutComments = (text: string): string =>
  text.replaceAll(
    /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|\/\*[\s\S]*?\*\/|(?<![:\\])\/\/[^\n]*/g,
    (_, quoted: string | undefined) => quoted ?? '',
  );

const importForm =
  /^(?:import|export)\s+(type\s)?([^'"]*?from\s+)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/gm;

/** Whether `{ type A, type B }` names nothing but types. */
const namesOnlyTypes = (clause: string): boolean => {
  const names = /^\{([\s\S]*)\}\s*from\s*$/.exec(clause.trim())?.[1];
  return names?.split(',').every((name) => /^\s*(type\s|$)/.test(name)) ?? false;
};

const importsOf = (path: string, code: string): readonly Import[] =>
  [...code.matchAll(importForm)].map(([, type, clause = '', statically, dynamically]) => {
    const specifier = statically ?? dynamically ?? '';
    const relative = specifier.startsWith('.');
    return {
      specifier,
      target: relative ? posix.join(posix.dirname(path), specifier) : undefined,
      typeOnly: type !== undefined || namesOnlyTypes(clause),
    };
  });

const pathsBelow = (folder: string): readonly string[] =>
  readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })
    .map((path) => `${folder}/${path}`)
    .filter((path) => /\.(ts|mjs)$/.test(path) && !path.includes('node_modules'));

/** Every TypeScript and JavaScript file of the repository, sorted by path. */
export const loadSources = (): readonly SourceFile[] => {
  const top = readdirSync(root).filter((name) => /\.(ts|mjs)$/.test(name));
  return [...top, ...folders.flatMap(pathsBelow)].sort().map((path) => {
    const text = readFileSync(new URL(path, root), 'utf8');
    const code = withoutComments(text);
    return { path, text, code, imports: importsOf(path, code) };
  });
};
