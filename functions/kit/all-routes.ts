/**
 * Every endpoint of the platform, collected from the nouns' route tables. For what looks at all of them
 * at once: the API document and the tests of authorisation and style. No function imports it.
 */
import { readdirSync } from 'node:fs';
import type { Route } from './route.ts';

export interface NounRoute {
  /** The folder under `functions` that the route belongs to. */
  readonly noun: string;
  readonly route: Route<never>;
}

const functionsFolder = new URL('../', import.meta.url);

/** The route tables in the folders under `functions`: `routes.ts` and `*-routes.ts`, sorted. */
const routeTables = (): readonly { readonly noun: string; readonly file: string }[] =>
  readdirSync(functionsFolder)
    .filter((noun) => noun !== 'kit')
    .sort()
    .flatMap((noun) =>
      readdirSync(new URL(noun, functionsFolder))
        .filter((file) => /^([a-z-]+-)?routes\.ts$/.test(file))
        .sort()
        .map((file) => ({ noun, file })),
    );

/** All routes of all nouns, in the order of their tables. */
export const loadAllRoutes = async (): Promise<readonly NounRoute[]> => {
  const found: NounRoute[] = [];
  for (const { noun, file } of routeTables()) {
    const table: object = await import(new URL(`${noun}/${file}`, functionsFolder).href);
    const routes: readonly Route<never>[] = Object.values(table).filter(Array.isArray).flat();
    found.push(...routes.map((route) => ({ noun, route })));
  }
  return found;
};
