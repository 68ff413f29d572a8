/** Transfers, balances and holds; the statements made from them; the maturity of earnings. */
import { LambdaFunction } from '../constructs/lambda-function.ts';
import { PlatformStack } from '../constructs/platform-stack.ts';
import { ScheduledTask } from '../constructs/scheduled-task.ts';
import { StreamConsumer } from '../constructs/stream-consumer.ts';
import { newItems } from '../constructs/stream-filter.ts';
import { NounTable, readPut, readWrite } from '../constructs/table.ts';
import type { ApiStack } from './api-stack.ts';
import type { IdentityStack } from './identity-stack.ts';

export class LedgerStack extends PlatformStack {
  readonly ledger: NounTable<'ledger'>;

  constructor(api: ApiStack, { identity }: IdentityStack) {
    super(api, 'ledger');
    this.ledger = new NounTable(this, 'ledger');
    api.addEndpoints(this, {
      name: 'ledger-http',
      segments: ['ledger'],
      identity,
      // The operator's audit events are put.
      tables: [readWrite(this.ledger, 'by_maturity'), readPut(identity)],
    });
    new StreamConsumer(this, {
      name: 'ledger-statement',
      source: this.ledger,
      filter: newItems,
      tables: [readWrite(this.ledger)],
    });
    const schedules = new LambdaFunction(this, {
      name: 'ledger-schedules',
      tables: [readWrite(this.ledger, 'by_maturity')],
      timeoutSeconds: 120,
    });
    new ScheduledTask(schedules, { task: 'mature-earnings', everyMinutes: 60 });
  }
}
