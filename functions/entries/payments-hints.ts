/** Lambda `payments-hints`: looks for deposits when somebody says that one came. */
import { queueFunction } from '../kit/queue.ts';
import { environment } from '../kit/runtime.ts';
import { createDepositRuntime } from '../payments/deposits/deposit-runtime.ts';
import { followHint, hintMessage } from '../payments/deposits/follow-hint.queue.ts';

export const handler = queueFunction(createDepositRuntime(environment()), hintMessage, followHint);
