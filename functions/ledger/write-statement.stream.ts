/**
 * Stream of the ledger's table: writes a statement line per organisation for each new transfer, and counts
 * each payment's IO once. Idempotent: a line that is there stays as it is.
 */
import { WriteRefused } from '../../shared/core/database.ts';
import { demandOf } from '../../shared/ledger/io-demand.ts';
import { countDemand } from '../../shared/ledger/io-demand-store.ts';
import { parseTransfer } from '../../shared/ledger/ledger-store.ts';
import { linesOf } from '../../shared/ledger/statement.ts';
import { countLateLine, putStatementLine } from '../../shared/ledger/statement-store.ts';
import type { Runtime } from '../kit/runtime.ts';
import type { Change } from '../kit/stream.ts';
import { commit } from '../kit/transaction.ts';

type Needs = Pick<Runtime, 'database' | 'clock' | 'randomness' | 'pause'>;

export const writeStatement = async (needs: Needs, change: Change): Promise<void> => {
  const { kind, after } = change;
  if (kind !== 'INSERT' || !after?.pk.startsWith('T#')) return;
  const transfer = parseTransfer(after);
  for (const line of linesOf(transfer)) {
    await unlessThere(() => needs.database.write(putStatementLine(line)));
    const late = countLateLine(line, needs.clock.nowMs());
    if (late) await needs.database.write(late);
  }
  const demand = demandOf(transfer);
  if (demand) await unlessThere(() => commit(needs, countDemand(demand)));
};

/** The first write is a line that may be there already. */
const unlessThere = async (write: () => Promise<unknown>): Promise<void> => {
  try {
    await write();
  } catch (error) {
    if (!(error instanceof WriteRefused && error.failedAt(0))) throw error;
  }
};
