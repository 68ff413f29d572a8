/**
 * One esbuild call for every function: dist/functions/<name>/index.mjs. Runs once per synth, before
 * the stacks are built; much quicker than a bundling process per function.
 */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build } from 'esbuild';
import { present } from '../shared/core/assert.ts';
import { bundlesFolder, entryOf, functionNames } from './functions.ts';

const options = {
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  mainFields: ['module', 'main'],
  minify: true,
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
  outExtension: { '.js': '.mjs' },
  alias: {
    '@aws-sdk/credential-provider-node': fileURLToPath(
      new URL('lambda-credentials.mjs', import.meta.url),
    ),
    '@aws-sdk/endpoint-cache': fileURLToPath(new URL('no-endpoint-discovery.mjs', import.meta.url)),
  },
  // Imported by the SDK when a service streams events, which none of ours does; 15 KiB in each bundle.
  external: ['@smithy/core/event-streams'],
  // Bundled CommonJS calls require() of built-in modules.
  banner: {
    js: "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);",
  },
} as const satisfies BuildOptions;

/** A function's bundle: its size in bytes, and the packages and files that went into it. */
export interface Bundle {
  readonly bytes: number;
  readonly inputs: readonly string[];
}

/**
 * Bundles every function anew; answers with each bundle by the function's name. Throws when an entry
 * file is missing or does not build.
 */
export const bundleFunctions = async (): Promise<Readonly<Record<string, Bundle>>> => {
  const missing = functionNames.filter((name) => !existsSync(entryOf(name)));
  if (missing.length > 0) {
    throw new Error(`functions/entries has no file for: ${missing.join(', ')}`);
  }
  const outdir = fileURLToPath(bundlesFolder);
  await rm(outdir, { recursive: true, force: true });
  const { metafile } = await build({
    ...options,
    entryPoints: Object.fromEntries(
      functionNames.map((name) => [`${name}/index`, fileURLToPath(entryOf(name))]),
    ),
    outdir,
    absWorkingDir: fileURLToPath(new URL('../', import.meta.url)),
  });
  return Object.fromEntries(
    functionNames.map((name) => {
      const { bytes, inputs } = present(
        metafile.outputs[`dist/functions/${name}/index.mjs`],
        `esbuild made no bundle for ${name}`,
      );
      return [name, { bytes, inputs: Object.keys(inputs) }];
    }),
  );
};
