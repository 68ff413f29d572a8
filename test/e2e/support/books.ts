/** What the platform's own books say about a cluster: proven time, settlements, and whether the bill agrees. */
import { getUsage } from '../../../shared/clusters/usage-store.ts';
import { present } from '../../../shared/core/assert.ts';
import { readAccount } from '../../../shared/ledger/account.ts';
import type { Hold } from '../../../shared/ledger/hold.ts';
import { getHold, listTransfersByCluster } from '../../../shared/ledger/ledger-store.ts';
import { dueUnits } from '../../../shared/ledger/settlement.ts';
import type { Transfer } from '../../../shared/ledger/transfer.ts';
import { getInvoice, type Invoice } from './renting.ts';
import { rateUnits, type Stage } from './stage.ts';

/** The recorded usage of each node of a cluster that runs or ran. */
export const usageOf = async (stage: Stage, clusterId: string) =>
  present(await getUsage(stage.database, clusterId), `${clusterId} never ran`);

/** The settlements of a cluster, in order, and its hold. */
export const settlementsOf = async (
  stage: Stage,
  clusterId: string,
): Promise<{ readonly hold: Hold; readonly transfers: readonly Transfer[] }> => {
  const hold = present(await getHold(stage.database, clusterId), `${clusterId} has no hold`);
  return { hold, transfers: await listTransfersByCluster(stage.database, clusterId, hold.n) };
};

/** What these transfers moved on the accounts of this kind of an organisation, in micro-dollars. */
const movedOn = (
  transfers: readonly Transfer[],
  kind: ReturnType<typeof readAccount>['kind'],
  organisationId: string,
): bigint =>
  transfers
    .flatMap(({ legs }) => legs)
    .filter(({ account }) => {
      const read = readAccount(account);
      return read.kind === kind && read.organisation === organisationId;
    })
    .reduce((sum, { units }) => sum + units, 0n);

const sumOf = (amounts: readonly { readonly amount: string }[]): bigint =>
  amounts.reduce((sum, { amount }) => sum + BigInt(amount), 0n);

/**
 * Holds a closed cluster's invoice to the ledger: its lines add up to its total and to what the
 * settlements took from the customer and gave to the supplier, each line is its time at its rate, and the
 * rest of the hold has returned. Answers the invoice.
 */
export const expectBillToAgree = async (stage: Stage, clusterId: string): Promise<Invoice> => {
  const invoice = await getInvoice(stage.customer, clusterId);
  const { hold, transfers } = await settlementsOf(stage, clusterId);
  const total = BigInt(invoice.total.amount);
  expect(sumOf(invoice.lines.map(({ amount }) => amount))).toBe(total);
  expect(movedOn(transfers, 'credit', stage.customer.organisationId)).toBe(-total);
  expect(movedOn(transfers, 'earning', stage.supplier.organisationId)).toBe(total);
  for (const line of invoice.lines) {
    expect(BigInt(line.amount.amount)).toBe(dueUnits(rateUnits, line.proven_ms + line.minimum_ms));
  }
  expect(hold).toMatchObject({ state: 'closed', left: 0n, posted: total });
  expect(hold.released).toBe(hold.amount - total);
  return invoice;
};
