/** The checker finds what is broken about cards: a sound ledger passes, each corruption is named. */
import { checkInvariants, type LedgerContents } from '../../shared/ledger/invariants.ts';
import { scanLedger } from '../../shared/ledger/ledger-store.ts';
import type { Transfer } from '../../shared/ledger/transfer.ts';
import { CardFixture } from '../simulation/ledger/card-fixture.ts';
import { million } from '../simulation/ledger/fixture.ts';

/** A payment with all that can happen to one; another refund is still held. */
const busy = async (): Promise<LedgerContents> => {
  const fixture = new CardFixture();
  await fixture.grant('grt_1', 2n * million);
  await fixture.topUp();
  await fixture.topUp({ paymentId: 'pi_2', units: million, feeUnits: 0n, liabilityShifted: true });
  await fixture.take(3n * million);
  await fixture.refunded();
  await fixture.failed();
  await fixture.take(2n * million, 'rf_2');
  await fixture.refunded('rf_2');
  await fixture.take(million, 'rf_3');
  await fixture.foreign(million);
  await fixture.foreignFailed(million);
  await fixture.open(million);
  await fixture.won(million);
  return scanLedger(fixture.runtime.database);
};

type Change = (contents: LedgerContents) => LedgerContents;

const without =
  (id: string): Change =>
  (contents) => ({
    ...contents,
    transfers: contents.transfers.filter((transfer) => transfer.id !== id),
  });

const transferWith =
  (id: string, change: (transfer: Transfer) => object): Change =>
  (contents) => ({
    ...contents,
    transfers: contents.transfers.map((each) =>
      each.id === id ? { ...each, ...change(each) } : each,
    ),
  });

const paymentWith =
  (parts: object): Change =>
  (contents) => ({
    ...contents,
    payments: contents.payments.map((each) => ({ ...each, ...parts })),
  });

const holdWith =
  (id: string, parts: object): Change =>
  (contents) => ({
    ...contents,
    refundHolds: contents.refundHolds.map((each) =>
      each.id === id ? { ...each, ...parts } : each,
    ),
  });

const customerWith =
  (parts: object): Change =>
  (contents) => ({
    ...contents,
    balances: contents.balances.map((each) =>
      each.account === 'cust:org_payer' ? { ...each, ...parts } : each,
    ),
  });

const doubled = ({ legs }: Transfer) => ({
  legs: legs.map(({ account, units }) => ({ account, units: units * 2n })),
});

it('a sound ledger has nothing broken', async () => {
  expect(checkInvariants(await busy())).toEqual([]);
});

it.each<[string, string, Change]>([
  ['a payment without its top-up', 'PI: pi_1 has amount', without('stripe:pi:pi_1')],
  ['a refundable beyond the sums', 'PI: pi_1 has refundable', paymentWith({ refundable: 1n })],
  ['a payment that forgot a refund', 'PI: pi_1 has refunded', paymentWith({ refunded: 0n })],
  ['a payment that forgot its dispute', 'PI: pi_1 has disputed', paymentWith({ disputed: false })],
  ['refunds of others forgotten', 'PI: pi_1 has refundedBy', paymentWith({ refundedByOthers: 1n })],
  ['refunds beyond the payment', 'PI: pi_1 is refunded', paymentWith({ refunded: 11n * million })],
  [
    'a payment of somebody else',
    'PI: stripe:pi:pi_1 is of',
    paymentWith({ organisation: 'org_x' }),
  ],
  ['a payment that is not there', 'PI: no payment', (contents) => ({ ...contents, payments: [] })],
  [
    'a refund without a hold',
    'refund: refund:rf_2 has no',
    (contents) => ({ ...contents, refundHolds: [] }),
  ],
  ['a posted hold without a transfer', 'refund: refund:rf_2 is', without('refund:rf_2')],
  [
    'a posted hold that says it is open',
    'refund: refund:rf_2 is',
    holdWith('refund:rf_2', { state: 'open' }),
  ],
  ['a hold that does not add up', 'I5: refund:rf_3', holdWith('refund:rf_3', { left: 1n })],
  [
    'held credit that no refund holds',
    'I2: cust:org_payer holds',
    holdWith('refund:rf_3', { left: 0n }),
  ],
  ['a dispute won without one', 'card: stripe:dp:dp_1:won', without('stripe:dp:dp_1:open')],
  [
    'a dispute won twice over',
    'card: stripe:dp:dp_1:won',
    transferWith('stripe:dp:dp_1:won', doubled),
  ],
  ['a failure without its refund', 'card: refund:rf_1:failed', without('refund:rf_1')],
  ['a foreign failure without its refund', 'card: stripe:re', without('stripe:re:re_foreign')],
  [
    'a top-up of no outside fact',
    'I7',
    transferWith('stripe:pi:pi_1', () => ({ external: undefined })),
  ],
  [
    'one outside fact credited twice',
    'I6/I7',
    transferWith('stripe:pi:pi_2', () => ({ external: 'pi_1' })),
  ],
  ['a card that left no stamp', 'I19', customerWith({ cardAtMs: undefined })],
  ['a secured card that left no stamp', 'I19', customerWith({ cardShiftAtMs: 1 })],
  ['a grant that left no stamp', 'I19', customerWith({ grantedAtMs: 1 })],
])('%s is noticed', async (_, message, change) => {
  const broken = checkInvariants(change(await busy()));
  expect(broken.filter((each) => each.startsWith(message))).not.toEqual([]);
});
