/** The checker finds what is broken about money on chain: a sound ledger passes, each corruption is named. */
import { postRebalancing, takeSaleHold } from '../../../functions/ledger/chain/rebalance.ts';
import { checkInvariants, type LedgerContents } from '../../../shared/ledger/invariants.ts';
import { scanLedger } from '../../../shared/ledger/ledger-store.ts';
import type { Leg, Transfer } from '../../../shared/ledger/transfer.ts';
import { oneIo, price } from '../../simulation/ledger/chain-fixture.ts';
import { million } from '../../simulation/ledger/fixture.ts';
import { RewardFixture } from '../../simulation/ledger/reward-fixture.ts';
import { startMs } from '../../support/runtime.ts';

/** Everything that can happen on chain, once; one payout of each kind is still open. */
const busy = async (): Promise<LedgerContents> => {
  const fixture = new RewardFixture();
  await fixture.earned(100n * million);
  await fixture.arrive('usdc', 102n * million);
  await fixture.arrive('io', 400n * oneIo);
  await fixture.stray('usdc', million, 'sig2');
  await fixture.claim('usdc', million, { signature: 'sig2' });
  await fixture.stray('io', oneIo, 'sig3');
  await fixture.claim('io', oneIo, { signature: 'sig3' });
  await fixture.stray('io', oneIo, 'sig4');
  await fixture.stray('usdc', million, 'sig5');
  await fixture.fund('usdc', million, 'fnd_1', 'sig5');
  await fixture.reserve();
  await fixture.paidOut(4_900_000n);
  await fixture.reserve({ payoutId: 'pyo_2', token: 'io' });
  await fixture.paidOut(20n * oneIo, 'pyo_2');
  await fixture.reserve({ payoutId: 'pyo_3' });
  await fixture.reserve({ payoutId: 'pyo_4', token: 'io' });
  await fixture.reprice({ ...price, id: 'prc_2' }, 'pyo_4');
  await fixture.reserve({ payoutId: 'pyo_5', token: 'io' });
  await fixture.giveBack('pyo_5');
  const rewards = { source: 'rewards' as const, token: 'io' as const, units: oneIo };
  await fixture.rewarded(5n * oneIo);
  await fixture.reserve({ payoutId: 'pyo_6', ...rewards });
  await fixture.paidOut(oneIo, 'pyo_6');
  await fixture.reserve({ payoutId: 'pyo_7', ...rewards });
  const sale = { rebalancingId: 'reb_1', ioUnits: oneIo };
  await takeSaleHold(fixture.runtime, sale);
  await fixture.own('sig9', 'rebalancing', 'reb_1');
  const sold = { ...sale, direction: 'sale' as const, usdcUnits: million, signature: 'sig9' };
  await postRebalancing(fixture.runtime, sold);
  return scanLedger(fixture.runtime.database);
};

type Change = (contents: LedgerContents) => LedgerContents;

const without =
  (id: string): Change =>
  (contents) => ({ ...contents, transfers: contents.transfers.filter((each) => each.id !== id) });

const changed =
  (id: string, change: (transfer: Transfer) => object): Change =>
  (contents) => ({
    ...contents,
    transfers: contents.transfers.map((each) =>
      each.id === id ? { ...each, ...change(each) } : each,
    ),
  });

/** Moves a unit from one leg to another. */
const shifted =
  (from: string, to: string) =>
  ({ legs }: Transfer) => ({
    legs: legs.map(
      ({ account, units }): Leg => ({
        account,
        units: units + (account === from ? -1n : account === to ? 1n : 0n),
      }),
    ),
  });

const payout =
  (id: string, parts: object): Change =>
  (contents) => ({
    ...contents,
    payoutHolds: contents.payoutHolds.map((each) =>
      each.payoutId === id ? { ...each, ...parts } : each,
    ),
  });

const payoutIo =
  (id: string, parts: object): Change =>
  (contents) => ({
    ...contents,
    payoutIoHolds: contents.payoutIoHolds.map((each) =>
      each.payoutId === id ? { ...each, ...parts } : each,
    ),
  });

const own =
  (signature: string): Change =>
  (contents) => ({
    ...contents,
    ownTransactions: [
      ...contents.ownTransactions,
      { signature, purpose: 'payout', subjectId: 'bat_1', atMs: startMs },
    ],
  });

it('a sound ledger has nothing broken', async () => {
  expect(checkInvariants(await busy())).toEqual([]);
});

it.each<[string, string, Change]>([
  ['half of a conversion', 'I12: sol:sig1:ioAta:io is half', without('sol:sig1:ioAta')],
  ['the other half', 'I12: sol:sig1:ioAta converts', without('sol:sig1:ioAta:io')],
  [
    'a fee off by one',
    'I13: sol:sig1:usdcAta credits',
    changed('sol:sig1:usdcAta', shifted('cust:org_payer', 'rev:facilitation')),
  ],
  [
    'a fee off by one in a claim',
    'I13: claim:sig2:usdcAta credits',
    changed('claim:sig2:usdcAta', shifted('rev:facilitation', 'cust:org_payer')),
  ],
  [
    'a conversion at another price',
    'I13: sol:sig1:ioAta credits',
    changed('sol:sig1:ioAta', ({ io }) => ({ io: io && { ...io, nanoUsdPerIo: 1n } })),
  ],
  [
    'a conversion of another amount',
    'I12: sol:sig1:ioAta converts',
    changed('sol:sig1:ioAta', ({ io }) => ({ io: io && { ...io, units: 1n } })),
  ],
  [
    'an arrival that names nothing',
    'I7: sol:sig1:usdcAta names',
    changed('sol:sig1:usdcAta', () => ({ external: undefined })),
  ],
  ['a transaction of our own', 'I7: sol:sig1:usdcAta is a trans', own('sig1')],
  ['our own left in suspense', 'I7: sol:sig4:ioAta is a trans', own('sig4')],
  ['a claim of nothing', 'I7: claim:sig2:usdcAta claims', without('sol:sig2:usdcAta')],
  ['a funding out of nothing', 'I7: claim:sig5:usdcAta claims', without('sol:sig5:usdcAta')],
  [
    'a funding that went elsewhere in part',
    'I7: claim:sig5:usdcAta keeps',
    changed('claim:sig5:usdcAta', shifted('ext:bank', 'rev:facilitation')),
  ],
  ['a claim of nothing in IO', 'I7: claim:sig3:ioAta claims', without('sol:sig3:ioAta')],
  ['a payout without its transfer', 'I5: pay:pyo_1 is closed', without('pay:pyo_1')],
  ['a payout without its IO half', 'I5: pay:pyo_2:io', without('pay:pyo_2:io')],
  ['a payout that is still held', 'I5: pay:pyo_1 is open', payout('pyo_1', { state: 'open' })],
  ['rewards without their transfer', 'I5: pay:pyo_6 is closed', without('pay:pyo_6')],
  ['rewards that are still held', 'I5: pay:pyo_6 is open', payout('pyo_6', { state: 'open' })],
  ['rewards with a fee', 'I13: pay:pyo_6 has a fee', payout('pyo_6', { feeUnits: 1n })],
  ['rewards paid in USDC', 'I5: pay:pyo_6 of rewards', payout('pyo_6', { token: 'usdc' })],
  [
    'rewards that took IO of ours',
    'I5: pay:pyo_6 of rewards',
    payoutIo('pyo_4', { payoutId: 'pyo_6' }),
  ],
  ['rewards that a payout forgot', 'I2: sup_io:org_supplier', payout('pyo_7', { left: 0n })],
  ['a payout of another fee', 'I13: pay:pyo_1 has a fee', payout('pyo_1', { feeUnits: 1n })],
  [
    'a payout that charged another fee',
    'I13: pay:pyo_1 charges',
    changed('pay:pyo_1', shifted('ext:usdc', 'rev:payout_fee')),
  ],
  [
    'a payout without a hold',
    'I15: pay:pyo_1 has no hold',
    (contents) => ({ ...contents, payoutHolds: [] }),
  ],
  [
    'a payout by a transaction that nobody wrote down',
    'I15: pay:pyo_1 was paid',
    (contents) => ({ ...contents, ownTransactions: [] }),
  ],
  [
    'rewards paid by a transaction that nobody wrote down',
    'I15: pay:pyo_6 was paid',
    (contents) => ({ ...contents, ownTransactions: [] }),
  ],
  [
    'rewards paid without a hold',
    'I15: pay:pyo_6 has no hold',
    (contents) => ({ ...contents, payoutHolds: [] }),
  ],
  [
    'a payout twice by one id',
    'I6/I7: external paysig:pyo_1',
    changed('pay:pyo_2', () => ({ external: 'paysig:pyo_1' })),
  ],
  ['IO of a payout given back', 'I5: pay:pyo_4:io outlives', payout('pyo_4', { state: 'void' })],
  [
    'IO that was never posted',
    'I5: pay:pyo_2 is posted without',
    payoutIo('pyo_2', { state: 'void' }),
  ],
  ['IO that a payout forgot', 'I2: fx:io holds', payoutIo('pyo_4', { left: 0n })],
  ['dollars that a payout forgot', 'I2: sup:org_supplier holds', payout('pyo_3', { left: 0n })],
  ['amounts that do not add up', 'I5: pay:pyo_3 does not add up', payout('pyo_3', { amount: 1n })],
  ['a sale without its transfer', 'I5: fx:reb_1 is closed', without('fx:reb_1:io')],
  [
    'a position below zero',
    'I3: fx:io is beyond',
    (contents) => ({
      ...contents,
      balances: contents.balances.map((each) =>
        each.account === 'fx:io' ? { ...each, available: -1n } : each,
      ),
    }),
  ],
  [
    'an asset that does not add up',
    'I1: all balances of io',
    (contents) => ({
      ...contents,
      balances: contents.balances.filter(({ account }) => account !== 'fx:io'),
    }),
  ],
])('%s is noticed', async (_, start, change) => {
  const broken = checkInvariants(change(await busy()));
  expect(broken.filter((each) => each.startsWith(start))).not.toEqual([]);
});
