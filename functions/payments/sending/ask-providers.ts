/**
 * Asks several providers of the chain the same. One that does not answer is left out, for each answer stands
 * for itself: what needs several of them counts them.
 */
import type { SolanaPort } from '../../../shared/adapters/solana-port.ts';
import { BugError } from '../../../shared/core/assert.ts';
import { AppError } from '../../../shared/core/errors.ts';
import type { Runtime } from '../../kit/runtime.ts';

/** The answers that came, in the providers' order. */
export const askAll = async <Answer>(
  needs: Pick<Runtime, 'log'>,
  providers: readonly SolanaPort[],
  ask: (provider: SolanaPort) => Promise<Answer>,
): Promise<readonly Answer[]> => {
  const answers = await Promise.all(
    providers.map(async (provider) => {
      try {
        return [await ask(provider)];
      } catch (error) {
        if (!isAway(error)) throw error;
        needs.log.warn('solana.provider_away', { provider: provider.provider, error });
        return [];
      }
    }),
  );
  return answers.flat();
};

/** The first answer that comes, provider by provider; throws what the last one threw where none answers. */
export const askFirst = async <Answer>(
  needs: Pick<Runtime, 'log'>,
  providers: readonly SolanaPort[],
  ask: (provider: SolanaPort) => Promise<Answer>,
): Promise<Answer> => {
  let last: unknown = new BugError('nobody to ask');
  for (const provider of providers) {
    try {
      return await ask(provider);
    } catch (error) {
      if (!isAway(error)) throw error;
      needs.log.warn('solana.provider_away', { provider: provider.provider, error });
      last = error;
    }
  }
  throw last;
};

const isAway = (error: unknown): boolean =>
  error instanceof AppError && error.kind === 'unavailable';
