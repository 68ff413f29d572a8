/**
 * Buying credit by card, as a customer does. With the stand-in the demo plays the person at the provider's
 * page; in Stripe's test mode that is for a person to do, and the events are fetched, for none can be sent here.
 */
import { topUpSchema } from '../../shared/payments/cards/top-up-schemas.ts';
import type { Platform } from '../platform.ts';
import { visitPayPage } from '../stripe/hosted/visitor.ts';
import { UserError } from '../user-error.ts';
import type { Tenant } from './organisations.ts';
import { waitFor } from './wait.ts';

/** Nobody has to be at this address: the page is only left towards it. */
const returnUrl = 'https://example.com/paid';

/** Tops up, and waits until the credit is there; answers the top-up. */
export const topUpByCard = async (platform: Platform, customer: Tenant, units: bigint) => {
  const made = await customer.api.post(
    '/v1/top-ups',
    {
      amount: { amount: units.toString(), currency: 'usd' },
      success_url: returnUrl,
      save_card: true,
    },
    topUpSchema,
  );
  const url = made.url ?? '';
  if (platform.cards.control) {
    const { location, error } = await visitPayPage(url);
    if (location === null) throw new UserError(`The card provider's page says: ${error}`);
  } else {
    console.log(`\n  Pay on this page with 4242 4242 4242 4242:\n  ${url}\n`);
  }
  const look = async () => {
    // In test mode the events stay at Stripe until they are asked for.
    if (!platform.cards.control) {
      await platform.invoke('payments-schedules', { task: 'backfill-events' });
    }
    const now = await customer.api.get(`/v1/top-ups/${made.id}`, topUpSchema);
    return now.status === 'succeeded' ? now : undefined;
  };
  const patience = platform.cards.control ? { seconds: 60 } : { seconds: 900, everyMs: 5_000 };
  return waitFor('the top-up to be credited', look, patience);
};
