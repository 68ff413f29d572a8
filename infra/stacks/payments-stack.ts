/** Invoices. */
import { PlatformStack } from '../constructs/platform-stack.ts';
import { NounTable, read } from '../constructs/table.ts';
import type { ApiStack } from './api-stack.ts';
import type { IdentityStack } from './identity-stack.ts';

export class PaymentsStack extends PlatformStack {
  readonly payments: NounTable<'payments'>;

  constructor(api: ApiStack, { identity }: IdentityStack) {
    super(api, 'payments');
    this.payments = new NounTable(this, 'payments');
    api.addEndpoints(this, {
      name: 'payments-http',
      segments: ['invoices'],
      identity,
      tables: [read(this.payments, 'by_owner')],
    });
  }
}
