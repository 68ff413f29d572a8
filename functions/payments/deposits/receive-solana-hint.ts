/**
 * POST /v1/webhooks/solana: somebody says that something came. It is looked at now, for what is confirmed, and
 * again when it may be final; the body is not read, and a hint that is lost costs at most a minute.
 */
import type { QueuePort } from '../../../shared/adapters/queue.ts';
import { WriteRefused } from '../../../shared/core/database.ts';
import { secondMs } from '../../../shared/core/time.ts';
import { putHint } from '../../../shared/payments/deposits/poll-store.ts';
import type { Call } from '../../kit/route.ts';
import type { Runtime } from '../../kit/runtime.ts';

export interface HintNeeds extends Runtime {
  readonly hints: QueuePort;
}

/** However many hints come, the histories are not read more often for them. */
const everyMs = 5 * secondMs;
/** What is confirmed now is final by then, as a rule. */
const finalSeconds = 20;

export const receiveSolanaHint = async (
  { database, hints }: Pick<HintNeeds, 'database' | 'hints'>,
  call: Call<'webhook', unknown, unknown, Uint8Array>,
) => {
  try {
    await database.write(putHint(call.nowMs, everyMs));
  } catch (error) {
    if (!(error instanceof WriteRefused)) throw error;
    return { received: true as const };
  }
  await hints.send({ poll: true });
  await hints.send({ poll: true }, { delaySeconds: finalSeconds });
  return { received: true as const };
};
