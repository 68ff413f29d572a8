/**
 * A process that verifies full proofs of class L one after the other and prints the most that its heap ever
 * held after one of them, in MiB: JavaScript's heap and the buffers outside of it, garbage that nobody
 * asked to be collected included. Argument: the folder of the WASM engine's package, or '' for TypeScript.
 */
import { typescriptEngine } from '../../shared/proofs/protocol/typescript-engine.ts';
import { verifyOpening } from '../../shared/proofs/protocol/verify.ts';
import { loadWasmEngine } from '../../shared/proofs/protocol/wasm-engine.ts';
import { classL, fullSizeProof, measuredEngine } from '../support/proofs/full-size.ts';

const verifications = 20;

const folder = process.argv[2] ?? '';
const proof = fullSizeProof(classL);
const engine = measuredEngine(folder === '' ? typescriptEngine : loadWasmEngine(folder), proof);
let mostBytes = 0;
for (let verification = 0; verification < verifications; verification += 1) {
  if (verifyOpening(proof, engine).verdict !== 'passed') throw new Error('it stopped early');
  const { heapUsed, external } = process.memoryUsage();
  mostBytes = Math.max(mostBytes, heapUsed + external);
}
process.stdout.write(String(mostBytes / 1024 ** 2));
