/**
 * Builds the WASM engine of the Proof-of-Compute verifier from its AssemblyScript source into a folder
 * that has the form of a layer. What was built is kept under the digest of all that it was built from, so
 * only a changed source or compiler costs anything. Several processes may build at the same time.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import {
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  writeFile,
} from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

/** What the layer is built from. */
export const verifierSourceFolder = new URL('../layers/poc-verifier/', import.meta.url);

/** The layer's root: Lambda unpacks what is in it to /opt. */
export const verifierLayerFolder = new URL('../dist/layers/poc-verifier/', import.meta.url);

const packageFolder = new URL('nodejs/node_modules/@raymesh/poc-verifier/', verifierLayerFolder);
/** Beside the layer, not in it: the digest of what it was built from. */
const builtFrom = new URL('../poc-verifier.sha256', verifierLayerFolder);
const moduleName = 'verifier.wasm';
const copied = ['package.json', 'index.cjs'] as const;

/** One page of memory for ever, no allocator and no imports; vectors of 128 bits. */
const options = [
  ...['--optimizeLevel', '3', '--shrinkLevel', '0', '--converge', '--noAssert'],
  ...['--runtime', 'stub', '--enable', 'simd', '--initialMemory', '1', '--maximumMemory', '1'],
  // An import of abort() would be the only one; nothing here can reach it.
  ...['--use', 'abort='],
] as const;

const inputsOf = async (): Promise<readonly URL[]> => {
  const assembly = new URL('assembly/', verifierSourceFolder);
  const files = (await readdir(assembly)).sort().map((file) => new URL(file, assembly));
  return [...files, ...copied.map((file) => new URL(file, verifierSourceFolder))];
};

/** Looked for when something is built: templates without code need no compiler. */
const require = createRequire(import.meta.url);

/** The digest of everything that decides what is built. */
const digestOfInputs = async (): Promise<string> => {
  const digest = createHash('sha256').update(JSON.stringify(options));
  const compiler = pathToFileURL(require.resolve('assemblyscript/package.json'));
  for (const input of [...(await inputsOf()), compiler]) {
    const bytes = await readFile(input);
    digest.update(`${input.pathname.split('/').at(-1)} ${bytes.length}\n`).update(bytes);
  }
  return digest.digest('hex');
};

const isBuiltFrom = async (digest: string): Promise<boolean> => {
  const files = [...copied, moduleName].map((file) => new URL(file, packageFolder));
  if (![builtFrom, ...files].every((file) => existsSync(file))) return false;
  return (await readFile(builtFrom, 'utf8')) === digest;
};

/** Runs the compiler in a process of its own: it is large, and its output goes to a file. */
const compile = async (to: string): Promise<void> => {
  await promisify(execFile)(process.execPath, [
    require.resolve('assemblyscript/bin/asc.js'),
    ...['verifier.ts', '--baseDir', fileURLToPath(new URL('assembly/', verifierSourceFolder))],
    ...['--outFile', to],
    ...options,
  ]);
};

/**
 * Builds the layer unless it stands there already; answers with the folder of its package, which
 * `loadWasmEngine` takes. Throws with the compiler's words when the source does not compile.
 */
export const buildVerifierLayer = async (): Promise<string> => {
  const digest = await digestOfInputs();
  if (!(await isBuiltFrom(digest))) {
    await mkdir(packageFolder, { recursive: true });
    // Made beside the layer and moved into it: nobody ever reads half a file, and nothing is left over.
    const own = await mkdtemp(fileURLToPath(new URL('../poc-verifier-', verifierLayerFolder)));
    try {
      await compile(join(own, moduleName));
      for (const file of copied) {
        await copyFile(new URL(file, verifierSourceFolder), join(own, file));
      }
      await writeFile(join(own, 'digest'), digest);
      for (const file of [...copied, moduleName]) {
        await rename(join(own, file), new URL(file, packageFolder));
      }
      await rename(join(own, 'digest'), builtFrom);
    } finally {
      await rm(own, { recursive: true, force: true });
    }
  }
  return fileURLToPath(packageFolder);
};
