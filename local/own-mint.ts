/**
 * Genesis of a platform on this machine, as an operator does it once: the order with the wallets of the
 * allocations, then the steps of the workflow, called by hand so that nobody waits for the schedule.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { genesisSchema } from '../shared/token/token-schemas.ts';
import type { ChainProvider } from './chain-provider.ts';
import { makeOperator } from './demo/organisations.ts';

/** What is deployed, and the chain that it speaks with. */
interface Deployed {
  readonly apiUrl: string;
  readonly chain: ChainProvider;
  bootstrapKey(): Promise<string>;
  invoke(name: 'token-mint', payload: unknown): Promise<unknown>;
}

const looksMax = 60;
const pauseMs = 500;

/** Answers the address of the mint. Where the treasury lacks SOL it is made later, by the schedule. */
export const makeOwnMint = async (platform: Deployed): Promise<string> => {
  const { chain } = platform;
  const operator = await makeOperator(platform);
  const order = { wallets: chain.allocations };
  const { mint } = await operator.api.put('/v1/token/genesis', order, genesisSchema);
  const step = async (name: string): Promise<string> => {
    const answer = await platform.invoke('token-mint', { step: name, mint_id: mint });
    return (answer as { readonly outcome: string }).outcome;
  };
  await step('open-mint');
  if ((await step('sign-mint')) === 'held') return mint;
  for (let looks = 0; looks < looksMax; looks += 1) {
    await step('send-mint');
    await chain.control?.finalize();
    if ((await step('follow-mint')) === 'landed') break;
    await delay(pauseMs);
  }
  await step('post-mint');
  return mint;
};
