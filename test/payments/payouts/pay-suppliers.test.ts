/** The workflow `pay-suppliers` against a chain with the real programs: what leaves, and what never leaves twice. */
import { payoutService, usd } from './payout-service.ts';

describe('a batch', () => {
  it('pays everybody in it with one transaction, and the books say what the chain says', async () => {
    const service = await payoutService();
    const { supplier, ask, execute, show, received, balance, check } = service;
    const suppliers = [await supplier(100n * usd), await supplier(100n * usd)];
    const ids = [];
    for (const one of suppliers) ids.push(await ask(one, 50n * usd));
    const trail = await execute();
    expect(trail.slice(0, 3)).toEqual(['open-batch open', 'sign-batch signed', 'send-batch sent']);
    expect(trail.at(-1)).toBe('post-batch done');
    const [first, second] = [await show(ids[0] ?? ''), await show(ids[1] ?? '')];
    expect(first).toMatchObject({ status: 'paid', units: 50n * usd, tokenUnits: 49n * usd });
    expect(second.signature).toBe(first.signature);
    for (const { wallet, organisation } of suppliers) {
      expect(await received(wallet)).toEqual([49n * usd]);
      expect(await balance(organisation)).toEqual({ available: 50n * usd, held: 0n });
    }
    await check();
  });
});
