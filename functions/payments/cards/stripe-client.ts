/** Stripe's client with the key that is stored now; while none is stored, cards are not accepted. */
import type { SecretPort } from '../../../shared/adapters/secrets.ts';
import { stripe } from '../../../shared/adapters/stripe.ts';
import type { StripePort } from '../../../shared/adapters/stripe-port.ts';
import { AppError } from '../../../shared/core/errors.ts';
import type { KeyMode } from '../../../shared/identity/api-key.ts';

export interface StripeClientNeeds {
  readonly secrets: SecretPort;
  readonly secretArn: string;
  readonly address: string | undefined;
  readonly keyMode: KeyMode;
}

/** Answers the port; throws `card.not_configured` for what is no key of this stage's mode. */
export const stripeClient = (needs: StripeClientNeeds): (() => Promise<StripePort>) => {
  let made: { readonly apiKey: string; readonly port: StripePort } | undefined;
  return async () => {
    const apiKey = await needs.secrets.read(needs.secretArn);
    if (!new RegExp(`^(sk|rk)_${needs.keyMode}_`).test(apiKey)) {
      throw new AppError('card.not_configured');
    }
    if (made?.apiKey !== apiKey) {
      made = { apiKey, port: stripe({ apiKey, address: needs.address }) };
    }
    return made.port;
  };
};
