/** Looks at what has become of a signed transaction, with all providers: only proof ends it. */
import type { SolanaPort } from '../../../shared/adapters/solana-port.ts';
import { present } from '../../../shared/core/assert.ts';
import type { ChainTransaction } from '../../../shared/core/chain.ts';
import {
  type AttemptEnd,
  judgeAttempt,
  type Testimony,
} from '../../../shared/payments/payouts/attempt-end.ts';
import type { Attempt } from '../../../shared/payments/payouts/batch.ts';
import { askAll } from './ask-providers.ts';
import type { SendingNeeds } from './sending-needs.ts';

/** More transactions than a reference that is ours can ever have. */
export const historyMax = 1000;

type Looked = Pick<Attempt, 'lifetime' | 'signature'>;

export const lookAtAttempt = async (
  needs: SendingNeeds,
  attempt: Looked,
  reference: string,
): Promise<{
  readonly end: AttemptEnd;
  /** Undefined where no provider has it finalized. */
  readonly finalized: ChainTransaction | undefined;
}> => {
  const testimonies = await askAll(needs, await needs.solana(), (provider) =>
    testimonyOf(provider, attempt, reference),
  );
  const end = judgeAttempt(attempt.lifetime, testimonies);
  return { end, finalized: end === 'pending' ? undefined : finalizedIn(testimonies) };
};

/** In this order: what is said of the transaction is newer than the height that may prove it dead. */
const testimonyOf = async (
  provider: SolanaPort,
  { lifetime, signature }: Looked,
  reference: string,
): Promise<Testimony> => {
  const finalizedHeight = await provider.getFinalizedBlockHeight();
  const nonce = lifetime.kind === 'nonce' ? await provider.getNonce(lifetime.account) : undefined;
  const [status] = await provider.listStatuses([signature]);
  const reading = await provider.getTransaction(signature, 'finalized');
  const history = await provider.listSignatures(reference, { limit: historyMax });
  return {
    finalizedHeight,
    nonce,
    status: present(status, 'a status is missing'),
    reading,
    isInHistory: history.some((note) => note.signature === signature),
  };
};

const finalizedIn = (testimonies: readonly Testimony[]): ChainTransaction | undefined => {
  for (const { reading } of testimonies) {
    if (reading.outcome === 'read') return reading.transaction;
  }
  return undefined;
};
