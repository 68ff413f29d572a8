/** Asks one provider after the other until one answers. */
import type { SolanaPort } from '../../../shared/adapters/solana-port.ts';
import { present } from '../../../shared/core/assert.ts';
import { AppError } from '../../../shared/core/errors.ts';

/** Throws what the last one threw. */
export const firstAnswer = async <Answer>(
  providers: readonly SolanaPort[],
  ask: (provider: SolanaPort) => Promise<Answer>,
): Promise<Answer> => {
  let failure: AppError | undefined;
  for (const provider of providers) {
    try {
      return await ask(provider);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      failure = error;
    }
  }
  throw present(failure, 'there is no provider');
};
