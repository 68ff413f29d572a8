/**
 * `solana`: what money on the chain costs. How many payments a transaction takes, on the local chain with
 * the real programs; how many deposits a second the poller credits; how long a payout takes; and the bundle of
 * the function that reads the chain every minute, as it is deployed.
 */
import { assert } from '../../shared/core/assert.ts';
import { measureBundles } from './cold-start.ts';
import { measureDeposits } from './deposit-works.ts';
import { type Findings, higherIsBetter, lowerIsBetter, type Row, rounded } from './document.ts';
import { measurePayouts } from './payout-works.ts';
import { measureTransferRoom, type TransferRoom } from './transfer-room.ts';

/** As other functions have it: weight of a bundle, and its import. */
const usual = { bundleKib: 560, importMs: 120 } as const;
/** What was counted beforehand: bytes of a legacy transaction, accounts of one of version 1. */
const counted = { legacy: 17, v1: 58 } as const;
const pollerImports = 11;

const figureOf = (rooms: readonly TransferRoom[], format: TransferRoom['format']) =>
  higherIsBetter({
    id: `payouts_per_transaction_${format}`,
    unit: 'payouts',
    goal: counted[format],
    samples: rooms
      .filter((room) => room.format === format && !room.makesAccount)
      .map(({ payments }) => payments),
  });

const rowOf = ({ format, makesAccount, payments, bytes, computeUnits }: TransferRoom): Row => ({
  work: 'one transaction of payouts',
  format,
  makes_accounts: makesAccount,
  payouts: payments,
  bytes,
  compute_units: computeUnits,
});

export const benchSolana = async (): Promise<Findings> => {
  const rooms = await measureTransferRoom();
  const deposits = await measureDeposits();
  const payouts = await measurePayouts();
  const [poller] = await measureBundles(['payments-deposits'], pollerImports);
  assert(poller, 'no bundle of the function that reads the chain');
  const { kib, importMs } = poller;
  return {
    figures: [
      figureOf(rooms, 'legacy'),
      figureOf(rooms, 'v1'),
      higherIsBetter({
        ...{ id: 'deposits_per_s', unit: 'deposits/s', goal: null, samples: deposits.perSecond },
      }),
      lowerIsBetter({
        ...{ id: 'payout_e2e_s', unit: 's', goal: null, samples: payouts.seconds },
      }),
      lowerIsBetter({
        ...{ id: 'poller_bundle_kib', unit: 'KiB', goal: usual.bundleKib, samples: [kib] },
      }),
      lowerIsBetter({
        ...{ id: 'poller_import_ms', unit: 'ms', goal: usual.importMs, samples: importMs },
      }),
    ],
    rows: [
      ...rooms.map(rowOf),
      {
        work: 'a page of signatures, from the history to the credit; database in memory',
        deposits: deposits.deposits,
        database_calls_per_deposit: rounded(deposits.databaseCalls),
        node_calls_per_deposit: rounded(deposits.nodeCalls),
      },
      ...payouts.seconds.map((seconds, at) => ({
        work: 'a payout, from the request to paid; without the schedule’s minute',
        seconds: rounded(seconds),
        looks: payouts.looks[at] ?? 0,
      })),
      { work: 'bundle of payments-deposits', kib: rounded(kib), imports: importMs.length },
    ],
  };
};
