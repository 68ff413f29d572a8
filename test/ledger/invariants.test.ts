/** The checker finds what is broken: a sound ledger passes, each corruption is named. */
import { hourMs } from '../../shared/core/time.ts';
import { checkInvariants, type LedgerContents } from '../../shared/ledger/invariants.ts';
import { scanLedger } from '../../shared/ledger/ledger-store.ts';
import { Fixture, million } from '../simulation/ledger/fixture.ts';
import { dispute } from '../simulation/ledger/outside.ts';

const rental = async (): Promise<LedgerContents> => {
  const fixture = new Fixture();
  await fixture.grant('grt_1', 10n * million);
  await fixture.hold();
  fixture.worked(hourMs);
  await fixture.settle(false);
  await dispute(fixture.runtime, { id: 'dp_1', organisation: 'org_payer', units: 9n * million });
  return scanLedger(fixture.runtime.database);
};

type Change = (contents: LedgerContents) => LedgerContents;

const balance =
  (account: string, parts: object): Change =>
  (contents) => ({
    ...contents,
    balances: contents.balances.map((each) =>
      each.account === account ? { ...each, ...parts } : each,
    ),
  });

const holdWith =
  (parts: object): Change =>
  (contents) => ({ ...contents, holds: contents.holds.map((each) => ({ ...each, ...parts })) });

const settlementWith =
  (change: (legs: LedgerContents['transfers'][number]) => object): Change =>
  (contents) => ({
    ...contents,
    transfers: contents.transfers.map((each) =>
      each.settlement ? { ...each, ...change(each) } : each,
    ),
  });

it('a sound ledger has nothing broken', async () => {
  expect(checkInvariants(await rental())).toEqual([]);
});

it.each<[string, Change]>([
  ['I1', settlementWith(({ legs }) => ({ legs: legs.slice(0, 1) }))],
  ['I2', balance('cust:org_payer', { posted: 1n })],
  ['I2', balance('cust:org_payer', { held: 0n })],
  ['I2', (contents) => ({ ...contents, balances: contents.balances.slice(1) })],
  ['I2', (contents) => ({ ...contents, transfers: contents.transfers.slice(1) })],
  ['I3', balance('cust:org_payer', { available: 1n })],
  ['I4', balance('cust:org_payer', { held: -1n })],
  ['I5', holdWith({ amount: 1n })],
  ['I5', holdWith({ state: 'closed' })],
  [
    'I6/I7',
    (contents) => ({ ...contents, transfers: [...contents.transfers, ...contents.transfers] }),
  ],
  ['I17', balance('cust:org_payer', { available: 5n })],
  ['I18', holdWith({ posted: 0n })],
  ['I18', holdWith({ n: 2 })],
  ['I18', (contents) => ({ ...contents, holds: [] })],
  ['I19', holdWith({ classDays: 1 })],
  [
    'I26',
    settlementWith(({ legs }) => ({
      legs: legs.map((leg) => (leg.units < 0n ? { ...leg, account: 'exp:sla' } : leg)),
    })),
  ],
])('%s is noticed', async (invariant, change) => {
  const broken = checkInvariants(change(await rental()));
  expect(broken.filter((each) => each.startsWith(invariant))).not.toEqual([]);
});
