/** What the outside world lists against what the ledger posted (I9): each difference is named. */
import { listTransfersById, scanLedger, sumAccount } from '../../shared/ledger/ledger-store.ts';
import { compareOutside, type OutsideFact } from '../../shared/ledger/outside-facts.ts';
import { CardFixture } from '../simulation/ledger/card-fixture.ts';
import { million } from '../simulation/ledger/fixture.ts';

const facts: readonly OutsideFact[] = [
  { transferId: 'stripe:pi:pi_1', units: -10_300_000n },
  { transferId: 'refund:rf_1', units: 3n * million },
  { transferId: 'stripe:dp:dp_1:open', units: 10_300_000n },
];

const posted = async () => {
  const fixture = new CardFixture();
  await fixture.grant('grt_1', million);
  await fixture.topUp();
  await fixture.take(3n * million);
  await fixture.refunded();
  await fixture.open();
  return fixture;
};

const compare = async (listed: readonly OutsideFact[]) => {
  const fixture = await posted();
  const { transfers } = await scanLedger(fixture.runtime.database);
  return compareOutside('ext:stripe', listed, transfers);
};

it('finds nothing where all facts are posted, and the account is their sum', async () => {
  expect(await compare(facts)).toEqual({ missing: [], unknown: [], different: [] });
  const sum = facts.reduce((total, { units }) => total + units, 0n);
  const { runtime } = await posted();
  expect(await sumAccount(runtime.database, 'ext:stripe')).toBe(sum);
});

it('names a fact that nobody posted', async () => {
  const lost = { transferId: 'stripe:pi:pi_2', units: -5n };
  expect(await compare([...facts, lost])).toEqual({ missing: [lost], unknown: [], different: [] });
});

it('names a transfer that no fact stands behind', async () => {
  const { unknown } = await compare(facts.slice(1));
  expect(unknown).toEqual(['stripe:pi:pi_1']);
});

it('names a transfer of another amount, also by one unit', async () => {
  const [first, ...rest] = facts;
  if (!first) throw new Error('no facts');
  const { different } = await compare([{ ...first, units: first.units - 1n }, ...rest]);
  expect(different).toEqual([{ ...first, units: first.units - 1n, posted: first.units }]);
});

it('names a fact that the outside world lists twice', async () => {
  const { missing } = await compare([...facts, ...facts.slice(0, 1)]);
  expect(missing).toEqual(facts.slice(0, 1));
});

it('reads the transfers of listed facts by their ids; those not posted are left out', async () => {
  const { runtime } = await posted();
  const ids = [...facts.map(({ transferId }) => transferId), 'stripe:pi:pi_2'];
  const found = await listTransfersById(runtime.database, ids);
  expect(found.map(({ id }) => id).sort()).toEqual(ids.slice(0, 3).sort());
});
