/**
 * One esbuild call for every function: dist/functions/<name>/index.mjs. Runs once per synth, before
 * the stacks are built; much quicker than a bundling process per function.
 */
import { access, rm } from 'node:fs/promises';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build } from 'esbuild';
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
  },
  // Bundled CommonJS calls require() of built-in modules.
  banner: {
    js: "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);",
  },
} as const satisfies BuildOptions;

const entryFile = async (name: (typeof functionNames)[number]): Promise<string> => {
  const file = fileURLToPath(entryOf(name));
  await access(file).catch((cause: unknown) => {
    throw new Error(`function ${name} has no entry file ${relative('.', file)}`, { cause });
  });
  return file;
};

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
  const entries = await Promise.all(
    functionNames.map(async (name) => [`${name}/index`, await entryFile(name)] as const),
  );
  const outdir = fileURLToPath(bundlesFolder);
  await rm(outdir, { recursive: true, force: true });
  const { metafile } = await build({
    ...options,
    entryPoints: Object.fromEntries(entries),
    outdir,
    absWorkingDir: fileURLToPath(new URL('../', import.meta.url)),
  });
  return Object.fromEntries(
    functionNames.map((name) => {
      const output = metafile.outputs[`dist/functions/${name}/index.mjs`];
      return [
        name,
        { bytes: output?.bytes ?? 0, inputs: Object.keys(output?.inputs ?? {}) },
      ] as const;
    }),
  );
};
