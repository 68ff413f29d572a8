/** Lambda `ledger-statement`: consumes the stream of the ledger's table. */
import { queue } from '../../shared/adapters/queue.ts';
import { createRuntime, environment } from '../kit/runtime.ts';
import { streamFunction } from '../kit/stream.ts';
import { writeStatement } from '../ledger/write-statement.stream.ts';

const env = environment();
const runtime = { ...createRuntime(env), poison: queue(env.require('POISON_QUEUE_URL')) };

export const handler = streamFunction(runtime, writeStatement);
