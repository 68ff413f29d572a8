/** Lambda `proofs-http`: the public beacon, the prover's messages, and what became of them. */
import { secrets } from '../../shared/adapters/secrets.ts';
import { transcripts } from '../../shared/adapters/transcripts.ts';
import { workflows } from '../../shared/adapters/workflows.ts';
import { loadEngine } from '../../shared/proofs/protocol/wasm-engine.ts';
import { credentialsOf, keyModeOf } from '../kit/env.ts';
import { httpFunction } from '../kit/http.ts';
import { createRuntime, environment } from '../kit/runtime.ts';
import { proofRoutes } from '../proofs/routes.ts';

const env = environment();
const runtime = createRuntime(env);

export const handler = httpFunction(
  {
    ...runtime,
    workflows: workflows(),
    engine: loadEngine(runtime.log),
    secrets: secrets(runtime.clock),
    receiptSecretArn: env.require('RECEIPT_SECRET_ARN'),
    transcripts: transcripts({
      url: env.require('TRANSCRIPT_BUCKET_URL'),
      region: env.require('AWS_REGION'),
      credentials: credentialsOf(env),
      clock: { nowMs: () => runtime.clock.realMs() },
    }),
  },
  proofRoutes,
  { keyMode: keyModeOf(env) },
);
