/** GET /v1/quotes/{quote_id}: one of the organisation's own quotes, and whether it is still open. */
import { requireQuote } from '../../shared/market/quote-store.ts';
import { quoteToJson } from '../../shared/market/schemas.ts';
import type { Call } from '../kit/route.ts';
import type { Runtime } from '../kit/runtime.ts';

export const getQuote = async (
  needs: Pick<Runtime, 'database'>,
  call: Call<'key', { readonly quote_id: string }, unknown, unknown>,
) => {
  const { organisationId } = call.caller;
  const quote = await requireQuote(needs.database, organisationId, call.params.quote_id);
  return quoteToJson(quote, call.nowMs);
};
