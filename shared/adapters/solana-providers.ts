/**
 * The Solana providers that the operator stored, as ports. The secret is JSON, `{"providers":["https://..."]}`;
 * while its list is empty, as it is made, the platform has no access. Two providers are asked wherever one alone
 * could leave something out.
 */
import * as z from 'zod';
import { AppError } from '../core/errors.ts';
import type { SecretPort } from './secrets.ts';
import { solana } from './solana.ts';
import type { SolanaPort } from './solana-port.ts';

export interface SolanaProviderNeeds {
  readonly secrets: SecretPort;
  readonly secretArn: string;
  readonly pause: (milliseconds: number) => Promise<void>;
}

const providersMax = 4;
/** The addresses of a stand-in may be without encryption, for it is on this machine. */
const addressForm = /^(https:\/\/|http:\/\/127\.0\.0\.1(:|\/|$))/;

const secretSchema = z.looseObject({
  providers: z
    .array(z.url().regex(addressForm, 'an address that begins with https://'))
    .max(providersMax),
});

const addressesOf = (secret: string): readonly string[] => {
  try {
    return secretSchema.parse(JSON.parse(secret)).providers;
  } catch {
    // What stands in it may hold keys, and is not repeated.
    throw new Error(
      'the secret SolanaRpc is not JSON of the form {"providers":["https://..."]}, with 4 at most',
    );
  }
};

/** Answers the ports of what is stored now, in its order; `solana.not_configured` while nothing is stored. */
export const solanaProviders = (
  needs: SolanaProviderNeeds,
): (() => Promise<readonly SolanaPort[]>) => {
  let made: { readonly secret: string; readonly ports: readonly SolanaPort[] } | undefined;
  return async () => {
    const secret = await needs.secrets.read(needs.secretArn);
    if (made?.secret !== secret) {
      const ports = addressesOf(secret).map((url, at) =>
        solana({ provider: `provider ${at + 1}`, url, pause: needs.pause }),
      );
      made = { secret, ports };
    }
    if (made.ports.length === 0) throw new AppError('solana.not_configured');
    return made.ports;
  };
};
