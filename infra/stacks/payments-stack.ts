/** Invoices, billing details and budgets. */
import { PlatformStack } from '../constructs/platform-stack.ts';
import { NounTable, read, readWrite } from '../constructs/table.ts';
import type { ApiStack } from './api-stack.ts';
import type { IdentityStack } from './identity-stack.ts';
import type { LedgerStack } from './ledger-stack.ts';

export class PaymentsStack extends PlatformStack {
  readonly payments: NounTable<'payments'>;

  constructor(api: ApiStack, { identity }: IdentityStack, { ledger }: LedgerStack) {
    super(api, 'payments');
    this.payments = new NounTable(this, 'payments');
    api.addEndpoints(this, {
      name: 'payments-http',
      segments: ['invoices', 'billing-details', 'budgets'],
      identity,
      tables: [readWrite(this.payments, 'by_owner'), read(ledger)],
    });
  }
}
