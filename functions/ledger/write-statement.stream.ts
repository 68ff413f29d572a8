/**
 * Stream of the ledger's table: writes a statement line per organisation for each new transfer.
 * Idempotent: a line that is there stays as it is.
 */
import { type Write, WriteRefused } from '../../shared/core/database.ts';
import { parseTransfer } from '../../shared/ledger/ledger-store.ts';
import { linesOf } from '../../shared/ledger/statement.ts';
import { countLateLine, putStatementLine } from '../../shared/ledger/statement-store.ts';
import type { Runtime } from '../kit/runtime.ts';
import type { Change } from '../kit/stream.ts';

type Needs = Pick<Runtime, 'database' | 'clock'>;

export const writeStatement = async (needs: Needs, change: Change): Promise<void> => {
  const { kind, after } = change;
  if (kind !== 'INSERT' || !after?.pk.startsWith('T#')) return;
  for (const line of linesOf(parseTransfer(after))) {
    await writeUnlessThere(needs, putStatementLine(line));
    const late = countLateLine(line, needs.clock.nowMs());
    if (late) await needs.database.write(late);
  }
};

const writeUnlessThere = async (needs: Needs, write: Write): Promise<void> => {
  try {
    await needs.database.write(write);
  } catch (error) {
    if (!(error instanceof WriteRefused && error.failedAt(0))) throw error;
  }
};
