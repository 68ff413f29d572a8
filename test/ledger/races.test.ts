/** Directed races and cases (L7, L9): one interleaving each, brought about by hand. */
import { scenarios } from '../simulation/ledger/directed.ts';
import { paymentScenarios } from '../simulation/ledger/directed-payments.ts';

const all = [...scenarios, ...paymentScenarios];

test.each(all.map(({ name, play }) => [name, play] as const))('%s', async (_, play) => {
  await play();
});
