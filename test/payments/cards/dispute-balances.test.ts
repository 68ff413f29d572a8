/**
 * Disputes against what is left of the credit: untouched and more beside it, partly spent, all spent, held by
 * a cluster that still runs (S7). Micro-dollars by hand; the provider's records are compared at the end.
 */
import { hourMs } from '../../../shared/core/time.ts';
import { Fixture } from '../../simulation/ledger/fixture.ts';
import { startMs } from '../../support/runtime.ts';
import { cardService } from './card-service.ts';

const dollar = 1_000_000n;
/** What a card pays for 2 dollars of credit, in micro-dollars. */
const disputed = 2_360_000n;

/** An organisation that paid 2 dollars by card; `fixture` rents in its ledger, two hours at a dollar. */
const paid = async () => {
  const fixture = new Fixture();
  const service = await cardService({ runtime: fixture.runtime });
  fixture.cluster = { ...fixture.cluster, organisation: service.organisationId };
  const id = await service.topUp(2n * dollar);
  await service.settle();
  expect(await service.balances()).toMatchObject({ available: 2n * dollar });
  return { ...service, fixture, paymentIntent: await service.paymentOf(id) };
};

type Paid = Awaited<ReturnType<typeof paid>>;

const rent = async ({ fixture }: Paid, hours: number) => {
  await fixture.hold();
  fixture.worked(hours * hourMs);
  fixture.stop(startMs + hours * hourMs);
  await fixture.settle(true);
};

const starts = {
  /** Five dollars of another payment. */
  above: async (service: Paid) => {
    await service.topUp(5n * dollar);
    await service.settle();
  },
  below: (service: Paid) => rent(service, 1),
  zero: (service: Paid) => rent(service, 2),
  held: ({ fixture }: Paid) => fixture.hold(),
};

const ends: readonly (readonly [
  had: keyof typeof starts,
  end: 'open' | 'won' | 'lost',
  balances: { readonly available: bigint; readonly held: bigint; readonly owed: bigint },
])[] = [
  ['above', 'open', { available: 7n * dollar - disputed, held: 0n, owed: 0n }],
  ['above', 'lost', { available: 7n * dollar - disputed, held: 0n, owed: 0n }],
  ['above', 'won', { available: 7n * dollar, held: 0n, owed: 0n }],
  ['below', 'open', { available: 0n, held: 0n, owed: disputed - dollar }],
  ['below', 'lost', { available: 0n, held: 0n, owed: disputed - dollar }],
  ['below', 'won', { available: dollar, held: 0n, owed: 0n }],
  ['zero', 'open', { available: 0n, held: 0n, owed: disputed }],
  ['zero', 'lost', { available: 0n, held: 0n, owed: disputed }],
  ['zero', 'won', { available: 0n, held: 0n, owed: 0n }],
  // What a running cluster holds stays for proven work.
  ['held', 'open', { available: 0n, held: 2n * dollar, owed: disputed }],
  ['held', 'lost', { available: 0n, held: 2n * dollar, owed: disputed }],
  ['held', 'won', { available: 0n, held: 2n * dollar, owed: 0n }],
];

describe.each(['as it happens', 'only at its end'])('a dispute that is heard of %s', (when) => {
  it.each(ends)('of credit that is %s, and is %s', async (had, end, balances) => {
    const service = await paid();
    await starts[had](service);
    const { id } = await service.control.openDispute({ paymentIntent: service.paymentIntent });
    if (when === 'as it happens') await service.settle();
    if (end !== 'open') await service.control.closeDispute({ id, won: end === 'won' });
    await service.settle();
    expect(await service.balances()).toEqual(balances);
    await service.check();
  });
});

it('what a cluster gives back after a dispute pays the debt first', async () => {
  const service = await paid();
  await starts.held(service);
  await service.control.openDispute({ paymentIntent: service.paymentIntent });
  await service.settle();
  const { fixture } = service;
  fixture.worked(hourMs);
  fixture.stop(startMs + hourMs);
  await fixture.settle(true);
  expect(await service.balances()).toEqual({ available: 0n, held: 0n, owed: disputed - dollar });
  await service.check();
});
