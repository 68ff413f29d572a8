/**
 * The WASM engine of the Proof-of-Compute verifier as a Lambda layer: one package under
 * nodejs/node_modules, which functions resolve by its name. It holds no machine code, so it serves every
 * architecture. A function without it verifies all the same, in TypeScript, with a warning.
 */
import { fileURLToPath } from 'node:url';
import { Code, LayerVersion, Runtime } from 'aws-cdk-lib/aws-lambda';
import { verifierLayerFolder, verifierSourceFolder } from '../verifier-layer.ts';
import type { PlatformStack } from './platform-stack.ts';

/**
 * Give it to the functions that verify openings, and let their composition root call `loadEngine`:
 *
 *     new LambdaFunction(this, { name: 'proofs-http', layers: [new VerifierLayer(this)], ... })
 */
export class VerifierLayer extends LayerVersion {
  constructor(stack: PlatformStack) {
    // Templates without code hold the source in place of what is built from it.
    const inline = stack.config.code === 'inline';
    super(stack, 'VerifierLayer', {
      description: 'poc-verifier',
      code: Code.fromAsset(fileURLToPath(inline ? verifierSourceFolder : verifierLayerFolder)),
      compatibleRuntimes: [Runtime.NODEJS_24_X],
    });
  }
}
