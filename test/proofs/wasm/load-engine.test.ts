/** Which engine a process gets: WASM where the package can be resolved and is right, TypeScript otherwise. */
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { buildVerifierLayer, verifierLayerFolder } from '../../../infra/verifier-layer.ts';
import { loadEngine, loadWasmEngine } from '../../../shared/proofs/protocol/wasm-engine.ts';

const packageFolder = await buildVerifierLayer();
const folder = mkdtempSync(join(tmpdir(), 'raymesh-engine-'));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A copy of the package whose source of this name was changed. */
const changedPackage = (name: string, file: string, change: (text: string) => string): string => {
  const own = join(folder, name);
  cpSync(packageFolder, own, { recursive: true });
  const path = join(own, file);
  const text = readFileSync(path, 'latin1');
  const changed = change(text);
  expect(changed).not.toBe(text);
  writeFileSync(path, changed, 'latin1');
  return own;
};

describe('the package', () => {
  it('imports nothing and has a page of memory that does not grow', () => {
    const { instantiate } = createRequire(import.meta.url)(packageFolder) as {
      instantiate(): {
        readonly memory: { readonly buffer: ArrayBuffer; grow(by: number): number };
      };
    };
    // It is given nothing to import.
    const { memory } = instantiate();
    expect(memory.buffer.byteLength).toBe(65_536);
    expect(() => memory.grow(1)).toThrow(RangeError);
  });

  it('is not built again while nothing changed', async () => {
    const path = join(packageFolder, 'verifier.wasm');
    const before = statSync(path).mtimeMs;
    expect(await buildVerifierLayer()).toBe(packageFolder);
    expect(statSync(path).mtimeMs).toBe(before);
  });
});

describe('a process', () => {
  /** What a process reports that finds packages where Lambda's Node does. */
  const report = async (nodePath: string): Promise<unknown> => {
    const engine = new URL('../../../shared/proofs/protocol/wasm-engine.ts', import.meta.url);
    const program = `
      const { loadEngine } = await import(${JSON.stringify(engine.href)});
      const warnings = [];
      const { name } = loadEngine({ warn: (event, { cause }) => warnings.push([event, cause.code]) });
      process.stdout.write(JSON.stringify({ name, warnings }));`;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--input-type=module', '--eval', program],
      { cwd: folder, env: { NODE_PATH: nodePath } },
    );
    return JSON.parse(stdout);
  };

  it('with the layer resolves the WASM engine by its name and warns of nothing', async () => {
    const nodePath = fileURLToPath(new URL('nodejs/node_modules', verifierLayerFolder));
    expect(await report(nodePath)).toEqual({ name: 'wasm', warnings: [] });
  });

  it('without the layer gets the TypeScript engine and one warning', async () => {
    expect(await report(folder)).toEqual({
      name: 'typescript',
      warnings: [['proof_engine_fallback', 'MODULE_NOT_FOUND']],
    });
  });
});

describe('a package that is not right', () => {
  it('is refused when its module computes something else', () => {
    // The constants of ChaCha8, of BLAKE3 and of the lanes stand in the module as bytes or as numbers.
    const changes = {
      chacha: ['expand', 'expanD'],
      blake: ['\x67\xe6\x09\x6a', '\x67\xe6\x09\x6b'],
    } as const;
    for (const [name, [found, other]] of Object.entries(changes)) {
      const own = changedPackage(name, 'verifier.wasm', (text) => text.replace(found, other));
      expect(() => loadWasmEngine(own)).toThrow('engines give other answers');
    }
  });

  it('is refused when its module does not compile or has no such function', () => {
    const cut = changedPackage('cut', 'verifier.wasm', (text) => text.slice(0, 1_000));
    expect(() => loadWasmEngine(cut)).toThrow(/WebAssembly/);
    const renamed = changedPackage('renamed', 'index.cjs', (text) =>
      text.replace('exports.instantiate', 'exports.other'),
    );
    expect(() => loadWasmEngine(renamed)).toThrow(TypeError);
  });

  it('leaves a process with the TypeScript engine', () => {
    const events: string[] = [];
    const log = { warn: (event: string) => events.push(event) };
    expect(loadEngine(log).name).toBe('typescript');
    expect(events).toEqual(['proof_engine_fallback']);
  });
});
