/**
 * The Solana providers that the operator stored, as ports. The secret is JSON, `{"providers":["https://..."]}`;
 * while its list is empty, as it is made, the platform has no access. Two providers are asked wherever one alone
 * could leave something out or make it up, so no host stands there twice.
 */
import * as z from 'zod';
import { AppError } from '../core/errors.ts';
import { sha256Hex } from '../core/hash.ts';
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

/** The nodes of a stand-in are paths of one host. */
const hostOf = (url: string): string => {
  const { host, hostname, pathname } = new URL(url);
  return hostname === '127.0.0.1' ? `${host}${pathname}` : host;
};

/** The same wherever it stands in the list, and no key in it: cursors are kept by it. */
const nameOf = (url: string): string => `provider ${sha256Hex(hostOf(url)).slice(0, 8)}`;

const secretSchema = z.looseObject({
  providers: z
    .array(z.url().regex(addressForm, 'an address that begins with https://'))
    .max(providersMax)
    .refine((urls) => new Set(urls.map(hostOf)).size === urls.length, 'each host once'),
});

const addressesOf = (secret: string): readonly string[] => {
  try {
    return secretSchema.parse(JSON.parse(secret)).providers;
  } catch {
    // What stands in it may hold keys, and is not repeated.
    throw new Error(
      'the secret SolanaRpc is not JSON of the form {"providers":["https://..."]}, with 4 at most, each of a host of its own',
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
      const ports = addressesOf(secret).map((url) =>
        solana({ provider: nameOf(url), url, pause: needs.pause }),
      );
      made = { secret, ports };
    }
    if (made.ports.length === 0) throw new AppError('solana.not_configured');
    return made.ports;
  };
};
